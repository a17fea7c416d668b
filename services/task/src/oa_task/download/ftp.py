"""Download of a file over FTP or FTPS, with resumption after a drop and a check of the size.

ftplib blocks, so it runs in a thread.
"""

import asyncio
import contextlib
import ftplib
import socket
import ssl
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

from yarl import URL

from oa_shared.public_http import AddressRefusedError, Guard
from oa_task.download.attempts import TransientError, with_attempts
from oa_task.download.downloaded_file import DownloadedFile, file_name, without_login
from oa_task.download.ftp_replies import ReplyTooLongError
from oa_task.download.guarded_ftp import open_ftp
from oa_task.download.limits import DownloadLimits, OnProgress
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.validators import settled_time
from oa_task.results.checksums import sha256_of
from oa_task.runtime.failure import DISK_FULL, TaskFailure

SCHEMES = frozenset({"ftp", "ftps"})
_CHUNK_BYTES = 1 << 18
_NO_LOGIN = frozenset({"430", "530", "532"})
_TOO_MANY_USERS = "421"
_PERMANENT = "5"
_Version = tuple[int | None, str | None]


class FtpDownload:
    """Downloads one URL."""

    def __init__(self, guard: Guard, limits: DownloadLimits) -> None:
        self._guard = guard
        self._limits = limits

    async def fetch(
        self, address: str, folder: Path, on_progress: OnProgress, *, stored: PreviousDownload | None = None
    ) -> DownloadedFile:
        """Save the file in `folder`; report the bytes done and announced to `on_progress`. Raises TaskFailure."""
        url = _parse_url(address)
        path = folder / file_name(url)
        same_url = stored if stored and stored.url == without_login(url) else None
        loop = asyncio.get_running_loop()

        def report(done: int, total: int | None) -> None:
            loop.call_soon_threadsafe(on_progress, done, total)

        version: list[_Version] = []

        async def attempt() -> DownloadedFile:
            session = _Session(url, self._guard, self._limits, version)
            return await self._once(session, path, report, stored=same_url)

        try:
            async with asyncio.timeout(self._limits.total_s):
                return await with_attempts(attempt, self._limits)
        except TimeoutError as error:
            text = f"{without_login(url)} took longer than {self._limits.total_s:g} s"
            raise TaskFailure("upstream.timeout", text) from error

    async def _once(
        self, session: "_Session", path: Path, report: OnProgress, *, stored: PreviousDownload | None
    ) -> DownloadedFile:
        running = asyncio.create_task(asyncio.to_thread(session.fetch, path, report, stored))
        try:
            downloaded = await asyncio.shield(running)
        except asyncio.CancelledError:
            session.close()
            await asyncio.gather(running, return_exceptions=True)
            raise
        if downloaded is None and stored is not None:
            return await stored.restore(path.parent, path.name)
        if downloaded is None:
            raise TaskFailure("bug.crash", "the FTP session returned no file, and no stored copy exists")
        return downloaded


class _Session:
    """One control connection and the transfers over it; all methods block."""

    def __init__(self, url: URL, guard: Guard, limits: DownloadLimits, version: list[_Version]) -> None:
        self._url = url
        self._where = without_login(url)
        self._guard = guard
        self._limits = limits
        self._version = version
        self._ftp: ftplib.FTP | None = None
        self._data: socket.socket | None = None
        self._stop = threading.Event()

    def close(self) -> None:
        """End the session from another thread: shut down its connections, which wakes a blocked read."""
        self._stop.set()
        for connection in (self._data, self._ftp.sock if self._ftp else None):
            if connection is not None:
                with contextlib.suppress(OSError):  # already closed
                    connection.shutdown(socket.SHUT_RDWR)

    def fetch(self, path: Path, report: OnProgress, stored: PreviousDownload | None) -> DownloadedFile | None:
        """Save the file, continuing an earlier attempt; return None if the stored copy is the same version.

        Raises TransientError, or TaskFailure source.*.
        """
        try:
            with open_ftp(self._url, self._guard, self._limits, self._stop) as self._ftp:
                name = unquote(self._url.raw_path[1:], "latin-1")
                size, modified = version = _size(self._ftp, name), _last_modified(self._ftp, name)
                if stored and stored.conditions() and _is_same(stored, size, modified):
                    return None
                can_resume = self._version == [version] and path.exists()
                self._version[:] = [version]
                self._save(name, path, report, size=size, offset=path.stat().st_size if can_resume else 0)
        except AddressRefusedError as error:
            raise TaskFailure("source.address_refused", error.detail) from error
        except ReplyTooLongError as error:
            raise TaskFailure("upstream.connection", f"{self._where}: {error}") from error
        except ssl.SSLCertVerificationError as error:
            text = f"{self._where}: the certificate of the server is not valid: {error.verify_message}"
            raise TaskFailure("source.certificate", text) from error
        except TimeoutError as error:
            raise TransientError("upstream.timeout", f"{self._where} stopped responding") from error
        except ftplib.Error as error:
            _raise_reply(error, self._where, may_quote=self._guard.may_quote(self._url))
        except (OSError, EOFError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            raise TransientError("upstream.connection", f"{self._where}: {type(error).__name__}: {error}") from error
        return DownloadedFile(path, self._where, path.stat().st_size, sha256_of(path), None, settled_time(modified))

    def _save(self, name: str, path: Path, report: OnProgress, *, size: int | None, offset: int) -> None:
        if (size or 0) > self._limits.size_bytes:
            text = f"{self._where} has {size:,} bytes; the limit is {self._limits.size_bytes:,}"
            raise TaskFailure("source.too_large", text)
        connection, done = self._retrieve(name, offset)
        self._data = connection
        with connection, path.open("ab" if done else "wb") as file:
            while chunk := connection.recv(_CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                self._check(done)
                report(done, size)
        if size is not None and done != size:
            if done > size:
                path.unlink()
            raise TransientError("upstream.truncated", f"{self._where} sent {done:,} of {size:,} bytes")
        if self._ftp is not None:
            self._ftp.voidresp()

    def _retrieve(self, name: str, offset: int) -> tuple[socket.socket, int]:
        """Start a transfer at the offset, or at 0 if the server cannot resume; return the connection and the offset."""
        ftp = self._ftp
        if ftp is None:
            raise TaskFailure("bug.crash", "the control connection is not open")
        if offset:
            try:
                return ftp.transfercmd(f"RETR {name}", offset), offset
            except ftplib.error_perm as error:
                if _code(error) in _NO_LOGIN | {"550"}:
                    raise
        return ftp.transfercmd(f"RETR {name}"), 0

    def _check(self, done: int) -> None:
        if done > self._limits.size_bytes:
            raise TaskFailure(
                "source.too_large", f"{self._where} has more bytes than the limit of {self._limits.size_bytes:,}"
            )
        if self._stop.is_set():
            raise ConnectionAbortedError("the download was canceled")


def _size(ftp: ftplib.FTP, name: str) -> int | None:
    try:
        return ftp.size(name)
    except ftplib.error_perm:
        return None


def _last_modified(ftp: ftplib.FTP, name: str) -> str | None:
    """Return the time of the last change in the format of HTTP, None if the server does not report it."""
    try:
        text = ftp.voidcmd(f"MDTM {name}")[4:18]
        return format_datetime(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC), usegmt=True)
    except (ftplib.error_perm, ValueError):
        return None


def _is_same(stored: PreviousDownload, size: int | None, modified: str | None) -> bool:
    return modified is not None and modified == stored.last_modified and size == stored.record.get("bytes")


def _code(error: Exception) -> str:
    """Return the three digits of a reply."""
    return str(error)[:3]


def _raise_reply(error: Exception, where: str, *, may_quote: bool) -> NoReturn:
    """Raise the failure that the digits of a reply stand for."""
    code = _code(error)
    text = f"{where}: the server replied {str(error)[:200] if may_quote else code}"
    if code in _NO_LOGIN:
        raise TaskFailure("source.token_required", text) from error
    if code == _TOO_MANY_USERS:
        raise TransientError("upstream.throttled", text) from error
    if code.startswith(_PERMANENT):
        raise TaskFailure("source.not_found", text) from error
    raise TransientError("upstream.connection", text) from error


def _parse_url(address: str) -> URL:
    try:
        url = URL(address.strip())
    except ValueError as error:
        raise TaskFailure("source.schema", f"{address[:200]!r} is not a valid URL: {error}") from error
    if not url.host or url.path in {"", "/"}:
        raise TaskFailure("source.schema", f"{address[:200]!r} has no host or no file")
    if any(mark in unquote(part or "") for part in (url.raw_path, url.raw_user, url.raw_password) for mark in "\r\n\0"):
        raise TaskFailure("source.schema", f"{without_login(url)[:200]!r} contains a line end or NUL character")
    return url
