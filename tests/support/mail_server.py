"""An SMTP server for tests: accepts mail over loopback, and optionally requires TLS and a password."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailBox:
    """Received mail; `envelopes` are the recipients of each mail, `logins` the credentials of AUTH."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    in_the_clear: list[bytes] = field(default_factory=list)
    has_mail: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def mail_server(*, tls: ssl.SSLContext | None = None, refuses: bool = False) -> AsyncIterator[MailBox]:
    """Serve on loopback while entered; `tls` offers STARTTLS, `refuses` rejects every recipient."""
    box = MailBox()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = _Talk(box, reader, writer, tls=tls, refuses=refuses)
        try:
            await talk.hold()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


class _Talk:
    def __init__(
        self,
        box: MailBox,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        tls: ssl.SSLContext | None,
        refuses: bool,
    ) -> None:
        self._box, self._reader, self._writer = box, reader, writer
        self._tls, self._refuses, self._is_encrypted = tls, refuses, False
        self._receivers: list[str] = []

    async def hold(self) -> None:
        self._say("220 here")
        while line := await self._reader.readline():
            if not self._is_encrypted:
                self._box.in_the_clear.append(line)
            verb = line.split()[0].upper().decode()
            if verb == "QUIT":
                self._say("221 bye")
                return
            await self._obey(verb, line.decode().strip())

    async def _obey(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            offered = ["250-here", "250-AUTH PLAIN"] if self._is_encrypted else ["250-here"]
            offered += ["250-STARTTLS"] if self._tls and not self._is_encrypted else []
            self._say(*offered, "250 8BITMIME")
        elif verb == "STARTTLS":
            self._say("220 go ahead")
            await self._writer.start_tls(self._tls)  # type: ignore[arg-type] # offered only with a context
            self._is_encrypted = True
        elif verb == "AUTH":
            _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
            self._box.logins.append((user, password))
            self._say("235 welcome")
        elif verb == "RCPT":
            self._receivers.append(line.partition(":")[2].strip().strip("<>"))
            self._say("550 nobody" if self._refuses else "250 ok")
        elif verb == "DATA":
            await self._take()
        else:
            self._say("250 ok")

    async def _take(self) -> None:
        self._say("354 go on")
        text = await self._reader.readuntil(b"\r\n.\r\n")
        mail = message_from_bytes(text.removesuffix(b".\r\n"), policy=policy.default)
        self._box.mails.append(mail)  # type: ignore[arg-type] # the default policy makes these
        self._box.envelopes.append(self._receivers)
        self._receivers = []
        self._say("250 taken")
        self._box.has_mail.set()

    def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
