"""ftplib with the guard: control and data connections go only to addresses that the guard has checked."""

import ftplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast
from urllib.parse import unquote

from yarl import URL

from oa_shared.public_addresses import is_public
from oa_shared.public_http import AddressRefusedError, Guard
from oa_task.download.ftp_replies import ReplyReader
from oa_task.download.limits import DownloadLimits

_PORT, _IMPLICIT_PORT = 21, 990
_BYTES = "latin-1"  # maps every byte of a name or a reply to one character


class _GuardedFtp(ftplib.FTP):
    """An FTP client that tries EPSV first, whose reply names no address."""

    guard: Guard
    limits: DownloadLimits
    stop: threading.Event
    replies: ReplyReader | None = None
    name = ""

    def connect_to(self, url: URL) -> None:
        """Connect to an address of the host that the guard has checked. Raises AddressRefusedError."""
        self.name = url.host or ""
        port = url.port or self.usual_port(url)
        self.host, self.port = self.guard.resolve(self.name, port), port
        self.sock = socket.create_connection((self.host, port), self.timeout)
        self.af = self.sock.family
        self.start(url)
        self.bound_replies()
        self.welcome = self.getresp()

    def bound_replies(self) -> None:
        """Read the replies of the current connection within limits."""
        if self.sock is not None:
            self.replies = ReplyReader(self.sock, self.limits, self.stop, self.encoding)
            self.file = cast("TextIO", self.replies)

    def getmultiline(self) -> str:
        """Return a reply, which may have several lines."""
        if self.replies is not None:
            self.replies.start_reply()
        return super().getmultiline()

    def usual_port(self, _url: URL) -> int:
        """Return the port of a URL without a port."""
        return _PORT

    def start(self, url: URL) -> None:
        """Do nothing; a subclass prepares the connection here, before the first reply of the server."""

    def makepasv(self) -> tuple[str, int]:
        """Return the address of the data. Raises AddressRefusedError if the server names a private address."""
        try:
            address, port = ftplib.parse229(self.sendcmd("EPSV"), (self.host, self.port))[:2]
        except (ftplib.error_perm, ftplib.error_proto):
            address, port = ftplib.parse227(self.sendcmd("PASV"))
        is_known = address == self.host or self.guard.is_allowed(address, port)
        if not is_known and not is_public(address):
            raise AddressRefusedError(
                f"{self.name} sends the data connection to {address}, which is not a public address"
            )
        return address, port


class _GuardedFtps(_GuardedFtp, ftplib.FTP_TLS):
    """The same client over TLS, with verified certificates: from the start on port 990, after `AUTH TLS` elsewhere."""

    def usual_port(self, _url: URL) -> int:
        """Return the port of implicit TLS."""
        return _IMPLICIT_PORT

    def start(self, url: URL) -> None:
        """Start TLS at once on the port of implicit TLS."""
        if self.sock is not None and (url.port or _IMPLICIT_PORT) == _IMPLICIT_PORT:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.name)

    def auth(self) -> str:
        """Start TLS, with a check of the certificate against the name, not the address."""
        address, self.host = self.host, self.name
        try:
            reply = super().auth()
        finally:
            self.host = address
        self.bound_replies()  # of the encrypted connection, without bytes that came before
        return reply

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection that resumes the TLS session of the control connection, as servers require."""
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(connection, server_hostname=self.name, session=session), size


@contextmanager
def open_ftp(url: URL, guard: Guard, limits: DownloadLimits, stop: threading.Event) -> Iterator[ftplib.FTP]:
    """Connect and log in, anonymously if the URL has no user. Raises AddressRefusedError and the errors of ftplib."""
    ftp = _connection(url, limits)
    ftp.guard, ftp.limits, ftp.stop = guard, limits, stop
    try:
        ftp.connect_to(url)
        if ftp.sock is not None:
            ftp.sock.settimeout(limits.stall_s)
        ftp.login(_text(url.raw_user), _text(url.raw_password))
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        ftp.voidcmd("TYPE I")
        ftp.timeout = limits.stall_s
        yield ftp
    finally:
        ftp.close()


def _connection(url: URL, limits: DownloadLimits) -> _GuardedFtp:
    if url.scheme == "ftps":
        context = ssl.create_default_context()
        return _GuardedFtps(context=context, timeout=limits.connect_s, encoding=_BYTES)
    return _GuardedFtp(timeout=limits.connect_s, encoding=_BYTES)


def _text(raw: str | None) -> str:
    return unquote(raw or "", _BYTES)
