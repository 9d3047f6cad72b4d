# Text messages: short, and written so that the letters of every telephone suffice (`notify/gsm.rs` replaces the others)

sms-code = { $product }: code { $code } to confirm this number, valid for { $duration }. Give it to nobody, not even to the help desk.
sms-reset_code = { $product }: code { $code } to choose a new password, valid for { $duration }. Give it to nobody, not even to the help desk.
sms-activation_code = { $product }: activation code { $code }, valid until { $date }. Type it at { $url }
sms-password_changed = { $product }: password changed on { $when }. Not you? { $url } code { $alarm }
sms-password_reset = { $product }: password reset on { $when }. Not you? { $url } code { $alarm }
sms-reset_code_issued = { $product }: reset code issued on { $when }. Not you? { $url } code { $alarm }
sms-channel_changed = { $product }: contact details changed on { $when }. Not you? { $url } code { $alarm }
sms-factor_code = { $product }: code { $code } to log in, good for { $duration }. Give it to nobody, not even the support.
sms-enrolment_code = { $product }: code { $code } to register a second factor, good for { $duration }. Give it to nobody, not even the support.
sms-factor_added = { $product }: second factor added on { $when }. Not you? { $url } code { $alarm }
sms-factor_removed = { $product }: second factor removed on { $when }. Not you? { $url } code { $alarm }
sms-recovery_codes = { $product }: new recovery codes on { $when }. Not you? { $url } code { $alarm }
sms-recovery_code_used = { $product }: recovery code used on { $when }. Not you? { $url } code { $alarm }
sms-factor_suspected = { $product }: right password, then wrong codes on { $when }. Not you? { $url } code { $alarm }
sms-manager_pass = { $product }: pass made for you on { $when }. Not you? { $url } code { $alarm }
sms-enrolment_vouched = { $product }: enrolment code made for you on { $when }. Not you? { $url } code { $alarm }
sms-key_copied = { $product }: passkey refused on { $when }, perhaps copied. Not you? { $url } code { $alarm }
sms-password_expires = { $product }: your password expires on { $date }. Change it at { $url }
sms-credentials_suspended = { $product }: your account has been blocked since { $when }, as reported. To take it back: { $help }
sms-alarm_raised = { $product }: account { $soi } blocked by its owner on { $when }. Reference { $reference }

sms-date = { $day }/{ $month }
sms-moment = { $date } at { $hour }:{ $minute }
sms-minutes = { $count } min
sms-hours = { $count } h
