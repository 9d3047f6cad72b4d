# /login

login-title = Connexion
login-heading = Connexion à { $portal }
login-lead = Avec votre identifiant SOI et votre mot de passe.
login-lead-application = Pour continuer vers { $application }, avec votre identifiant SOI et votre mot de passe.
login-submit = Se connecter
login-passkey = Se connecter avec une clé d’accès
login-cancel = Retour à { $application }
login-forgot = Mot de passe oublié ou expiré ?
login-first-time = Première connexion
login-nomades-title = Vous êtes hors des bâtiments municipaux
login-nomades-text = Certains services ne s’ouvrent qu’au bureau. Les autres demandent un accès Nomades actif.
login-notice-activated = Votre compte est activé. Connectez-vous avec votre nouveau mot de passe.
login-notice-password-changed = Votre mot de passe est changé. Connectez-vous avec le nouveau.
login-notice-signed-out = Vous êtes hors connexion. À bientôt.
login-notice-session-ended = Votre session a pris fin. Connectez-vous de nouveau pour continuer.

soi-label = Identifiant SOI
soi-hint = { $hint }, sur votre carte d’agent
password-label = Mot de passe
password-show = Afficher
password-hide = Masquer
