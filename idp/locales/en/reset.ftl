# /forgot-password and its steps, /not-me

reset-step-1 = Step 1 of 3
reset-step-2 = Step 2 of 3
reset-step-3 = Step 3 of 3

forgot-title = Forgotten password
forgot-lead = Receive a code over a contact that you have verified, then choose a new password.
forgot-channel = Where should the code go?
forgot-channel-hint = Only a contact that was verified from your account will do.
channel-work_email = Work e-mail
channel-recovery_email = Recovery e-mail
channel-mobile = Text message to your mobile
forgot-submit = Send me a code
forgot-have-code = I was given a code
forgot-no-channel-title = No verified contact?
forgot-no-channel-text = Call the help desk. It sends you a code through your manager, the counter or a letter. Nobody will ever ask for your password, neither by phone nor by e-mail.
forgot-expired-title = Has your password only expired?
forgot-expired-text = Log in with the one you know. The next page will ask you to choose a new one.

reset-gone-title = This request is over
reset-gone-text = The code was tried too often, has been used, or is too old. Start again here.
reset-expired-title = This code has expired
reset-expired-text = A code is good for ten minutes. Get a new one with the button below.
reset-no_code-title = The code has eight digits
reset-no_code-text = Type the digits of the message, without letters. Spaces and dashes do not count.

reset_code-title = Type the code you received
reset_code-sent = If this SOI exists and this contact is verified, a code has just been sent.
reset_code-resent = If this SOI exists and this contact is verified, another code has just been sent. Use the newest one.
reset_code-label = Code of eight digits
reset_code-hint = It works once, for ten minutes, in this browser.
reset_code-left = { $left ->
    [one] { $left } try is left.
   *[other] { $left } tries are left.
}
reset_code-submit = Continue
reset_code-resend = Send another code
reset_code-limits = At most three codes an hour and six a day are sent; beyond that, the last one stays good.
reset_code-begin-anew = Correct my identifier

reset_password-title = Choose a new password
reset_password-lead = Your open sessions will end. You will then log in with this password.
reset_password-submit = Save

code_handed-title = You were given a code
code_handed-lead = Choose a new password with the help of your reset code. All fields are required.
code_handed-label = Reset code
code_handed-hint = Received by letter, or handed over by your manager or at the counter
code_handed-submit = Save the password

not_me-title = This was not you?
not_me-lead = A message tells you of a change that you did not make. Block your account with the code of that message.
not_me-reference = Reference
not_me-code = Code of the message
not_me-code-hint = Eight letters and digits, below the reference
not_me-then-title = What happens then
not_me-then-text = All your sessions end and your password opens nothing any more. Only the help desk can reopen your account, with a code that is handed over or sent by letter.
not_me-submit = Block my account
not_me-invalid-title = This reference and this code do not belong together
not_me-invalid-text = Check them in the message. A code works once, for seven days. If in doubt, call the help desk.
not_me-form-expired = Nothing was done. Type the code of the message again and submit.

not_me_done-title = Your account is blocked
not_me_done-lead = Your sessions have ended and your password opens nothing any more, whoever knows it.
not_me_done-next = Call the help desk. It sends you a code through your manager, the counter or a letter; you will then choose a new password.
