# /account and the pages under it

account-title = Mon compte
account-nav = Mon compte
account-nav-overview = Aperçu
account-nav-password = Mot de passe
account-nav-factors = Seconds facteurs
account-nav-contact = Moyens de contact
account-nav-sessions = Sessions
account-nav-activity = Activité
account-nav-language = Langue
account-nav-approvals = Approbations
account-go-to-field = Aller au champ à corriger

account-lead = Votre session est ouverte ; vos services s’ouvrent sans vous identifier de nouveau.
account-name = Agent
account-department = Direction
account-position = Fonction
account-zone = Zone réseau
account-since = Session ouverte le
account-password = Mot de passe
account-password-changed = Changé le { $date }
account-password-expires = À renouveler à partir du { $date }
account-password-never = Sans date de renouvellement
account-hr = Nom, direction et fonction viennent des ressources humaines. Si l’un d’eux est à corriger, parlez-en à votre service RH.
account-unproved-title = { $count ->
    [one] Un moyen de contact reste à vérifier
   *[other] { $count } moyens de contact restent à vérifier
}
account-unproved-text = Un moyen de contact vérifié vous permet de choisir un nouveau mot de passe sans appeler personne, et de savoir quand votre compte change.
account-unproved-link = Vérifier mes moyens de contact
account-done-password = Votre mot de passe est changé. Vos autres sessions sont fermées.

account_password-title = Changer mon mot de passe
account_password-lead = Vos autres sessions seront fermées, et vous recevrez un message sur vos moyens de contact.
account_password-current = Mot de passe actuel
account_password-submit = Changer mon mot de passe
account_password-wrong-title = Le mot de passe actuel ne correspond pas
account_password-wrong-text = Saisissez celui avec lequel vous vous connectez aujourd’hui. Rien n’a été changé.
account_password-outside-title = À faire au bureau
account_password-outside-text = Depuis internet, un mot de passe seul ne suffit pas pour en choisir un autre. Au bureau, cette page vous le permet.

account_confirm-title = Confirmez que c’est bien vous
account_confirm-lead = La suite touche à la sécurité de votre compte. Saisissez votre mot de passe ; il ne vous sera plus demandé pendant cinq minutes.
account_confirm-submit = Continuer
account_confirm-wrong-title = Ce mot de passe ne correspond pas
account_confirm-wrong-text = Vérifiez les majuscules et la langue du clavier, puis réessayez.

account_contact-title = Mes moyens de contact
account_contact-lead = Un code est envoyé à chaque adresse avant qu’elle ne compte. Tout changement est annoncé à l’ancienne adresse.
account_contact-work_email = Courriel professionnel
account_contact-recovery_email = Courriel de secours
account_contact-mobile = Téléphone mobile
account_contact-work_email-hint = Attribué par les ressources humaines.
account_contact-recovery_email-hint = Une adresse personnelle, pour le jour où votre messagerie professionnelle ne s’ouvre plus.
account_contact-mobile-hint = Pour recevoir un code par SMS.
account_contact-none = Aucun
account_contact-verified = Vérifié le { $date }
account_contact-unverified = À vérifier
account_contact-waiting = Un code a été envoyé à { $address }.
account_contact-add = Ajouter
account_contact-change = Modifier
account_contact-verify = Vérifier
account_contact-type-code = Saisir le code
account_contact-done-proved = Votre moyen de contact est vérifié.
account_contact-done-removed = Ce moyen de contact est retiré.

account_channel-lead-prove = Recevez un code et saisissez-le ici : ce moyen de contact comptera dès lors pour votre compte.
account_channel-lead-address = L’adresse actuelle reste en vigueur jusqu’à ce que le code reçu à la nouvelle soit saisi ici.
account_channel-lead-number = Le numéro actuel reste en vigueur jusqu’à ce que le code reçu au nouveau soit saisi ici.
account_channel-lead-new-address = Cette adresse comptera dès que le code que vous y recevrez sera saisi ici.
account_channel-lead-new-number = Ce numéro comptera dès que le code que vous y recevrez sera saisi ici.
account_channel-address = Adresse de courriel
account_channel-address-hint = Par exemple prenom.nom@exemple.fr
account_channel-number = Numéro de mobile
account_channel-number-hint = Par exemple 06 12 34 56 78, ou +32 470 12 34 56 pour un numéro étranger
account_channel-send = Recevoir un code
account_channel-remove = Retirer ce moyen de contact
account_channel-back = Retour à mes moyens de contact
account_channel-outside-title = Modification au bureau
account_channel-outside-text = Depuis internet, un mot de passe seul ne suffit pas pour changer ou retirer ce moyen de contact.
account_channel-code-title = Saisissez le code reçu
account_channel-code-lead = Un code a été envoyé à { $address }. Il est valable dix minutes.
account_channel-code = Code reçu
account_channel-code-hint = 8 chiffres ; espaces et tirets sont acceptés
account_channel-code-submit = Valider
account_channel-code-again = Recevoir un nouveau code
account_channel-code-other = Saisir une autre adresse ou un autre numéro
account_channel-empty-title = L’adresse manque
account_channel-empty-text = Saisissez l’adresse ou le numéro à ajouter.
account_channel-address-wrong-title = Cette adresse n’est pas complète
account_channel-address-wrong-text = Une adresse s’écrit sans espace ni accent, avec un @ et un nom de domaine : prenom.nom@exemple.fr.
account_channel-number-wrong-title = Ce numéro n’est pas complet
account_channel-number-wrong-text = Un mobile français compte dix chiffres : 06 12 34 56 78. Un numéro étranger commence par + et l’indicatif du pays.
account_channel-same-title = C’est votre courriel professionnel
account_channel-same-text = Choisissez une autre adresse, qui reste joignable quand votre messagerie professionnelle ne l’est pas.
account_channel-known-title = Cette adresse est déjà vérifiée
account_channel-known-text = Il n’y a rien à faire ; saisissez-en une autre si vous voulez en changer.
account_channel-too_many-title = Trop de codes pour le moment
account_channel-too_many-text = Vous pourrez en demander un nouveau dans { $wait }.
account_channel-shape-title = Le code compte 8 chiffres
account_channel-shape-text = Recopiez-le depuis le message reçu, sans lettre. Cet essai ne compte pas.
account_channel-wrong-title = Ce code ne correspond pas
account_channel-wrong-text = { $left ->
    [one] Vérifiez le message reçu. Il vous reste un essai.
   *[other] Vérifiez le message reçu. Il vous reste { $left } essais.
}
account_channel-gone-title = Ce code n’est plus valable
account_channel-gone-text = Il a déjà servi, a plus de dix minutes, ou trop d’essais l’ont épuisé. Demandez-en un nouveau.

account_sessions-title = Mes sessions
account_sessions-lead = { $count ->
    [one] Une seule session est ouverte à votre nom : celle de ce navigateur.
   *[other] { $count } sessions sont ouvertes à votre nom. Fermez celles que vous ne reconnaissez pas, puis changez votre mot de passe.
}
account_sessions-this = Cette session
account_sessions-begun = Ouverte le
account_sessions-last-used = Dernière utilisation
account_sessions-place = Lieu
account_sessions-network = { $zone } ({ $network })
account_sessions-end = Fermer cette session
account_sessions-end-which = ({ $browser }, ouverte le { $date })
account_sessions-end-others = Fermer toutes les autres sessions
account_sessions-done-ended = La session est fermée.
account_sessions-done-others = Toutes vos autres sessions sont fermées.
browser-other = Autre navigateur
browser-unknown = Navigateur inconnu

account_language-title = Langue
account_language-lead = Pour ces pages, les courriels et les SMS.
account_language-label = Langue
account_language-submit = Enregistrer
account_language-done = Votre choix est enregistré.
account_language-fr = Français
account_language-en = English
