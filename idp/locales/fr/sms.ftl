# Text messages: short, and written so that the letters of every telephone suffice (`notify/gsm.rs` replaces the others)

sms-code = { $product } : code { $code } pour confirmer ce numéro, valable { $duration }. Ne le donnez à personne, support compris.
sms-reset_code = { $product } : code { $code } pour choisir un nouveau mot de passe, valable { $duration }. Ne le donnez à personne, support compris.
sms-activation_code = { $product } : code d’activation { $code }, valable jusqu’au { $date }. Saisissez-le sur { $url }
sms-password_changed = { $product } : mot de passe changé le { $when }. Pas vous ? { $url } code { $alarm }
sms-password_reset = { $product } : mot de passe réinitialisé le { $when }. Pas vous ? { $url } code { $alarm }
sms-reset_code_issued = { $product } : code de réinitialisation émis le { $when }. Pas vous ? { $url } code { $alarm }
sms-channel_changed = { $product } : coordonnées changées le { $when }. Pas vous ? { $url } code { $alarm }
sms-factor_code = { $product } : code { $code } pour vous connecter, valable { $duration }. Ne le donnez à personne, support compris.
sms-enrolment_code = { $product } : code { $code } pour enregistrer un second facteur, valable { $duration }. Ne le donnez à personne, support compris.
sms-factor_added = { $product } : second facteur ajouté le { $when }. Pas vous ? { $url } code { $alarm }
sms-factor_removed = { $product } : second facteur retiré le { $when }. Pas vous ? { $url } code { $alarm }
sms-recovery_codes = { $product } : nouveaux codes de secours le { $when }. Pas vous ? { $url } code { $alarm }
sms-recovery_code_used = { $product } : code de secours utilisé le { $when }. Pas vous ? { $url } code { $alarm }
sms-factor_suspected = { $product } : mot de passe juste puis codes faux le { $when }. Pas vous ? { $url } code { $alarm }
sms-manager_pass = { $product } : laissez-passer créé pour vous le { $when }. Pas vous ? { $url } code { $alarm }
sms-enrolment_vouched = { $product } : code d’enregistrement créé pour vous le { $when }. Pas vous ? { $url } code { $alarm }
sms-key_copied = { $product } : clé d’accès refusée le { $when }, copie possible. Pas vous ? { $url } code { $alarm }
sms-password_expires = { $product } : votre mot de passe expire le { $date }. Changez-le sur { $url }
sms-credentials_suspended = { $product } : votre compte est bloqué depuis le { $when }, comme signalé. Pour le reprendre : { $help }
sms-alarm_raised = { $product } : compte { $soi } bloqué par son titulaire le { $when }. Référence { $reference }

sms-date = { $day }/{ $month }
sms-moment = { $date } à { $hour } h { $minute }
sms-minutes = { $count } min
sms-hours = { $count } h
