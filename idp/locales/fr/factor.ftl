# /login/factor, /login/enrol, /account/factors

factor-title = Confirmez que c’est bien vous
factor-lead-passkey = Votre mot de passe est bon. Utilisez maintenant votre clé d’accès.
factor-lead-totp = Votre mot de passe est bon. Saisissez le code que votre application d’authentification affiche maintenant.
factor-lead-channel = Votre mot de passe est bon. Un code peut être envoyé à { $address }.
factor-lead-channel-sent = Saisissez le code envoyé à { $address }. Il est valable dix minutes.
factor-lead-recovery = { $left ->
    [one] Saisissez le dernier de vos codes de secours. Il ne sert qu’une fois.
   *[other] Saisissez un de vos { $left } codes de secours. Chacun ne sert qu’une fois.
 }
factor-lead-manager = { $manager } peut vous donner un laissez-passer : un code, valable huit heures une fois saisi, et une fois par mois.
factor-way-passkey = Utiliser une clé d’accès
factor-way-totp = Saisir le code de mon application
factor-way-channel = Recevoir un code à { $address }
factor-way-recovery = Saisir un code de secours
factor-way-manager = Saisir le laissez-passer donné par { $manager }
factor-label-code = Code
factor-label-recovery = Code de secours
factor-label-manager = Code donné par votre responsable
factor-hint-totp = 6 chiffres ; les espaces ne comptent pas.
factor-hint-channel = 8 chiffres ; les espaces et les tirets ne comptent pas.
factor-hint-recovery = 16 caractères ; les espaces et les tirets ne comptent pas.
factor-hint-manager = 8 caractères ; les espaces et les tirets ne comptent pas.
factor-label-beside = Code de votre second facteur
factor-hint-beside = Celui de votre application (6 chiffres), ou un code de secours.
factor-submit = Continuer
factor-send = Envoyer le code
factor-send-again = Envoyer un autre code
factor-passkey-submit = Utiliser ma clé d’accès
factor-others = Autre moyen
factor-skip = Continuer sans cette confirmation
factor-sign-out = Fermer la session
factor-lost-title = Téléphone perdu, changé ou oublié ?
factor-lost-text = Utilisez un code de secours, ou demandez un laissez-passer à votre responsable. Sinon, le support vous aide à enregistrer un nouveau second facteur.
factor-lost-text-recovery = Utilisez un code de secours. Sinon, le support vous aide à enregistrer un nouveau second facteur.
factor-lost-text-manager = Demandez un laissez-passer à votre responsable. Sinon, le support vous aide à enregistrer un nouveau second facteur.
factor-lost-text-support = Le support vous aide à enregistrer un nouveau second facteur.

factor-shape-title = Ce n’est pas un code complet
factor-shape-text = Saisissez les chiffres du code, sans lettre.
factor-shape-text-long = Vérifiez que vous avez saisi le code en entier.
factor-wrong-title = Ce code ne correspond pas
factor-wrong-text = Saisissez le code affiché maintenant. L’heure de votre téléphone doit être réglée automatiquement.
factor-wrong-text-sent = Saisissez le code reçu en dernier.
factor-wrong-text-long = Vérifiez le code, puis saisissez-le de nouveau.
factor-used-title = Ce code a déjà servi
factor-used-text = Attendez que votre application en affiche un autre, trente secondes au plus.
factor-gone-title = Ce code ne peut plus servir
factor-gone-text = Il est trop ancien, ou trop d’essais ont été faits. Demandez-en un autre.
factor-too_many-title = Trop de codes ont été demandés
factor-too_many-text = Vous pourrez en demander un autre dans { $wait }.
factor-no_more-title = Plus aucun code ne sera envoyé
factor-no_more-text = Trop de codes ont été demandés ou trop étaient faux depuis cette connexion. Choisissez un autre moyen, ou reconnectez-vous plus tard.
factor-key-title = La clé d’accès n’a pas été acceptée
factor-key-text = Réessayez, ou choisissez un autre moyen ci-dessous.
factor-key-text-alone = Réessayez, ou connectez-vous avec votre identifiant et votre mot de passe.
factor-key-none = Ce navigateur ne sait pas utiliser les clés d’accès. Choisissez un autre moyen.
factor-key-none-alone = Ce navigateur ne sait pas utiliser les clés d’accès.

enrol-confirm-title = Confirmez d’abord que c’est bien vous
enrol-confirm-lead = Avant d’enregistrer votre premier second facteur, un code vérifie que vous êtes bien le titulaire du compte.
enrol-confirm-send = Envoyer un code à { $address }
enrol-confirm-submit = Continuer
enrol-confirm-manager = Ou avec un code donné par { $manager }
enrol-confirm-manager-hint = Votre responsable le crée dans sa page « Approbations ». 8 caractères.
enrol-confirm-nothing = Aucun moyen de contact n’est encore vérifié pour votre compte. Vérifiez votre courriel professionnel, puis revenez à cette page.
enrol-confirm-prove = Vérifier mon courriel professionnel
enrol-choose-title = Enregistrez un second facteur
enrol-choose-lead = Il prouve que c’est vous, même si quelqu’un connaît votre mot de passe. Choisissez ce qui vous convient ; vous pourrez en ajouter d’autres.
enrol-choose-passkey = Clé d’accès
enrol-choose-passkey-hint = Empreinte, visage, code de l’appareil ou clé de sécurité. Le plus sûr et le plus rapide.
enrol-choose-passkey-submit = Créer une clé d’accès
enrol-choose-totp = Application d’authentification
enrol-choose-totp-hint = Une application sur votre téléphone affiche un code de six chiffres.
enrol-choose-totp-submit = Utiliser une application
enrol-totp-title = Ajoutez le compte dans votre application
enrol-totp-lead = Scannez l’image avec l’application d’authentification de votre téléphone, ou saisissez la clé, puis le code qu’elle affiche.
enrol-totp-qr = Code QR qui contient la clé écrite à côté
enrol-totp-key = Clé à saisir si vous ne pouvez pas scanner l’image :
enrol-totp-submit = Enregistrer
enrol-passkey-title = Créez votre clé d’accès
enrol-passkey-lead = Votre navigateur va vous demander votre empreinte, votre visage, le code de l’appareil ou votre clé de sécurité. Ne confirmez que si vous avez vous-même ouvert cette page.
enrol-passkey-submit = Créer la clé d’accès
enrol-passkey-none = Ce navigateur ne sait pas créer de clé d’accès. Utilisez une application, ou un autre navigateur.
enrol-name = Nom de cet appareil
enrol-name-hint = Pour le reconnaître dans votre liste, par exemple « Téléphone personnel ».
enrol-name-default-totp = Mon téléphone
enrol-name-default-passkey = Ma clé d’accès
enrol-recovery-title = Gardez vos codes de secours
enrol-recovery-lead = Votre second facteur est enregistré. Si vous perdez votre téléphone, chacun de ces dix codes vous laisse entrer une fois. Ils ne seront plus affichés.
enrol-recovery-print = Imprimez cette page ou copiez les codes dans un endroit sûr, loin de votre téléphone.
enrol-recovery-kept = Les codes sont en lieu sûr, continuer
enrol-later = Plus tard (possible jusqu’au { $day })
enrol-gone-title = Cette page a trop attendu
enrol-gone-text = Recommencez l’enregistrement ; rien n’a été changé.
enrol-name-title = Donnez un nom à cet appareil
enrol-name-text = Quelques lettres suffisent.
enrol-too_many-title = Vous en avez déjà huit
enrol-too_many-text = Retirez-en un dans votre compte avant d’en ajouter un autre.
enrol-key-title = La clé d’accès n’a pas été enregistrée
enrol-key-text = L’appareil a refusé ou la demande a trop attendu. Réessayez, ou choisissez une application.

account_factors-title = Mes seconds facteurs
account_factors-lead = Ils prouvent que c’est vous, en plus du mot de passe. Gardez-en deux, pour le jour où l’un manque.
account_factors-none = Aucun second facteur n’est enregistré.
account_factors-passkey = Clé d’accès
account_factors-totp = Application d’authentification
account_factors-added = Ajouté le { $date }
account_factors-used = Dernière utilisation le { $date }
account_factors-unused = Jamais utilisé
account_factors-remove = Retirer
account_factors-add = Ajouter un second facteur
account_factors-recovery = Codes de secours
account_factors-recovery-left = { $left ->
    [0] Il ne vous en reste aucun.
    [one] Il vous en reste un.
   *[other] Il vous en reste { $left }.
 }
account_factors-recovery-renew = Créer dix nouveaux codes
account_factors-done-removed = Le second facteur est retiré. Vos autres sessions sont fermées.
account_factors-last-title = C’est votre dernier second facteur
account_factors-last-text = Vos accès en demandent un. Ajoutez-en un autre avant de retirer celui-ci.
account_factors-give-title = Donnez d’abord votre second facteur
account_factors-give-text = Cette session a été ouverte avec le mot de passe seul. Confirmez avec votre second facteur, puis recommencez.
account_factors-give-link = Confirmer avec mon second facteur

# /approvals

approvals-title = Approbations
approvals-lead = Un de vos agents a perdu son téléphone ou enregistre son premier second facteur ? Créez un code et donnez-le lui de vive voix, après avoir vérifié que c’est bien cette personne.
approvals-none = Aucun agent ne vous est rattaché.
approvals-pass = Créer un laissez-passer
approvals-pass-hint = Un laissez-passer remplace le second facteur pendant huit heures, une fois par mois.
approvals-enrolment = Créer un code d’enregistrement
approvals-enrolment-hint = Cette personne n’a pas encore de second facteur. Le code lui permet d’enregistrer le premier, au bureau.
approvals-not-privileged = Cette personne est responsable ou administre : le support l’aide directement.
approvals-not-after_reset = Le mot de passe vient d’être réinitialisé. Un laissez-passer sera possible à partir du { $until }.
approvals-not-pass_given = Un laissez-passer a déjà été donné ce mois-ci. Le prochain sera possible à partir du { $until }.
approvals-issued-pass = Laissez-passer pour { $name }
approvals-issued-enrolment = Code d’enregistrement pour { $name }
approvals-issued-text = Donnez ce code de vive voix, jamais par courriel ni par message. Il se saisit jusqu’à { $until } et ne sera plus affiché. L’agent en est averti.
approvals-refused-title = Aucun code n’a été créé
approvals-refused-not_yours = Cette personne n’est pas un de vos agents, ou ne travaille pas aujourd’hui.
approvals-refused-changed = La situation de cette personne a changé. La liste ci-dessous est à jour.
