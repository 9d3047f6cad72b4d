# What stops a request before it became a page

bad_request-next = Repartez de votre portail. Si cela se reproduit, signalez-le au support avec les lignes techniques ci-dessous.
bad_request-technical = Pour l’équipe technique
bad_request-redirect_uri-title = Ce service ne peut pas vous recevoir
bad_request-redirect_uri-text = Il demande à vous renvoyer vers une adresse qui n’est pas enregistrée. Pour votre sécurité, nous ne suivons pas ce lien.
bad_request-application_unknown-title = Ce service n’est pas connu ici
bad_request-application_unknown-text = L’adresse que vous avez suivie mène à un service qui n’est pas, ou plus, enregistré.
bad_request-application_disabled-title = Ce service est fermé pour le moment
bad_request-application_disabled-text = La DSIN l’a mis à l’arrêt ; cela ne tient pas à votre compte.
bad_request-malformed-title = Cette demande de connexion est incomplète
bad_request-malformed-text = Le service qui vous envoie ici n’a pas tout transmis, ou le lien a été coupé en route.
bad_request-post_logout_uri-title = Le retour au service n’est pas possible
bad_request-post_logout_uri-text = Il demande à vous renvoyer, après la déconnexion, vers une adresse qui n’est pas enregistrée. Votre session reste ouverte tant que vous ne la fermez pas.

notice-login = Aller à la connexion
notice-page_expired-title = Cette page a trop attendu
notice-page_expired-text = La connexion a été commencée il y a longtemps, ou terminée dans un autre onglet. Retournez au service que vous vouliez ouvrir : il suffit de recommencer.
notice-form_expired-title = Cette page n’est plus à jour
notice-form_expired-text = Rien n’a été enregistré. Revenez en arrière, rechargez la page et validez de nouveau.
notice-cookies_refused-title = Votre navigateur n’envoie pas de cookie
notice-cookies_refused-text = Sans cookie, votre session ne peut pas s’ouvrir. Autorisez les cookies pour ce site, puis recommencez.
notice-not_found-title = Il n’y a rien à cette adresse
notice-not_found-text = Le lien est peut-être ancien ou incomplet.
notice-method_not_allowed-title = Cette adresse ne s’ouvre pas ainsi
notice-method_not_allowed-text = Elle attend l’envoi d’un formulaire, ou au contraire une simple visite. Repartez du début.
notice-too_large-title = C’est trop long pour nous
notice-too_large-text = La demande dépasse la taille acceptée. Raccourcissez ce que vous avez saisi et recommencez.
notice-unreadable-title = Nous n’avons pas compris la demande
notice-unreadable-text = Elle est incomplète ou contient des caractères illisibles. Repartez du début.
notice-server_error-title = Un incident nous empêche de répondre
notice-server_error-text = Cela ne tient pas à vous, et l’incident est consigné. Réessayez dans un instant ; si cela dure, appelez le support avec le numéro ci-dessous.
notice-overloaded-title = Beaucoup de connexions en ce moment
notice-overloaded-text = Réessayez dans { $wait } ; rien n’est perdu.

form_post-title = Retour à { $application }
form_post-text = Votre navigateur transmet la réponse au service. Si rien ne se passe, continuez ici.
form_post-submit = Continuer
