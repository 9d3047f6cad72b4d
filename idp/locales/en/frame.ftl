# What surrounds every page, and sentences that several pages say.

skip-to-content = Skip to content
zone-label = Your network zone:
zone-internal = Municipal network
zone-nomades = Nomades access
footer-label = Information
footer-diagnostic = Workstation check
footer-accessibility = Accessibility: not compliant
footer-privacy = Personal data
footer-other-language = Français
legal-notice = Access is reserved for agents of the City. Any attempt at unauthorised access is a criminal offence (articles 226-15 and 323-1 to 323-7 of the French penal code). Logins are recorded.
help-label = Help
help-question = Need help?
back-to = Back to { $name }
back-to-application = Back to the application
back-to-login = Back to login
go-to = Open { $name }
request-id-label = Request number:
list-and = and

# $seconds and $minutes may be numbers or two digits
wait-a-moment = a few moments
wait-seconds = { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}
wait-minutes = { $minutes } min
wait-minutes-seconds = { $minutes } min { $seconds } s
wait-hours = { $hours } h { $minutes }

form-expired-title = This page waited too long
form-expired-text = Nothing was saved. Type your password again and submit. If this message comes back, allow cookies for this site.
throttled-not-at-the-office = This does not block you at the office.
