"""Email by SMTP, in a thread because the library blocks."""

import asyncio
import ipaddress
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Self

import structlog
from yarl import URL

from oa_api.settings import Settings
from oa_shared.errors import OaError

log = structlog.get_logger()
_TIMEOUT_S = 20
_PORTS = {"smtp": 587, "smtps": 465}


class MailSettingsError(OaError):
    """The URL of the mail server is invalid."""

    code = "mail.settings"
    title = "OA_MAIL_URL is not valid."


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server; a connection to another machine must be encrypted before anything is sent."""

    host: str
    port: int
    is_tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse smtp://user:password@host:port (STARTTLS) or smtps:// (implicit TLS). Raises MailSettingsError."""
        try:
            parsed = URL(url)
            port = parsed.explicit_port or _PORTS[parsed.scheme]
            is_tls = {"smtp": False, "smtps": True}[parsed.scheme]
        except (ValueError, KeyError) as error:
            raise MailSettingsError("expected smtp://user:password@host:port or smtps://…") from error
        if not parsed.host:
            raise MailSettingsError("missing host")
        return cls(parsed.host, port, is_tls, parsed.user or "", parsed.password or "")

    @property
    def is_local(self) -> bool:
        """Return whether the server is on this machine, where a connection needs no encryption."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class Mailer:
    """Sends email, or logs why it did not: nothing depends on an email being sent."""

    def __init__(self, server: MailServer | None, *, sender: str) -> None:
        self._server = server
        self._sender = sender

    @property
    def has_server(self) -> bool:
        """Return whether a mail server is configured."""
        return self._server is not None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the mailer of the settings. Raises MailSettingsError."""
        return cls(MailServer.parse(settings.mail_url) if settings.mail_url else None, sender=settings.mail_from)

    async def send(self, to: str, *, subject: str, text: str, html: str | None = None) -> bool:
        """Send an email, with HTML as an alternative to the text if given, and return whether the server accepted it.

        The log never contains the text or the recipient.
        """
        if self._server is None:
            log.warning("mail_not_sent", subject=subject, reason="OA_MAIL_URL is not set")
            return False
        try:
            message = _message(self._sender, to, subject=subject, text=text, html=html)
            await asyncio.to_thread(_deliver, self._server, message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            log.warning("mail_not_sent", subject=subject, reason=type(error).__name__)
            return False
        log.info("mail_sent", subject=subject)
        return True


def _message(sender: str, to: str, *, subject: str, text: str, html: str | None) -> EmailMessage:
    """Return the email. Raises ValueError for a line break in a header, by which an address could add headers."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(">") or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _deliver(server: MailServer, message: EmailMessage) -> None:
    context = ssl.create_default_context()
    if server.is_tls:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
    with connection:
        connection.ehlo()
        if not server.is_tls and (connection.has_extn("starttls") or not server.is_local):
            connection.starttls(context=context)
            connection.ehlo()
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(message)
