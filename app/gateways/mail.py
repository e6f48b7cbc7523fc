"""An e-mail by SMTP. There is no key by which a server knows a letter that comes again: what is unsure stays so."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime

from email_validator import EmailNotValidError, validate_email

from app.gateways import ANSWER, CONNECT, Message, NotSent, Unsure
from config import Smtp

TAKEN, DATA_REFUSED = 250, range(400, 600)


def send(smtp: Smtp, message: Message) -> None:
    """Hand a letter to the server; its address may be several, with commas between. Raises NotSent, Unsure."""
    handed, to = False, [_ascii(one) for one in message.address.split(", ")]
    message = message._replace(address=", ".join(to))
    try:
        server = _connected(smtp)
        try:
            _taken(*server.mail(smtp.sender), final=False)
            _addressed(server, *to)
            handed = True
            code, _said = server.data(letter(smtp, message).as_bytes(policy=SMTP))
            with suppress(OSError, smtplib.SMTPException):
                server.putcmd("quit")  # its answer is waited for by nobody: the letter is on its way
        finally:
            server.close()
    except (OSError, smtplib.SMTPException) as error:
        if isinstance(error, smtplib.SMTPDataError):
            raise NotSent("refused_now") from None
        raise (Unsure("no_answer") if handed else NotSent(_why(error))) from None
    _taken(code, final=True)


def letter(smtp: Smtp, message: Message) -> EmailMessage:
    """The letter, with a Message-ID that is the same each time. ValueError for an address that is none."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = smtp.sender, message.address, message.subject
    mail["Date"], mail["Message-ID"] = localtime(), f"<{message.key}@{smtp.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # no answering machine answers
    mail.set_content(message.text)
    return mail


def _ascii(address: str) -> str:
    """As every server knows it: пошта.қаз is xn--... there. NotSent for good where there is no such spelling."""
    try:
        known = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise NotSent("refused", final=True) from None
    return known.ascii_email or address


def _connected(smtp: Smtp) -> smtplib.SMTP:
    """A connection on which one may send; its server's certificate is verified."""
    place = {"host": smtp.host, "port": smtp.port, "local_hostname": smtp.domain, "timeout": CONNECT}
    tls = ssl.create_default_context()
    server = smtplib.SMTP_SSL(**place, context=tls) if smtp.scheme == "smtps" else smtplib.SMTP(**place)
    try:
        if server.sock is not None:
            server.sock.settimeout(ANSWER)
        if smtp.scheme == "smtp":
            server.starttls(context=tls)
        server.ehlo_or_helo_if_needed()
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


def _addressed(server: smtplib.SMTP, first: str, *more: str) -> None:
    """The first address is waited for; an additional one gets the letter where it is taken there and then: else the
    first would get it again. Raises NotSent where none takes it.
    """
    code, _said = server.rcpt(first)
    if code < 500:
        _taken(code, final=True)
    taken = [server.rcpt(one)[0] < 300 for one in more]
    if not any(taken):
        _taken(code, final=True)


def _taken(code: int, _said: bytes = b"", *, final: bool) -> None:
    """Raise NotSent for a server that says no: with 5xx to a letter or its address for good, else for now."""
    if code >= 300:
        raise NotSent("refused" if final and code >= 500 else "refused_now", final=final and code >= 500)


def _why(error: Exception) -> str:
    return "refused_now" if isinstance(error, smtplib.SMTPResponseException) else "unreachable"
