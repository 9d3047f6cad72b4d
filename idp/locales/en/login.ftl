# /login

login-title = Log in
login-heading = Log in to { $portal }
login-lead = With your SOI identifier and your password.
login-lead-application = To continue to { $application }, with your SOI identifier and your password.
login-submit = Log in
login-passkey = Log in with a passkey
login-cancel = Back to { $application }
login-forgot = Password forgotten or expired?
login-first-time = First login
login-nomades-title = You are outside the municipal buildings
login-nomades-text = Some services open only at the office. The others need an active Nomades access.
login-notice-activated = Your account is active. Log in with your new password.
login-notice-password-changed = Your password has been changed. Log in with the new one.
login-notice-signed-out = You are signed out. See you soon.
login-notice-session-ended = Your session has ended. Log in again to continue.

soi-label = SOI identifier
soi-hint = { $hint }, on your agent card
password-label = Password
password-show = Show
password-hide = Hide
