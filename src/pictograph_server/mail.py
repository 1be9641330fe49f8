"""Letters to people, through the SMTP server an operator named; without one, links are shown to who asked for them."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pictograph_server.settings import Mail

if TYPE_CHECKING:
    from email.message import EmailMessage

log = logging.getLogger("pictograph.mail")
# A request may wait for a letter to be taken; below the client's 30 s.
TIMEOUT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Letter:
    """A plain text for one person."""

    to: str
    subject: str
    text: str


def can_send(mail: Mail) -> bool:
    return mail.server is not None


def send(mail: Mail, letter: Letter) -> bool:
    """Hand the letter to the mail server; False when there is none, or it does not take it (which is logged).

    Credentials are sent over TLS only: `smtp://` turns it on with STARTTLS where the server offers it, `smtps://`
    begins with it.
    """
    if mail.server is None:
        return False
    # Loaded with the first letter: most servers send none.
    from smtplib import SMTPException

    try:
        _deliver(mail.server.get_secret_value(), _message(mail, letter), letter.to)
    except (OSError, SMTPException, ValueError) as error:
        # Never the text: it holds a link that lets somebody in.
        log.error("The mail server did not take a letter (%s): %s: %s", letter.subject, type(error).__name__, error)
        return False
    return True


def _message(mail: Mail, letter: Letter) -> "EmailMessage":
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import formatdate, make_msgid

    message = EmailMessage(policy=SMTP)
    # An address with a line break in it raises ValueError here.
    message["From"] = mail.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="pictograph.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _deliver(server: str, message: "EmailMessage", recipient: str) -> None:
    import smtplib
    import ssl

    address = urlsplit(server)
    host, is_tls = address.hostname or "", address.scheme == "smtps"
    context = ssl.create_default_context()
    if is_tls:
        connection = smtplib.SMTP_SSL(host, address.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        connection = smtplib.SMTP(host, address.port or 587, timeout=TIMEOUT_S)
    with connection:
        connection.ehlo()
        # A server on this machine often has a certificate that nobody signed, and nothing to hide from.
        is_at_home = host in _LOOPBACK and not address.username
        if not is_tls and not is_at_home and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
            is_tls = True
        if address.username:
            if not is_tls:
                raise smtplib.SMTPNotSupportedError("it offers no TLS, so the password is not sent")
            connection.login(unquote(address.username), unquote(address.password or ""))
        connection.send_message(message, to_addrs=[recipient])
