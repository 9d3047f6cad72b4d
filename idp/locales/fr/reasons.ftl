# One reason, three sentences: title (what happens), what (what is missing), next (the next step).
# A refusal page adds before them what is right, and after them whom to call with which reference.

refusal-password-right = Votre mot de passe est bon.
refusal-password-next = Choisissez-en un nouveau sur la page de votre compte, puis revenez à ce service.
refusal-password-link = Changer mon mot de passe
refusal-what-to-do = Que faire ?
refusal-next-step = La prochaine étape
refusal-reference = Référence
refusal-reference-use = Indiquez-la au support si vous appelez.

reason-credentials-invalid-title = Identifiant ou mot de passe incorrect
reason-credentials-invalid-what = Vérifiez votre identifiant SOI ({ $hint }) et réessayez.
reason-credentials-invalid-next = Mot de passe oublié ? Suivez le lien sous le formulaire de connexion.

reason-account-not_activated-title = Votre compte attend son activation
reason-account-not_activated-what = Ce compte n’a pas encore de mot de passe.
reason-account-not_activated-next = Utilisez le code d’activation reçu par courrier ou remis par votre responsable, à la page « Première connexion ».

reason-account-not_started-title = Votre compte n’est pas encore ouvert
reason-account-not_started-what = Ce compte s’ouvrira le jour de votre prise de poste.
reason-account-not_started-next = Revenez ce jour-là. Si cette date est passée, voyez avec votre service des ressources humaines.

reason-account-suspended-title = Votre compte est suspendu
reason-account-suspended-what = Les accès sont en pause, rien n’est perdu.
reason-account-suspended-next = Voyez avec votre responsable ou votre service des ressources humaines, qui peut demander la reprise.

reason-account-left-title = Ce compte est clos
reason-account-left-what = Le compte a été fermé à votre date de départ.
reason-account-left-next = Si vous travaillez toujours pour la Ville, votre service des ressources humaines peut le rouvrir.

reason-account-ended-title = Ce compte est arrivé à son terme
reason-account-ended-what = La date de fin de votre contrat ou de votre mission est passée.
reason-account-ended-next = Si votre contrat continue, demandez à votre service des ressources humaines de mettre la date à jour.

reason-account-throttled-title = Trop d’essais, patientez un instant
reason-account-throttled-what = Vous pourrez réessayer dans { $wait }.
reason-account-throttled-next = Profitez-en pour vérifier votre identifiant SOI et la touche des majuscules.

reason-password-expired-title = Votre mot de passe est à renouveler
reason-password-expired-what = Il a dépassé sa durée de validité.
reason-password-expired-next = Choisissez-en un nouveau : la page s’ouvre à votre prochaine connexion.

reason-password-compromised-title = Ce mot de passe circule sur internet
reason-password-compromised-what = Il figure dans une fuite connue.
reason-password-compromised-next = Choisissez-en un autre maintenant, et changez-le partout où vous l’utilisez.

reason-password-suspended-title = Votre compte est bloqué à votre demande
reason-password-suspended-what = Un message vous annonçait un changement, et vous avez répondu que ce n’était pas vous. Ce mot de passe n’ouvre plus rien.
reason-password-suspended-next = Appelez le support : il vous fait parvenir un code par votre responsable, au guichet ou par courrier, et vous choisirez un nouveau mot de passe.

reason-factor-required-title = Une seconde preuve d’identité est nécessaire
reason-factor-required-what = Hors des bâtiments municipaux, et pour certains services, le mot de passe seul ne suffit pas : il faut la double authentification.
reason-factor-required-next = Connectez-vous depuis un poste municipal, ou demandez au support comment enregistrer votre second facteur.

reason-factor-enrolment_needed-title = Il vous manque un second facteur
reason-factor-enrolment_needed-what = Aucun second facteur (application ou clé d’accès) n’est encore enregistré pour vous.
reason-factor-enrolment_needed-next = Enregistrez-en un depuis un poste municipal. Cela prend deux minutes.

reason-factor-invalid-title = Ce code ne correspond pas
reason-factor-invalid-what = Le code a peut-être changé entre-temps, ou il a déjà servi.
reason-factor-invalid-next = Saisissez le code que votre application affiche maintenant.

reason-factor-enrolment_unsafe-title = Enregistrez votre premier second facteur au bureau
reason-factor-enrolment_unsafe-what = Depuis internet, un mot de passe seul ne suffit pas pour l’enregistrer.
reason-factor-enrolment_unsafe-next = Faites-le depuis un poste municipal, ou avec le code d’activation remis en main propre.

reason-activation-invalid-title = Ce code d’activation ne correspond pas
reason-activation-invalid-what = L’identifiant SOI et le code ne vont pas ensemble, ou le code a déjà servi ou a expiré.
reason-activation-invalid-next = Vérifiez-les sur votre courrier. Le support peut faire préparer un nouveau code.

reason-reset-invalid-title = Ce code ne correspond pas
reason-reset-invalid-what = Le code de réinitialisation a déjà servi, a expiré ou contient une faute de frappe.
reason-reset-invalid-next = Vérifiez-le, ou demandez-en un nouveau.

reason-nomades-no_profile-title = Votre accès à distance n’est pas ouvert
reason-nomades-no_profile-what = Hors des bâtiments municipaux, il faut un accès Nomades.
reason-nomades-no_profile-next = Demandez-le en deux minutes ; votre responsable le valide, puis la DSIN l’ouvre. Au bureau, tous vos services restent ouverts.

reason-nomades-not_started-title = Votre accès à distance n’a pas encore commencé
reason-nomades-not_started-what = L’accès Nomades est accordé, mais sa date de début n’est pas arrivée.
reason-nomades-not_started-next = Revenez à cette date. Au bureau, tous vos services restent ouverts.

reason-nomades-requested-title = Votre accès à distance n’est pas encore ouvert
reason-nomades-requested-what = Votre demande attend le visa de votre responsable.
reason-nomades-requested-next = Vous recevrez un courriel à chaque étape. Au bureau, tous vos services restent ouverts.

reason-nomades-endorsed-title = Votre accès à distance n’est pas encore ouvert
reason-nomades-endorsed-what = Votre responsable a visé votre demande ; la DSIN la traite.
reason-nomades-endorsed-next = Vous recevrez un courriel dès l’ouverture. Au bureau, tous vos services restent ouverts.

reason-nomades-suspended-title = Votre accès à distance est suspendu
reason-nomades-suspended-what = L’accès Nomades s’est mis en pause, par exemple après un changement de service. Votre responsable doit le confirmer.
reason-nomades-suspended-next = Demandez à votre responsable de le confirmer. Au bureau, tous vos services restent ouverts.

reason-nomades-expired-title = Votre accès à distance est arrivé à son terme
reason-nomades-expired-what = L’accès Nomades était accordé pour une période qui est passée.
reason-nomades-expired-next = Demandez son renouvellement à votre responsable. Au bureau, tous vos services restent ouverts.

reason-nomades-revoked-title = Votre accès à distance est retiré
reason-nomades-revoked-what = L’accès Nomades a été fermé par la DSIN ou par votre direction.
reason-nomades-revoked-next = Votre responsable peut vous dire pourquoi. Au bureau, tous vos services restent ouverts.

reason-nomades-refused-title = Votre accès à distance n’a pas été accordé
reason-nomades-refused-what = Votre demande n’a pas été retenue.
reason-nomades-refused-next = Votre responsable peut vous dire pourquoi ; vous pourrez faire une nouvelle demande. Au bureau, tous vos services restent ouverts.

reason-charter-not_accepted-title = Il reste la charte à accepter
reason-charter-not_accepted-what = La charte d’usage a été mise à jour, ou vous ne l’avez pas encore acceptée.
reason-charter-not_accepted-next = Lisez-la et acceptez-la depuis un poste municipal.

reason-app-internal_only-title = Ce service ne s’ouvre qu’au bureau
reason-app-internal_only-what = Ce service contient des documents ou des données qui ne sortent pas des bâtiments municipaux.
reason-app-internal_only-next = Vous pouvez l’utiliser depuis un poste municipal.

reason-app-waiver_expired-title = Votre dérogation est arrivée à son terme
reason-app-waiver_expired-what = La dérogation vous permettait d’utiliser ce service hors des bâtiments municipaux, jusqu’à une date qui est passée.
reason-app-waiver_expired-next = Vous pouvez l’utiliser depuis un poste municipal, ou demander une nouvelle dérogation à votre responsable.

reason-app-department-title = Ce service n’est pas ouvert à votre direction
reason-app-department-what = { $count ->
    [0] Ce service est réservé à d’autres directions.
    [one] Ce service est réservé à la direction { $departments }.
   *[other] Ce service est réservé aux directions { $departments }.
}
reason-app-department-next = Si vous en avez besoin dans votre travail, parlez-en à votre responsable.

reason-app-disabled-title = Ce service est fermé pour le moment
reason-app-disabled-what = La DSIN a mis ce service à l’arrêt ; cela ne tient pas à votre compte.
reason-app-disabled-next = Réessayez plus tard. Vos autres services restent ouverts.

reason-app-unknown-title = Ce service n’est pas connu ici
reason-app-unknown-what = L’adresse que vous avez suivie mène à un service qui n’est pas, ou plus, enregistré.
reason-app-unknown-next = Repartez de votre portail plutôt que d’un ancien lien ou favori.

reason-app-acr_too_low-title = Ce service demande une connexion plus forte
reason-app-acr_too_low-what = Votre façon de vous connecter ne suffit pas pour ce service : il faut la double authentification.
reason-app-acr_too_low-next = Demandez au support comment enregistrer un second facteur.

reason-zone-lowered-title = Vous n’êtes plus au bureau
reason-zone-lowered-what = Ce service s’est fermé parce que votre session a été vue hors des bâtiments municipaux.
reason-zone-lowered-next = De retour sur un poste municipal, ouvrez-le de nouveau.

reason-session-ended-title = Votre session a pris fin
reason-session-ended-what = Une session se ferme d’elle-même après un temps sans activité, et au plus tard en fin de journée.
reason-session-ended-next = Connectez-vous de nouveau pour continuer.

reason-nomades-brake-title = Les accès à distance sont fermés pour le moment
reason-nomades-brake-what = La DSIN a fermé les accès par précaution ; cela ne tient pas à votre compte.
reason-nomades-brake-next = Réessayez plus tard. Au bureau, tous vos services restent ouverts.

reason-access-refused-title = L’accès n’est pas ouvert
reason-access-refused-what = Une condition pour utiliser ce service n’est pas remplie.
reason-access-refused-next = Appelez le support avec la référence ci-dessous : elle dit exactement ce qui manque.

reason-overloaded-title = Beaucoup de connexions en ce moment
reason-overloaded-what = Réessayez dans { $wait } ; rien n’est perdu.
reason-overloaded-next = Il suffit de recommencer un peu plus tard.
