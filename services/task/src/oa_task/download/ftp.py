"""One file over FTP or FTPS: continued after a drop, its size verified. ftplib blocks, so it runs in a thread."""

import asyncio
import ftplib
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

from yarl import URL

from oa_shared.public_http import AddressRefusedError, Guard
from oa_task.download.downloaded_file import DownloadedFile, file_name, without_login
from oa_task.download.guarded_ftp import open_ftp
from oa_task.download.limits import DownloadLimits
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import TransientError
from oa_task.results.checksums import sha256_of
from oa_task.runtime.failure import DISK_FULL, TaskFailure

SCHEMES = frozenset({"ftp", "ftps"})
_CHUNK_BYTES = 1 << 18
_NO_LOGIN = frozenset({"430", "530", "532"})
_TOO_MANY = "421"
_PERMANENT = "5"
Told = Callable[[int, int | None], None]


_Version = tuple[int | None, str | None]


class FtpDownload:
    """Fetches one address."""

    def __init__(self, guard: Guard, limits: DownloadLimits) -> None:
        self._guard = guard
        self._limits = limits

    async def fetch(
        self, address: str, folder: Path, told: Told, *, stored: PreviousDownload | None = None
    ) -> DownloadedFile:
        """Save the file in `folder`; `told` hears of bytes done and announced. Raises TaskFailure."""
        url = _checked(address)
        path = folder / file_name(url)
        known = stored if stored and stored.url == without_login(url) else None
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + self._limits.total_s

        def tell(done: int, total: int | None) -> None:
            loop.call_soon_threadsafe(told, done, total)

        version: list[_Version] = []
        for attempt in range(1, self._limits.tries + 1):
            session = _Session(url, self._guard, self._limits, deadline, version)
            try:
                return await self._once(session, path, tell, stored=known)
            except TransientError as trouble:
                if attempt == self._limits.tries:
                    raise trouble.failure from trouble
                await asyncio.sleep(self._limits.pause_s(attempt, trouble.retry_after_s))
        raise TaskFailure("bug.crash", "no tries are allowed")

    async def _once(
        self, session: "_Session", path: Path, tell: Told, *, stored: PreviousDownload | None
    ) -> DownloadedFile:
        running = asyncio.create_task(asyncio.to_thread(session.fetch, path, tell, stored))
        try:
            found = await asyncio.shield(running)
        except asyncio.CancelledError:
            session.close()
            await asyncio.wait([running])
            raise
        if found is None and stored is not None:
            return await stored.restored(path.parent, path.name)
        if found is None:
            raise TaskFailure("bug.crash", "nothing was fetched and nothing is stored")
        return found


class _Session:
    """One control connection and what is fetched over it; everything in here blocks."""

    def __init__(
        self, url: URL, guard: Guard, limits: DownloadLimits, deadline_s: float, version: list[_Version]
    ) -> None:
        self._url = url
        self._where = without_login(url)
        self._guard = guard
        self._limits = limits
        self._deadline_s = deadline_s
        self._version = version
        self._ftp: ftplib.FTP | None = None

    def close(self) -> None:
        """End whatever is going on."""
        if self._ftp is not None and self._ftp.sock is not None:
            self._ftp.sock.close()

    def fetch(self, path: Path, tell: Told, stored: PreviousDownload | None) -> DownloadedFile | None:
        """Save the file, from where an earlier try left it. None when the stored copy is the same.

        Raises Trouble, or TaskFailure source.*.
        """
        try:
            with open_ftp(self._url, self._guard, self._limits) as self._ftp:
                name = unquote(self._url.raw_path[1:], "latin-1")
                size, changed = version = _size(self._ftp, name), _changed(self._ftp, name)
                if stored and stored.conditions() and _is_same(stored, size, changed):
                    return None
                is_begun = self._version == [version] and path.exists()
                self._version[:] = [version]
                self._save(name, path, tell, size=size, have=path.stat().st_size if is_begun else 0)
        except AddressRefusedError as error:
            raise TaskFailure("source.address_refused", error.detail) from error
        except TimeoutError as error:
            raise TransientError("upstream.timeout", f"{self._where} was silent for too long") from error
        except ftplib.Error as error:
            _raise_reply(error, self._where)
        except (OSError, EOFError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise
            raise TransientError("upstream.connection", f"{self._where}: {type(error).__name__}: {error}") from error
        return DownloadedFile(path, self._where, path.stat().st_size, sha256_of(path), None, changed)

    def _save(self, name: str, path: Path, tell: Told, *, size: int | None, have: int) -> None:
        if (size or 0) > self._limits.size_bytes:
            raise TaskFailure("source.too_large", f"{self._where} has {size:,} bytes")
        connection, done = self._retrieve(name, have)
        with connection, path.open("ab" if done else "wb") as file:
            while chunk := connection.recv(_CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                self._check(done)
                tell(done, size)
        if size is not None and done != size:
            if done > size:
                path.unlink()
            raise TransientError("upstream.truncated", f"{self._where}: {done:,} of {size:,} bytes came")
        if self._ftp is not None:
            self._ftp.voidresp()

    def _retrieve(self, name: str, have: int) -> tuple[socket.socket, int]:
        """Begin a transfer, from the start where the server cannot continue; return it and where it begins."""
        ftp = self._ftp
        if ftp is None:
            raise TaskFailure("bug.crash", "there is no connection")
        if have:
            try:
                return ftp.transfercmd(f"RETR {name}", have), have
            except ftplib.error_perm as error:
                if _code(error) in _NO_LOGIN | {"550"}:
                    raise
        return ftp.transfercmd(f"RETR {name}"), 0

    def _check(self, done: int) -> None:
        if done > self._limits.size_bytes:
            raise TaskFailure("source.too_large", f"{self._where} is larger than {self._limits.size_bytes:,} bytes")
        if time.monotonic() > self._deadline_s:
            raise TaskFailure("upstream.timeout", f"{self._where} took more than {self._limits.total_s:g} s")


def _size(ftp: ftplib.FTP, name: str) -> int | None:
    try:
        return ftp.size(name)
    except ftplib.error_perm:
        return None


def _changed(ftp: ftplib.FTP, name: str) -> str | None:
    """Return when the file was last changed, as HTTP writes it; None where the server does not tell."""
    try:
        text = ftp.voidcmd(f"MDTM {name}")[4:18]
        return format_datetime(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC), usegmt=True)
    except (ftplib.error_perm, ValueError):
        return None


def _is_same(stored: PreviousDownload, size: int | None, changed: str | None) -> bool:
    return changed is not None and changed == stored.last_modified and size == stored.about.get("bytes")


def _code(error: Exception) -> str:
    """Return the three digits of a reply."""
    return str(error)[:3]


def _raise_reply(error: Exception, where: str) -> NoReturn:
    """Raise what a reply of the server means by its digits."""
    code = _code(error)
    text = f"{where}: the server replied {str(error)[:200]}"
    if code in _NO_LOGIN:
        raise TaskFailure("source.token_required", text) from error
    if code == _TOO_MANY:
        raise TransientError("upstream.throttled", text) from error
    if code.startswith(_PERMANENT):
        raise TaskFailure("source.not_found", text) from error
    raise TransientError("upstream.connection", text) from error


def _checked(address: str) -> URL:
    try:
        url = URL(address.strip())
    except ValueError as error:
        raise TaskFailure("source.schema", f"{address[:200]!r} is not an address: {error}") from error
    if not url.host or url.path in {"", "/"}:
        raise TaskFailure("source.schema", f"{address[:200]!r} names no host and file")
    if any(mark in unquote(part or "") for part in (url.raw_path, url.raw_user, url.raw_password) for mark in "\r\n\0"):
        raise TaskFailure("source.schema", f"{without_login(url)[:200]!r} has a line end in it")
    return url
