# Mails: what all of them say

mail-hello = Bonjour { $name },
mail-hello-nobody = Bonjour,
mail-code-label = Votre code :
mail-never-code = Ne donnez ce code à personne. On ne vous demandera jamais votre mot de passe ni un code, ni par téléphone ni par courriel.
mail-never-password = On ne vous demandera jamais votre mot de passe, ni par téléphone ni par courriel.
mail-when = Quand : { $when }
mail-where = D’où : { $where }
mail-where-internal = depuis les bâtiments municipaux
mail-where-nomades = hors des bâtiments municipaux
mail-browser = Navigateur : { $browser }
mail-alarm-title = Ce n’était pas vous ?
mail-alarm-text = Ouvrez cette page et saisissez-y le code ci-dessous. Votre compte sera bloqué aussitôt, et le support vous aidera à le reprendre. Le lien seul ne fait rien.
mail-alarm-code = Code d’alerte :
mail-help = Une question ? { $help }
mail-help-phone = { $name }, { $phone }
mail-help-hours = { $help } ({ $hours })
mail-automatic = { $product }, le service de connexion de { $organisation }. Ce message est automatique.

# Dates and lengths of time

mail-date = { $day } { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
 } { $year }
mail-first-day = 1er
mail-moment = le { $date } à { $hour } h { $minute }
mail-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
 }
mail-hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
 }

# One notice each

mail-channel_code-subject = Confirmez votre adresse de courriel
mail-channel_code-text = Saisissez ce code sur la page qui vous le demande, pour confirmer que cette adresse est bien la vôtre. Il est valable { $duration }.
mail-channel_code-ignore = Vous n’avez rien demandé ? Ignorez ce message : sans le code, l’adresse ne sera pas confirmée.

mail-reset_code-subject = Votre code pour choisir un nouveau mot de passe
mail-reset_code-text = Saisissez ce code sur la page « Mot de passe oublié », là où vous l’avez demandé. Il est valable { $duration } et ne sert qu’une fois.
mail-reset_code-ignore = Vous n’avez rien demandé ? Ignorez ce message : sans le code, votre mot de passe ne change pas. Si cela se répète, prévenez le support.

mail-activation_code-subject = Votre code d’activation
mail-activation_code-text = Un compte vous attend. Choisissez votre mot de passe sur la page ci-dessous, avec votre identifiant SOI et ce code. Il est valable jusqu’au { $date }.
mail-activation_code-soi = Votre identifiant SOI ne figure pas dans ce message : il est sur votre carte d’agent ou sur votre lettre d’accueil.

mail-password_changed-subject = Votre mot de passe a été changé
mail-password_changed-text = Le mot de passe de votre compte a été changé. Si c’était vous, vous n’avez rien à faire.

mail-password_reset-subject = Votre mot de passe a été réinitialisé
mail-password_reset-text = Un nouveau mot de passe a été choisi pour votre compte, { $over ->
    [work_email] avec un code envoyé à votre adresse professionnelle
    [recovery_email] avec un code envoyé à votre adresse de secours
    [mobile] avec un code envoyé sur votre mobile
   *[handed] avec un code remis par le support
 }. Toutes vos sessions ont pris fin. Si c’était vous, vous n’avez rien à faire.

mail-reset_code_issued-subject = Un code de réinitialisation a été émis pour votre compte
mail-reset_code_issued-text = Le support a émis, { $when }, un code qui permet de choisir un nouveau mot de passe pour votre compte. Il vous sera remis en main propre ou par courrier, jamais par téléphone.

mail-channel_changed-subject = Vos coordonnées de contact ont changé
mail-channel_changed-text = { $kind ->
    [work_email] L’adresse professionnelle de votre compte est maintenant { $masked }.
    [recovery_email] L’adresse de secours de votre compte est maintenant { $masked }.
   *[mobile] Le numéro de mobile de votre compte est maintenant { $masked }.
 } Si c’était vous, vous n’avez rien à faire.
mail-channel_changed-removed = { $kind ->
    [work_email] L’adresse professionnelle de votre compte a été retirée.
    [recovery_email] L’adresse de secours de votre compte a été retirée.
   *[mobile] Le numéro de mobile de votre compte a été retiré.
 } Si c’était vous, vous n’avez rien à faire.

mail-factor_code-subject = Votre code de connexion
mail-factor_code-text = Saisissez ce code sur la page de connexion où vous l’avez demandé. Il est valable { $duration } et ne sert qu’une fois.
mail-factor_code-ignore = Vous n’êtes pas en train de vous connecter ? Quelqu’un connaît votre mot de passe : changez-le sans attendre et prévenez le support.

mail-enrolment_code-subject = Votre code pour enregistrer un second facteur
mail-enrolment_code-text = Saisissez ce code sur la page où vous l’avez demandé, pour confirmer que c’est bien vous. Il est valable { $duration } et ne sert qu’une fois.
mail-enrolment_code-ignore = Vous n’avez rien demandé ? Quelqu’un connaît votre mot de passe : changez-le sans attendre et prévenez le support.

mail-factor_added-subject = Un second facteur a été ajouté à votre compte
mail-factor_added-text = { $factor ->
    [passkey] La clé d’accès « { $device } » a été ajoutée à votre compte.
   *[totp] L’application d’authentification « { $device } » a été ajoutée à votre compte.
 } Si c’était vous, vous n’avez rien à faire.

mail-factor_removed-subject = Un second facteur a été retiré de votre compte
mail-factor_removed-text = { $factor ->
    [passkey] La clé d’accès « { $device } » a été retirée de votre compte et n’ouvre plus rien.
    [recovery_code] Vos codes de secours ont été retirés de votre compte et n’ouvrent plus rien.
   *[totp] L’application d’authentification « { $device } » a été retirée de votre compte et n’ouvre plus rien.
 } Si c’était vous, vous n’avez rien à faire.

mail-recovery_codes-subject = De nouveaux codes de secours ont été créés
mail-recovery_codes-text = Dix nouveaux codes de secours ont été créés pour votre compte. Les précédents ne fonctionnent plus. Si c’était vous, vous n’avez rien à faire.

mail-recovery_code_used-subject = Un code de secours a été utilisé
mail-recovery_code_used-text = Un de vos codes de secours a servi à vous connecter. { $left ->
    [0] Il ne vous en reste aucun : créez-en de nouveaux dans votre compte.
    [one] Il vous en reste un.
   *[other] Il vous en reste { $left }.
 } Si c’était vous, vous n’avez rien à faire.

mail-factor_suspected-subject = Votre mot de passe a servi, mais pas votre second facteur
mail-factor_suspected-text = Quelqu’un a saisi votre mot de passe, puis plusieurs fois un code faux. Si c’était vous, vous n’avez rien à faire.

mail-manager_pass-subject = Un laissez-passer a été créé pour vous
mail-manager_pass-text = { $manager } a créé pour vous un laissez-passer qui remplace votre second facteur pendant huit heures. Le code vous est donné de vive voix. Si vous n’avez rien demandé, signalez-le.

mail-enrolment_vouched-subject = Un code pour enregistrer votre second facteur
mail-enrolment_vouched-text = { $manager } a créé pour vous un code qui permet d’enregistrer votre premier second facteur au bureau. Le code vous est donné de vive voix. Si vous n’avez rien demandé, signalez-le.

mail-key_copied-subject = Votre clé d’accès a été refusée
mail-key_copied-text = La clé d’accès « { $device } » a donné une réponse plus ancienne que la précédente : il en existe peut-être une copie. Cette réponse a été refusée. Si c’était vous, parlez-en au support.

mail-password_expires-subject = { $days ->
    [0] Votre mot de passe expire aujourd’hui
    [one] Votre mot de passe expire demain
   *[other] Votre mot de passe expire dans { $days } jours
 }
mail-password_expires-text = Choisissez un nouveau mot de passe avant le { $date }, sur la page ci-dessous. Sinon, il vous sera demandé à votre prochaine connexion.

mail-credentials_suspended-subject = Votre compte est bloqué
mail-credentials_suspended-text = Il a été signalé, { $when }, qu’un changement de votre compte ne venait pas de vous. Votre mot de passe ne fonctionne plus et toutes vos sessions ont pris fin.
mail-credentials_suspended-next = Pour reprendre votre compte, adressez-vous au support : un nouveau code vous sera remis en main propre ou par courrier.

mail-alarm_raised-subject = Alerte : un compte a été bloqué par son titulaire
mail-alarm_raised-text = Le compte { $soi } a été bloqué { $when } : son titulaire signale un changement qui ne vient pas de lui. Référence { $reference }.
mail-alarm_raised-next = Vérifiez ce qui a été changé, avec cette référence ou l’historique du compte, puis aidez l’agent à reprendre son compte.
