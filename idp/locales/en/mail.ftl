# Mails: what all of them say

mail-hello = Hello { $name },
mail-hello-nobody = Hello,
mail-code-label = Your code:
mail-never-code = Give this code to nobody. You will never be asked for your password or for a code, neither by telephone nor by mail.
mail-never-password = You will never be asked for your password, neither by telephone nor by mail.
mail-when = When: { $when }
mail-where = From where: { $where }
mail-where-internal = from the municipal buildings
mail-where-nomades = outside the municipal buildings
mail-browser = Browser: { $browser }
mail-alarm-title = This was not you?
mail-alarm-text = Open this page and type the code below. Your account will be blocked at once, and the help desk will help you to take it back. The link alone does nothing.
mail-alarm-code = Alarm code:
mail-help = A question? { $help }
mail-help-phone = { $name }, { $phone }
mail-help-hours = { $help } ({ $hours })
mail-automatic = { $product }, login service ({ $organisation }). This message is automatic.

# Dates and lengths of time

mail-date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
 } { $year }
mail-first-day = 1
mail-moment = on { $date } at { $hour }:{ $minute }
mail-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
 }
mail-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
 }

# One notice each

mail-channel_code-subject = Confirm your mail address
mail-channel_code-text = Type this code on the page that asks for it, to confirm that this address is yours. It is valid for { $duration }.
mail-channel_code-ignore = You did not ask for it? Ignore this message: without the code the address will not be confirmed.

mail-reset_code-subject = Your code to choose a new password
mail-reset_code-text = Type this code on the page “Password forgotten”, where you asked for it. It is valid for { $duration } and works once.
mail-reset_code-ignore = You did not ask for it? Ignore this message: without the code your password does not change. If it happens again, tell the help desk.

mail-activation_code-subject = Your activation code
mail-activation_code-text = An account is waiting for you. Choose your password on the page below, with your SOI identifier and this code. It is valid until { $date }.
mail-activation_code-soi = Your SOI identifier is not in this message: it is on your agent card or in your welcome letter.

mail-password_changed-subject = Your password has been changed
mail-password_changed-text = The password of your account has been changed. If this was you, there is nothing to do.

mail-password_reset-subject = Your password has been reset
mail-password_reset-text = A new password has been chosen for your account, { $over ->
    [work_email] with a code sent to your work address
    [recovery_email] with a code sent to your recovery address
    [mobile] with a code sent to your mobile
   *[handed] with a code handed over by the help desk
 }. All your sessions have ended. If this was you, there is nothing to do.

mail-reset_code_issued-subject = A reset code has been issued for your account
mail-reset_code_issued-text = The help desk issued, { $when }, a code with which a new password can be chosen for your account. It will be handed to you or come by letter, never by telephone.

mail-channel_changed-subject = Your contact details have changed
mail-channel_changed-text = { $kind ->
    [work_email] The work address of your account is now { $masked }.
    [recovery_email] The recovery address of your account is now { $masked }.
   *[mobile] The mobile number of your account is now { $masked }.
 } If this was you, there is nothing to do.
mail-channel_changed-removed = { $kind ->
    [work_email] The work address of your account has been removed.
    [recovery_email] The recovery address of your account has been removed.
   *[mobile] The mobile number of your account has been removed.
 } If this was you, there is nothing to do.

mail-factor_code-subject = Your login code
mail-factor_code-text = Type this code on the login page where you asked for it. It is good for { $duration } and works once.
mail-factor_code-ignore = You are not logging in? Somebody knows your password: change it now and tell the support.

mail-enrolment_code-subject = Your code to register a second factor
mail-enrolment_code-text = Type this code on the page where you asked for it, to confirm that it is you. It is good for { $duration } and works once.
mail-enrolment_code-ignore = You asked for nothing? Somebody knows your password: change it now and tell the support.

mail-factor_added-subject = A second factor was added to your account
mail-factor_added-text = { $factor ->
    [passkey] The passkey “{ $device }” was added to your account.
   *[totp] The authenticator app “{ $device }” was added to your account.
 } If it was you, there is nothing to do.

mail-factor_removed-subject = A second factor was removed from your account
mail-factor_removed-text = { $factor ->
    [passkey] The passkey “{ $device }” was removed from your account and opens nothing any more.
    [recovery_code] Your recovery codes were removed from your account and open nothing any more.
   *[totp] The authenticator app “{ $device }” was removed from your account and opens nothing any more.
 } If it was you, there is nothing to do.

mail-recovery_codes-subject = New recovery codes were made
mail-recovery_codes-text = Ten new recovery codes were made for your account. Those before do not work any more. If it was you, there is nothing to do.

mail-recovery_code_used-subject = A recovery code was used
mail-recovery_code_used-text = One of your recovery codes was used to log in. { $left ->
    [0] None is left: make new ones in your account.
    [one] One is left.
   *[other] { $left } are left.
 } If it was you, there is nothing to do.

mail-factor_suspected-subject = Your password was used, but not your second factor
mail-factor_suspected-text = Somebody typed your password, and then several times a wrong code. If it was you, there is nothing to do.

mail-manager_pass-subject = A pass was made for you
mail-manager_pass-text = { $manager } made a pass for you that stands in for your second factor for eight hours. You are told its code in person. If you asked for nothing, say so.

mail-enrolment_vouched-subject = A code to register your second factor
mail-enrolment_vouched-text = { $manager } made a code for you with which your first second factor can be registered at the office. You are told the code in person. If you asked for nothing, say so.

mail-key_copied-subject = Your passkey was refused
mail-key_copied-text = The passkey “{ $device }” gave an answer older than the one before: there may be a copy of it. That answer was refused. If it was you, talk to the support.

mail-password_expires-subject = { $days ->
    [0] Your password expires today
    [one] Your password expires tomorrow
   *[other] Your password expires in { $days } days
 }
mail-password_expires-text = Choose a new password before { $date }, on the page below. Otherwise you will be asked for one at your next login.

mail-credentials_suspended-subject = Your account is blocked
mail-credentials_suspended-text = It was reported, { $when }, that a change of your account was not made by you. Your password no longer works, and all your sessions have ended.
mail-credentials_suspended-next = To take your account back, turn to the help desk: a new code will be handed to you or come by letter.

mail-alarm_raised-subject = Alarm: an account has been blocked by its owner
mail-alarm_raised-text = The account { $soi } was blocked { $when }: its owner reports a change that they did not make. Reference { $reference }.
mail-alarm_raised-next = Check what was changed, with this reference or the account’s history, then help the agent to take the account back.
