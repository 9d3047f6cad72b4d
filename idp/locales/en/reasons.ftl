# One reason, three sentences: title (what happens), what (what is missing), next (the next step).
# A refusal page adds before them what is right, and after them whom to call with which reference.

refusal-password-right = Your password is right.
refusal-password-next = Choose a new one on your account page, then come back to this service.
refusal-password-link = Change my password
refusal-what-to-do = What can you do?
refusal-next-step = The next step
refusal-reference = Reference
refusal-reference-use = Quote it if you call the help desk.

reason-credentials-invalid-title = Identifier or password incorrect
reason-credentials-invalid-what = Check your SOI identifier ({ $hint }) and try again.
reason-credentials-invalid-next = Forgotten your password? Follow the link below the login form.

reason-account-not_activated-title = Your account is waiting to be activated
reason-account-not_activated-what = This account has no password yet.
reason-account-not_activated-next = Use the activation code received by letter or handed over by your manager, on the page “First login”.

reason-account-not_started-title = Your account is not open yet
reason-account-not_started-what = This account opens on the day you take up your post.
reason-account-not_started-next = Come back on that day. If it has passed, ask your human resources office.

reason-account-suspended-title = Your account is suspended
reason-account-suspended-what = Access is paused; nothing is lost.
reason-account-suspended-next = Ask your manager or your human resources office, who can have it resumed.

reason-account-left-title = This account is closed
reason-account-left-what = The account was closed on your leaving date.
reason-account-left-next = If you still work for the City, your human resources office can reopen it.

reason-account-ended-title = This account has come to its end
reason-account-ended-what = The end date of your contract or assignment has passed.
reason-account-ended-next = If your contract goes on, ask your human resources office to update the date.

reason-account-throttled-title = Too many attempts, please wait a moment
reason-account-throttled-what = You can try again in { $wait }.
reason-account-throttled-next = Meanwhile, check your SOI identifier and the caps lock key.

reason-password-expired-title = Your password must be renewed
reason-password-expired-what = It is older than allowed.
reason-password-expired-next = Choose a new one: the page opens at your next login.

reason-password-compromised-title = This password is known on the internet
reason-password-compromised-what = It appears in a known leak.
reason-password-compromised-next = Choose another one now, and change it wherever you use it.

reason-password-suspended-title = Your account was blocked at your request
reason-password-suspended-what = A message told you of a change, and you answered that it was not you. This password opens nothing any more.
reason-password-suspended-next = Call the help desk: it sends you a code through your manager, the counter or a letter, and you will choose a new password.

reason-factor-required-title = A second proof of identity is needed
reason-factor-required-what = Outside the municipal buildings, and for some services, a password alone is not enough: two-factor authentication is needed.
reason-factor-required-next = Log in from a municipal workstation, or ask the help desk how to enrol your second factor.

reason-factor-enrolment_needed-title = You have no second factor yet
reason-factor-enrolment_needed-what = No second factor (application or passkey) is enrolled for you.
reason-factor-enrolment_needed-next = Enrol one from a municipal workstation. It takes two minutes.

reason-factor-invalid-title = This code does not match
reason-factor-invalid-what = The code may have changed meanwhile, or it has been used already.
reason-factor-invalid-next = Type the code that your application shows now.

reason-factor-enrolment_unsafe-title = Enrol your first second factor at the office
reason-factor-enrolment_unsafe-what = From the internet, a password alone is not enough to enrol it.
reason-factor-enrolment_unsafe-next = Do it from a municipal workstation, or with the activation code handed to you in person.

reason-activation-invalid-title = This activation code does not match
reason-activation-invalid-what = The SOI identifier and the code do not belong together, or the code has been used or has expired.
reason-activation-invalid-next = Check both on your letter. The help desk can have a new code prepared.

reason-reset-invalid-title = This code does not match
reason-reset-invalid-what = The reset code has been used, has expired or contains a typing mistake.
reason-reset-invalid-next = Check it, or ask for a new one.

reason-nomades-no_profile-title = Your remote access is not open
reason-nomades-no_profile-what = Outside the municipal buildings you need a Nomades access.
reason-nomades-no_profile-next = Ask for it in two minutes; your manager endorses it, then the DSIN opens it. At the office, all your services stay open.

reason-nomades-not_started-title = Your remote access has not started yet
reason-nomades-not_started-what = Your Nomades access is granted, but its start date lies ahead.
reason-nomades-not_started-next = Come back on that date. At the office, all your services stay open.

reason-nomades-requested-title = Your remote access is not open yet
reason-nomades-requested-what = Your request is waiting for your manager.
reason-nomades-requested-next = You will receive an e-mail at each step. At the office, all your services stay open.

reason-nomades-endorsed-title = Your remote access is not open yet
reason-nomades-endorsed-what = Your manager has endorsed your request; the DSIN is processing it.
reason-nomades-endorsed-next = You will receive an e-mail when it opens. At the office, all your services stay open.

reason-nomades-suspended-title = Your remote access is suspended
reason-nomades-suspended-what = Your Nomades access was paused, for example after a change of department. Your manager must confirm it.
reason-nomades-suspended-next = Ask your manager to confirm it. At the office, all your services stay open.

reason-nomades-expired-title = Your remote access has come to its end
reason-nomades-expired-what = Your Nomades access was granted for a period that has passed.
reason-nomades-expired-next = Ask your manager to have it renewed. At the office, all your services stay open.

reason-nomades-revoked-title = Your remote access has been withdrawn
reason-nomades-revoked-what = Your Nomades access was closed by the DSIN or by your department.
reason-nomades-revoked-next = Your manager can tell you why. At the office, all your services stay open.

reason-nomades-refused-title = Your remote access was not granted
reason-nomades-refused-what = Your request was not accepted.
reason-nomades-refused-next = Your manager can tell you why; you may ask again. At the office, all your services stay open.

reason-charter-not_accepted-title = The charter remains to be accepted
reason-charter-not_accepted-what = The charter of proper use has been updated, or you have not accepted it yet.
reason-charter-not_accepted-next = Read and accept it from a municipal workstation.

reason-app-internal_only-title = This service opens only at the office
reason-app-internal_only-what = This service holds documents or data that do not leave the municipal buildings.
reason-app-internal_only-next = You can use it from a municipal workstation.

reason-app-waiver_expired-title = Your waiver has come to its end
reason-app-waiver_expired-what = The waiver let you use this service outside the municipal buildings, until a date that has passed.
reason-app-waiver_expired-next = Use it from a municipal workstation, or ask your manager for a new waiver.

reason-app-department-title = This service is not open to your department
reason-app-department-what = { $count ->
    [0] This service is reserved for other departments.
    [one] This service is reserved for department { $departments }.
   *[other] This service is reserved for departments { $departments }.
}
reason-app-department-next = If you need it for your work, speak to your manager.

reason-app-disabled-title = This service is closed for the moment
reason-app-disabled-what = The DSIN has switched this service off; this is not about your account.
reason-app-disabled-next = Try again later. Your other services stay open.

reason-app-unknown-title = This service is not known here
reason-app-unknown-what = The address you followed leads to a service that is not registered, or no longer.
reason-app-unknown-next = Start from your portal rather than from an old link or bookmark.

reason-app-acr_too_low-title = This service asks for a stronger login
reason-app-acr_too_low-what = The way you logged in is not enough for this service: two-factor authentication is needed.
reason-app-acr_too_low-next = Ask the help desk how to enrol a second factor.

reason-zone-lowered-title = You are no longer at the office
reason-zone-lowered-what = This service closed because your session was seen outside the municipal buildings.
reason-zone-lowered-next = Back at a municipal workstation, open it again.

reason-session-ended-title = Your session has ended
reason-session-ended-what = A session closes by itself after a time without activity, and by the end of the day at the latest.
reason-session-ended-next = Log in again to continue.

reason-nomades-brake-title = Remote access is closed for the moment
reason-nomades-brake-what = The DSIN has closed remote access as a precaution; this is not about your account.
reason-nomades-brake-next = Try again later. At the office, all your services stay open.

reason-access-refused-title = Access is not open
reason-access-refused-what = A condition for using this service is not met.
reason-access-refused-next = Call the help desk with the reference below: it tells exactly what is missing.

reason-overloaded-title = Many logins at this moment
reason-overloaded-what = Try again in { $wait }; nothing is lost.
reason-overloaded-next = Simply start again a little later.
