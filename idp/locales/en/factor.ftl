# /login/factor, /login/enrol, /account/factors

factor-title = Confirm that it is you
factor-lead-passkey = Your password is right. Now use your passkey.
factor-lead-totp = Your password is right. Type the code that your authenticator app shows now.
factor-lead-channel = Your password is right. A code can be sent to { $address }.
factor-lead-channel-sent = Type the code that was sent to { $address }. It is good for ten minutes.
factor-lead-recovery = { $left ->
    [one] Type the last of your recovery codes. It works once.
   *[other] Type one of your { $left } recovery codes. Each works once.
 }
factor-lead-manager = { $manager } can give you a pass: a code, good for eight hours once typed, and once a month.
factor-way-passkey = Use a passkey
factor-way-totp = Type the code of my app
factor-way-channel = Receive a code at { $address }
factor-way-recovery = Type a recovery code
factor-way-manager = Type the pass given by { $manager }
factor-label-code = Code
factor-label-recovery = Recovery code
factor-label-manager = Code given by your manager
factor-hint-totp = 6 digits; spaces do not count.
factor-hint-channel = 8 digits; spaces and dashes do not count.
factor-hint-recovery = 16 characters; spaces and dashes do not count.
factor-hint-manager = 8 characters; spaces and dashes do not count.
factor-label-beside = Code of your second factor
factor-hint-beside = That of your app (6 digits), or a recovery code.
factor-submit = Continue
factor-send = Send the code
factor-send-again = Send another code
factor-passkey-submit = Use my passkey
factor-others = Another way
factor-skip = Continue without this confirmation
factor-sign-out = Sign out
factor-lost-title = Phone lost, replaced or forgotten?
factor-lost-text = Use a recovery code, or ask your manager for a pass. Otherwise the support helps you to register a new second factor.
factor-lost-text-recovery = Use a recovery code. Otherwise the support helps you to register a new second factor.
factor-lost-text-manager = Ask your manager for a pass. Otherwise the support helps you to register a new second factor.
factor-lost-text-support = The support helps you to register a new second factor.

factor-shape-title = This is not a whole code
factor-shape-text = Type the digits of the code, no letters.
factor-shape-text-long = Check that you typed the whole code.
factor-wrong-title = This code does not match
factor-wrong-text = Type the code that is shown now. The clock of your phone must be set automatically.
factor-wrong-text-sent = Type the code that was received last.
factor-wrong-text-long = Check the code, then type it again.
factor-used-title = This code has been used
factor-used-text = Wait until your app shows another one, thirty seconds at most.
factor-gone-title = This code cannot be used any more
factor-gone-text = It is too old, or too many were wrong. Ask for another one.
factor-too_many-title = Too many codes were asked for
factor-too_many-text = You can ask for another one in { $wait }.
factor-no_more-title = No more codes will be sent
factor-no_more-text = Too many codes were asked for, or too many were wrong, since you signed in. Choose another way, or sign in again later.
factor-key-title = The passkey was not accepted
factor-key-text = Try again, or choose another way below.
factor-key-text-alone = Try again, or log in with your SOI and your password.
factor-key-none = This browser cannot use passkeys. Choose another way.
factor-key-none-alone = This browser cannot use passkeys.

enrol-confirm-title = First confirm that it is you
enrol-confirm-lead = Before you register your first second factor, a code checks that this account is yours.
enrol-confirm-send = Send a code to { $address }
enrol-confirm-submit = Continue
enrol-confirm-manager = Or with a code given by { $manager }
enrol-confirm-manager-hint = Your manager makes it on the page “Approvals”. 8 characters.
enrol-confirm-nothing = No contact channel of your account is verified yet. Verify your work e-mail, then come back to this page.
enrol-confirm-prove = Verify my work e-mail
enrol-choose-title = Register a second factor
enrol-choose-lead = It proves that it is you even if somebody knows your password. Choose what suits you; you can add others.
enrol-choose-passkey = Passkey
enrol-choose-passkey-hint = Fingerprint, face, the device’s code or a security key. The safest and the fastest.
enrol-choose-passkey-submit = Make a passkey
enrol-choose-totp = Authenticator app
enrol-choose-totp-hint = An app on your phone shows a code of six digits.
enrol-choose-totp-submit = Use an app
enrol-totp-title = Add the account to your app
enrol-totp-lead = Scan the image with the authenticator app of your phone, or type the key, and then the code that it shows.
enrol-totp-qr = QR code with the key that is written beside it
enrol-totp-key = The key to type if you cannot scan the image:
enrol-totp-submit = Register
enrol-passkey-title = Make your passkey
enrol-passkey-lead = Your browser will ask for your fingerprint, your face, the device’s code or your security key. Confirm only if you opened this page yourself.
enrol-passkey-submit = Make the passkey
enrol-passkey-none = This browser cannot make passkeys. Use an app, or another browser.
enrol-name = Name of this device
enrol-name-hint = To know it again in your list, for instance “Personal phone”.
enrol-name-default-totp = My phone
enrol-name-default-passkey = My passkey
enrol-recovery-title = Keep your recovery codes
enrol-recovery-lead = Your second factor is registered. If you lose your phone, each of these ten codes lets you in once. They will not be shown again.
enrol-recovery-print = Print this page or copy the codes to a safe place, away from your phone.
enrol-recovery-kept = The codes are in a safe place, continue
enrol-later = Later (possible until { $day })
enrol-gone-title = This page has waited too long
enrol-gone-text = Start again; nothing was changed.
enrol-name-title = Give this device a name
enrol-name-text = A few letters are enough.
enrol-too_many-title = You have eight already
enrol-too_many-text = Remove one in your account before you add another.
enrol-key-title = The passkey was not registered
enrol-key-text = The device refused, or the request waited too long. Try again, or choose an app.

account_factors-title = My second factors
account_factors-lead = They prove that it is you, beside the password. Keep two, for the day when one is missing.
account_factors-none = No second factor is registered.
account_factors-passkey = Passkey
account_factors-totp = Authenticator app
account_factors-added = Added on { $date }
account_factors-used = Last used on { $date }
account_factors-unused = Never used
account_factors-remove = Remove
account_factors-add = Add a second factor
account_factors-recovery = Recovery codes
account_factors-recovery-left = { $left ->
    [0] None is left.
    [one] One is left.
   *[other] { $left } are left.
 }
account_factors-recovery-renew = Make ten new codes
account_factors-done-removed = The second factor is removed. Your other sessions are closed.
account_factors-last-title = This is your last second factor
account_factors-last-text = Your access needs one. Add another before you remove this one.
account_factors-give-title = Give your second factor first
account_factors-give-text = This session was opened with the password alone. Confirm with your second factor, then start again.
account_factors-give-link = Confirm with my second factor

# /approvals

approvals-title = Approvals
approvals-lead = One of your agents has lost the phone, or registers the first second factor? Make a code and tell it in person, once you are sure that it is really them.
approvals-none = No agent reports to you.
approvals-pass = Make a pass
approvals-pass-hint = A pass stands in for the second factor for eight hours, once a month.
approvals-enrolment = Make an enrolment code
approvals-enrolment-hint = This person has no second factor yet. With the code the first one can be registered, at the office.
approvals-not-privileged = This person is a manager or an administrator: the support helps them directly.
approvals-not-after_reset = The password has just been reset. A pass will be possible from { $until }.
approvals-not-pass_given = A pass was given already this month. The next one will be possible from { $until }.
approvals-issued-pass = Pass for { $name }
approvals-issued-enrolment = Enrolment code for { $name }
approvals-issued-text = Tell this code in person, never by mail or message. It can be typed until { $until } and will not be shown again. The agent is told of it.
approvals-refused-title = No code was made
approvals-refused-not_yours = This person is not one of your agents, or does not work today.
approvals-refused-changed = This person’s situation has changed. The list below is up to date.
