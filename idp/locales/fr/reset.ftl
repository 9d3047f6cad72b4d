# /forgot-password and its steps, /not-me

reset-step-1 = Étape 1 sur 3
reset-step-2 = Étape 2 sur 3
reset-step-3 = Étape 3 sur 3

forgot-title = Mot de passe oublié
forgot-lead = Recevez un code sur un moyen de contact que vous avez vérifié, puis choisissez un nouveau mot de passe.
forgot-channel = Où recevoir le code ?
forgot-channel-hint = Seul un moyen de contact vérifié depuis votre compte convient.
channel-work_email = Courriel professionnel
channel-recovery_email = Courriel de secours
channel-mobile = SMS sur votre mobile
forgot-submit = Recevoir un code
forgot-have-code = Un code m’a été remis
forgot-no-channel-title = Aucun moyen de contact vérifié ?
forgot-no-channel-text = Appelez le support. Il vous fait parvenir un code par votre responsable, au guichet ou par courrier. Personne ne vous demandera votre mot de passe, ni par téléphone ni par courriel.
forgot-expired-title = Votre mot de passe est seulement expiré ?
forgot-expired-text = Connectez-vous avec celui que vous connaissez. La page suivante vous en fera choisir un nouveau.

reset-gone-title = Cette demande ne sert plus
reset-gone-text = Le code a été essayé trop souvent, a déjà servi ou date de trop longtemps. Recommencez ici.
reset-expired-title = Ce code a expiré
reset-expired-text = Un code sert pendant dix minutes. Recevez-en un nouveau avec le bouton ci-dessous.
reset-no_code-title = Le code compte huit chiffres
reset-no_code-text = Saisissez les chiffres du message, sans lettre. Les espaces et les tirets ne comptent pas.

reset_code-title = Saisissez le code reçu
reset_code-sent = Si ce SOI existe et que ce moyen de contact est vérifié, un code vient d’être envoyé.
reset_code-resent = Si ce SOI existe et que ce moyen de contact est vérifié, un nouveau code vient d’être envoyé. Utilisez le plus récent.
reset_code-label = Code à huit chiffres
reset_code-hint = Il sert une fois, pendant dix minutes, dans ce navigateur.
reset_code-left = { $left ->
    [one] Il reste { $left } essai.
   *[other] Il reste { $left } essais.
}
reset_code-submit = Continuer
reset_code-resend = Recevoir un autre code
reset_code-limits = Trois codes par heure et six par jour sont envoyés au plus ; au-delà, le dernier reçu reste le bon.
reset_code-begin-anew = Corriger mon identifiant

reset_password-title = Choisissez un nouveau mot de passe
reset_password-lead = Vos sessions ouvertes seront fermées. Vous vous connecterez ensuite avec ce mot de passe.
reset_password-submit = Enregistrer

code_handed-title = Un code vous a été remis
code_handed-lead = Choisissez un nouveau mot de passe à l’aide du code de réinitialisation. Tous les champs sont à remplir.
code_handed-label = Code de réinitialisation
code_handed-hint = Reçu par courrier, ou remis par votre responsable ou au guichet
code_handed-submit = Enregistrer le mot de passe

not_me-title = Ce n’était pas vous ?
not_me-lead = Un message vous annonce un changement que vous n’avez pas fait. Bloquez votre compte avec le code de ce message.
not_me-reference = Référence
not_me-code = Code du message
not_me-code-hint = Huit lettres et chiffres, sous la référence
not_me-then-title = Ce qui se passe ensuite
not_me-then-text = Toutes vos sessions se ferment et votre mot de passe n’ouvre plus rien. Seul le support peut rouvrir votre compte, avec un code remis en main propre ou par courrier.
not_me-submit = Bloquer mon compte
not_me-invalid-title = Cette référence et ce code ne vont pas ensemble
not_me-invalid-text = Vérifiez-les dans le message. Un code sert une seule fois, pendant sept jours. En cas de doute, appelez le support.
not_me-form-expired = Rien n’a été fait. Saisissez de nouveau le code du message et validez.

not_me_done-title = Votre compte est bloqué
not_me_done-lead = Vos sessions sont fermées et votre mot de passe n’ouvre plus rien, quelle que soit la personne qui le connaît.
not_me_done-next = Appelez le support. Il vous fait parvenir un code par votre responsable, au guichet ou par courrier ; vous choisirez alors un nouveau mot de passe.
