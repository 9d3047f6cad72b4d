# /activate, /login/password, /forgot-password, and the rules of a new password

activate-title = Première connexion
activate-lead = Choisissez votre mot de passe à l’aide du code d’activation. Tous les champs sont à remplir.
activate-submit = Activer mon compte
code-label = Code d’activation
code-hint = Reçu par courrier ou remis par votre responsable

password_expired-older-than = { $days ->
    [one] Il a plus de { $days } jour.
   *[other] Il a plus de { $days } jours.
}
password_expired-then = Choisissez-en un nouveau, vous continuerez ensuite.
password_expired-then-application = Choisissez-en un nouveau, vous continuerez ensuite vers { $application }.
password_expired-submit = Enregistrer et continuer

new_password-legend = Nouveau mot de passe
new_password-label = Nouveau mot de passe
new_password_again-label = Le même, une seconde fois
rules-title = Votre nouveau mot de passe :
rule-length = compte au moins { $min } caractères (une phrase de quelques mots convient très bien) ;
rule-soi-names = ne contient ni votre identifiant SOI, ni votre nom, ni votre prénom ;
rule-product = ne contient pas le nom de ce service ({ $product }) ni celui de la Ville ;
rule-guessable = n’est pas facile à deviner : ni suite de touches, ni date, ni mots courants, ni mot de passe déjà divulgué ;
rule-history = n’est aucun de vos { $count } derniers mots de passe ;
rule-all-characters = peut contenir tous les caractères, espaces et accents compris, et être collé depuis un gestionnaire de mots de passe.

breach-title = Choisissez un autre mot de passe
breach-too_short = Il est trop court : il faut au moins { $min } caractères. Ajoutez un mot ou deux.
breach-too_long = Il est trop long : 256 caractères au plus.
breach-contains_soi = Il contient votre identifiant SOI. Choisissez des mots qui ne vous désignent pas.
breach-contains_name = Il contient votre nom, votre prénom ou votre adresse. Choisissez des mots qui ne vous désignent pas.
breach-contains_product = Il contient le nom de ce service ou de la Ville, trop facile à deviner.
breach-repetitive = Il répète toujours la même suite de caractères. Choisissez plusieurs mots différents.
breach-guessable = Il est facile à deviner : mots courants, touches voisines, date ou chiffres seuls. Prenez plusieurs mots sans rapport entre eux.
breach-used_before = Vous l’avez déjà utilisé. Choisissez-en un qui n’a jamais servi ici.
breach-compromised = Il figure dans une fuite de données connue : c’est l’un des premiers qu’essaierait un attaquant. Choisissez-en un que vous n’utilisez nulle part ailleurs.
breach-unchanged = C’est votre mot de passe actuel. Choisissez-en un nouveau.
breach-mismatch = Les deux saisies sont différentes. Saisissez deux fois le même mot de passe.

forgot-title = Mot de passe oublié
forgot-lead = Le support vous aide à en choisir un nouveau.
forgot-prepare-title = Avant d’appeler
forgot-prepare-soi = Préparez votre identifiant SOI ({ $hint }).
forgot-prepare-never = Personne ne vous demandera votre mot de passe, ni par téléphone ni par courriel.
forgot-expired-title = Votre mot de passe est seulement expiré ?
forgot-expired-text = Connectez-vous avec celui que vous connaissez. La page suivante vous en fera choisir un nouveau.
