# The way out

logout_confirm-title = Sign out?
logout_confirm-asked-by = { $application } suggests signing out.
logout_confirm-who = Your session is open in the name of { $name }.
logout_confirm-effect = The services opened with this session will ask you to identify yourself again.
logout-submit = Sign out
logout-stay = Keep my session open

signed_out-title = Your session is closed
signed_out-text = On a shared workstation, close the browser windows too.
signed_out-again = Log in again
