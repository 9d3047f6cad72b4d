# What stops a request before it became a page

bad_request-next = Start again from your portal. If it happens again, report it to the help desk with the technical lines below.
bad_request-technical = For the technical team
bad_request-redirect_uri-title = This service cannot receive you
bad_request-redirect_uri-text = It asks to send you back to an address that is not registered. For your safety, we do not follow this link.
bad_request-application_unknown-title = This service is not known here
bad_request-application_unknown-text = The address you followed leads to a service that is not registered, or no longer.
bad_request-application_disabled-title = This service is closed for the moment
bad_request-application_disabled-text = The DSIN has switched it off; this is not about your account.
bad_request-malformed-title = This login request is incomplete
bad_request-malformed-text = The service that sent you here did not pass everything on, or the link was cut on the way.
bad_request-post_logout_uri-title = The way back to the service is not possible
bad_request-post_logout_uri-text = It asks to send you, after signing out, to an address that is not registered. Your session stays open as long as you do not close it.

notice-login = Go to login
notice-page_expired-title = This page waited too long
notice-page_expired-text = The login was begun a long time ago, or finished in another tab. Return to the service you wanted to open: simply start again.
notice-form_expired-title = This page is out of date
notice-form_expired-text = Nothing was saved. Go back, reload the page and submit again.
notice-cookies_refused-title = Your browser sends no cookie
notice-cookies_refused-text = Without a cookie your session cannot open. Allow cookies for this site, then start again.
notice-not_found-title = There is nothing at this address
notice-not_found-text = The link may be old or incomplete.
notice-method_not_allowed-title = This address does not open that way
notice-method_not_allowed-text = It expects a form to be sent, or on the contrary a simple visit. Start again from the beginning.
notice-too_large-title = This is too long for us
notice-too_large-text = The request exceeds the accepted size. Shorten what you typed and start again.
notice-unreadable-title = We did not understand the request
notice-unreadable-text = It is incomplete or contains unreadable characters. Start again from the beginning.
notice-server_error-title = An incident keeps us from answering
notice-server_error-text = It is not about you, and the incident is recorded. Try again in a moment; if it lasts, call the help desk with the number below.
notice-overloaded-title = Many logins at this moment
notice-overloaded-text = Try again in { $wait }; nothing is lost.

form_post-title = Back to { $application }
form_post-text = Your browser is passing the answer on to the service. If nothing happens, continue here.
form_post-submit = Continue
