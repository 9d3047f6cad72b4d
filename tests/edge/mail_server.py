"""A foreign SMTP server (aiosmtpd): STARTTLS and a login are required. Prints `ready`, then one JSON line per mail.

Arguments: port, certificate, key, user name, password.
"""

import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

port, certificate, key, name, password = sys.argv[1:]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "login": session.authenticated,
            "raw": envelope.content.decode("ascii"),
        }
        print(json.dumps(mail), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = LoginPassword(name.encode(), password.encode())
    # Not "handled": the server itself answers 235 or 535.
    return AuthResult(success=mechanism in ("LOGIN", "PLAIN") and data == right, handled=False)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
controller = Controller(
    Handler(),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=context,
    require_starttls=True,
    auth_required=True,
    authenticator=authenticate,
)
controller.start()
print("ready", flush=True)
sys.stdin.read()
controller.stop()
