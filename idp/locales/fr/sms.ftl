# Text messages: short, and written so that the letters of every telephone suffice (`notify/gsm.rs` replaces the others)

sms-code = { $product } : code { $code } pour confirmer ce numéro, valable { $duration }. Ne le donnez à personne, support compris.
sms-reset_code = { $product } : code { $code } pour choisir un nouveau mot de passe, valable { $duration }. Ne le donnez à personne, support compris.
sms-activation_code = { $product } : code d’activation { $code }, valable jusqu’au { $date }. Saisissez-le sur { $url }
sms-password_changed = { $product } : mot de passe changé le { $when }. Pas vous ? { $url } code { $alarm }
sms-password_reset = { $product } : mot de passe réinitialisé le { $when }. Pas vous ? { $url } code { $alarm }
sms-reset_code_issued = { $product } : code de réinitialisation émis le { $when }. Pas vous ? { $url } code { $alarm }
sms-channel_changed = { $product } : coordonnées changées le { $when }. Pas vous ? { $url } code { $alarm }
sms-password_expires = { $product } : votre mot de passe expire le { $date }. Changez-le sur { $url }
sms-credentials_suspended = { $product } : votre compte est bloqué depuis le { $when }, comme signalé. Pour le reprendre : { $help }
sms-alarm_raised = { $product } : compte { $soi } bloqué par son titulaire le { $when }. Référence { $reference }

sms-date = { $day }/{ $month }
sms-moment = { $date } à { $hour } h { $minute }
sms-minutes = { $count } min
sms-hours = { $count } h
