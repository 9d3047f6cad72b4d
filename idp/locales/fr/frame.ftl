# What surrounds every page, and sentences that several pages say.

skip-to-content = Aller au contenu
zone-label = Votre zone réseau :
zone-internal = Réseau municipal
zone-nomades = Accès Nomades
footer-label = Informations
footer-diagnostic = Diagnostic du poste
footer-accessibility = Accessibilité : non conforme
footer-privacy = Données personnelles
footer-other-language = English
legal-notice = Accès réservé aux agents de la Ville. Toute tentative d’accès non autorisé est passible de sanctions pénales (articles 226-15 et 323-1 à 323-7 du code pénal). Les connexions sont journalisées.
help-label = Aide
help-question = Besoin d’aide ?
back-to = Retour à { $name }
back-to-application = Retour à l’application
back-to-login = Retour à la connexion
go-to = Ouvrir { $name }
request-id-label = Numéro de la demande :
list-and = et

# $seconds and $minutes may be numbers or two digits
wait-a-moment = quelques instants
wait-seconds = { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } secondes
}
wait-minutes = { $minutes } min
wait-minutes-seconds = { $minutes } min { $seconds }
wait-hours = { $hours } h { $minutes }

form-expired-title = Cette page a attendu trop longtemps
form-expired-text = Rien n’a été enregistré. Saisissez de nouveau votre mot de passe et validez. Si ce message revient, autorisez les cookies pour ce site.
throttled-not-at-the-office = Au bureau, cet essai ne vous bloque pas.
