# The way out

logout_confirm-title = Se déconnecter ?
logout_confirm-asked-by = { $application } vous propose de vous déconnecter.
logout_confirm-who = Votre session est ouverte au nom de { $name }.
logout_confirm-effect = Les services ouverts avec cette session vous demanderont de vous identifier de nouveau.
logout-submit = Se déconnecter
logout-stay = Garder ma session ouverte

signed_out-title = Votre session est fermée
signed_out-text = Sur un poste partagé, fermez aussi les fenêtres du navigateur.
signed_out-again = Se connecter de nouveau
