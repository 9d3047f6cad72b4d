# /activate, /login/password, and the rules of a new password

activate-title = Première connexion
activate-lead = Choisissez votre mot de passe à l’aide du code d’activation. Tous les champs sont à remplir.
activate-submit = Activer mon compte
code-label = Code d’activation
code-hint = Reçu par courrier ou remis par votre responsable

password_expired-older-than = { $days ->
    [one] Il a plus de { $days } jour.
   *[other] Il a plus de { $days } jours.
}
password_expired-outdated-title = Votre mot de passe ne suit plus les règles
password_expired-outdated = Les règles ont changé depuis que vous l’avez choisi. { $rule }
password_expired-then = Choisissez-en un nouveau, vous continuerez ensuite.
password_expired-then-application = Choisissez-en un nouveau, vous continuerez ensuite vers { $application }.
password_expired-submit = Enregistrer et continuer

password_ends-title = { $days ->
    [0] Votre mot de passe expire aujourd’hui
    [one] Votre mot de passe expire demain
   *[other] Votre mot de passe expire dans { $days } jours
}
password_ends-lead = Votre mot de passe expire le { $on }. Vous pouvez le changer maintenant, ou continuer avec lui jusque-là : ensuite, la connexion vous en demandera un nouveau.
password_ends-change = Changer maintenant
password_ends-later = Plus tard, continuer
password_ends-later-application = Plus tard, continuer vers { $application }

new_password-legend = Nouveau mot de passe
new_password-label = Nouveau mot de passe
new_password_again-label = Le même, une seconde fois
rules-title = Votre nouveau mot de passe :
rule-length = compte au moins { $min } caractères et au plus { $max } (une phrase de quelques mots convient très bien) ;
rule-classes = contient des minuscules, des majuscules et des chiffres ;
rule-words = contient au moins { $count } mots différents ;
rule-soi = ne contient pas votre identifiant SOI ;
rule-names = ne contient ni votre nom, ni votre prénom, ni votre direction ;
rule-product = ne contient pas le nom de ce service ({ $product }) ni celui de la Ville ;
rule-guessable = n’est pas facile à deviner : ni suite de touches, ni date, ni mots courants, ni mot de passe déjà divulgué ;
rule-history = n’est aucun de vos { $count } derniers mots de passe ;
rule-same = est saisi deux fois à l’identique ;
rule-all-characters = peut contenir tous les caractères, espaces et accents compris, et être collé depuis un gestionnaire de mots de passe.
rule-state-met = respecté
rule-state-unmet = pas encore
rule-state-later = vérifié à l’envoi
rules-left = Règles encore à respecter :
rules-done = Les règles vérifiées ici sont respectées.

breach-title = Choisissez un autre mot de passe
breach-too_short = Il est trop court : il faut au moins { $min } caractères. Ajoutez un mot ou deux.
breach-too_long = Il est trop long : { $max } caractères au plus.
breach-lacks_classes = Il lui manque des minuscules, des majuscules ou des chiffres : il faut des trois.
breach-lacks_words = Il lui manque des mots : il en faut au moins { $words }, tous différents.
breach-contains_soi = Il contient votre identifiant SOI. Choisissez des mots qui ne vous désignent pas.
breach-contains_name = Il contient votre nom, votre prénom ou votre adresse. Choisissez des mots qui ne vous désignent pas.
breach-contains_department = Il contient le nom ou le code de votre direction. Choisissez des mots qui ne vous désignent pas.
breach-contains_product = Il contient le nom de ce service ou de la Ville, trop facile à deviner.
breach-repetitive = Il répète toujours la même suite de caractères. Choisissez plusieurs mots différents.
breach-guessable = Il est facile à deviner : mots courants, touches voisines, date ou chiffres seuls. Prenez plusieurs mots sans rapport entre eux.
breach-listed = Il est, presque en entier, un mot de passe trop courant ici. Choisissez plusieurs mots sans rapport entre eux.
breach-used_before = Vous l’avez déjà utilisé. Choisissez-en un qui n’a jamais servi ici.
breach-compromised = Il figure dans une fuite de données connue : c’est l’un des premiers qu’essaierait un attaquant. Choisissez-en un que vous n’utilisez nulle part ailleurs.
breach-unchanged = C’est votre mot de passe actuel. Choisissez-en un nouveau.
breach-mismatch = Les deux saisies sont différentes. Saisissez deux fois le même mot de passe.
breach-too_recent = Vous l’avez changé il y a trop peu de temps. S’il est connu de quelqu’un d’autre, appelez le support.
