# /account and the pages under it

account-title = My account
account-nav = My account
account-nav-overview = Overview
account-nav-password = Password
account-nav-factors = Second factors
account-nav-contact = Contact channels
account-nav-sessions = Sessions
account-nav-activity = Activity
account-nav-language = Language
account-nav-approvals = Approvals
account-go-to-field = Go to the field to be corrected

account-lead = Your session is open; your services open without identifying yourself again.
account-name = Agent
account-department = Department
account-position = Position
account-zone = Network zone
account-since = Session open since
account-password = Password
account-password-changed = Changed on { $date }
account-password-expires = To be renewed from { $date } on
account-password-never = No date of renewal
account-hr = Name, department and position come from human resources. If one of them is wrong, tell your HR department.
account-unproved-title = { $count ->
    [one] One contact channel is still to be verified
   *[other] { $count } contact channels are still to be verified
}
account-unproved-text = A verified contact channel lets you choose a new password without calling anybody, and tells you when your account changes.
account-unproved-link = Verify my contact channels
account-done-password = Your password is changed. Your other sessions are closed.

account_password-title = Change my password
account_password-lead = Your other sessions will be closed, and you will get a message over your contact channels.
account_password-current = Present password
account_password-submit = Change my password
account_password-wrong-title = The present password does not match
account_password-wrong-text = Type the one with which you log in today. Nothing was changed.
account_password-outside-title = To be done at the office
account_password-outside-text = From the internet, a password alone is not enough to choose another one. At the office this page lets you do it.

account_confirm-title = Confirm that it is you
account_confirm-lead = What follows concerns the security of your account. Type your password; it will not be asked for again during five minutes.
account_confirm-submit = Continue
account_confirm-wrong-title = This password does not match
account_confirm-wrong-text = Check capitals and the language of the keyboard, then try again.

account_contact-title = My contact channels
account_contact-lead = A code is sent to each address before it counts. Every change is announced to the old address.
account_contact-work_email = Work e-mail
account_contact-recovery_email = Recovery e-mail
account_contact-mobile = Mobile phone
account_contact-work_email-hint = Given by human resources.
account_contact-recovery_email-hint = A personal address, for the day when your work mailbox does not open.
account_contact-mobile-hint = To receive a code by text message.
account_contact-none = None
account_contact-verified = Verified on { $date }
account_contact-unverified = To be verified
account_contact-waiting = A code was sent to { $address }.
account_contact-add = Add
account_contact-change = Change
account_contact-verify = Verify
account_contact-type-code = Type the code
account_contact-done-proved = Your contact channel is verified.
account_contact-done-removed = This contact channel is removed.

account_channel-lead-prove = Receive a code and type it here: from then on this contact channel counts for your account.
account_channel-lead-address = The present address stays in force until the code received at the new one is typed here.
account_channel-lead-number = The present number stays in force until the code received at the new one is typed here.
account_channel-lead-new-address = The address will count as soon as the code that you receive there is typed here.
account_channel-lead-new-number = The number will count as soon as the code that you receive there is typed here.
account_channel-address = E-mail address
account_channel-address-hint = For example first.last@example.com
account_channel-number = Mobile number
account_channel-number-hint = For example 06 12 34 56 78, or +32 470 12 34 56 for a foreign number
account_channel-send = Receive a code
account_channel-remove = Remove this contact channel
account_channel-back = Back to my contact channels
account_channel-outside-title = To be changed at the office
account_channel-outside-text = From the internet, a password alone is not enough to change or remove this contact channel.
account_channel-code-title = Type the code you received
account_channel-code-lead = A code was sent to { $address }. It is good for ten minutes.
account_channel-code = Code received
account_channel-code-hint = 8 digits; spaces and dashes are accepted
account_channel-code-submit = Submit
account_channel-code-again = Receive a new code
account_channel-code-other = Type another address or number
account_channel-empty-title = The address is missing
account_channel-empty-text = Type the address or number to be added.
account_channel-address-wrong-title = This address is not complete
account_channel-address-wrong-text = An address has no space and no accent, one @ and a domain name: first.last@example.com.
account_channel-number-wrong-title = This number is not complete
account_channel-number-wrong-text = A French mobile number has ten digits: 06 12 34 56 78. A foreign number begins with + and the country code.
account_channel-same-title = This is your work e-mail
account_channel-same-text = Choose another address, which you can read when your work mailbox does not open.
account_channel-known-title = This address is verified already
account_channel-known-text = There is nothing to do; type another one if you want to change it.
account_channel-too_many-title = Too many codes for the moment
account_channel-too_many-text = You can ask for a new one in { $wait }.
account_channel-shape-title = The code has 8 digits
account_channel-shape-text = Copy it from the message you received, without letters. This try does not count.
account_channel-wrong-title = This code does not match
account_channel-wrong-text = { $left ->
    [one] Check the message you received. One try is left.
   *[other] Check the message you received. { $left } tries are left.
}
account_channel-gone-title = This code is no longer good
account_channel-gone-text = It was used, is more than ten minutes old, or too many wrong ones were typed. Ask for a new one.

account_sessions-title = My sessions
account_sessions-lead = { $count ->
    [one] One session is open in your name: the one of this browser.
   *[other] { $count } sessions are open in your name. Close those that you do not recognise, then change your password.
}
account_sessions-this = This session
account_sessions-begun = Opened on
account_sessions-last-used = Last used
account_sessions-place = Place
account_sessions-network = { $zone } ({ $network })
account_sessions-end = Close this session
account_sessions-end-which = ({ $browser }, opened on { $date })
account_sessions-end-others = Close all other sessions
account_sessions-done-ended = The session is closed.
account_sessions-done-others = All your other sessions are closed.
browser-other = Another browser
browser-unknown = Unknown browser

account_language-title = Language
account_language-lead = For these pages, e-mails and text messages.
account_language-label = Language
account_language-submit = Save
account_language-done = Your choice is saved.
account_language-fr = Français
account_language-en = English
