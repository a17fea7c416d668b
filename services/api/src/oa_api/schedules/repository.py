"""The repository of sources, fetched whole at one commit."""

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

import aiohttp
from yarl import URL

from oa_api.schedules.archive import Member, RepositoryAwayError, RepositoryError, read_archive, read_folder
from oa_shared.public_http import AddressRefusedError, Guard, public_session

_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=15, sock_read=60)
_MAX_REDIRECTS = 3
_MAX_ARCHIVE_BYTES = 500 * 1024 * 1024
_CHUNK_BYTES = 1 << 18
_OK, _SERVER_FAULT, _TOO_MANY, _FORBIDDEN = 200, 500, 429, 403
_SHA_ONLY = "application/vnd.github.sha"
_SHA = re.compile(r"[0-9a-f]{40}")
_GITHUB = re.compile(r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class Repository:
    """Where sources come from: a repository on GitHub and a branch, the URL of an archive, or a folder."""

    address: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class GitHubArchives:
    """Where GitHub tells commits and gives archives."""

    api: str = "https://api.github.com"
    archives: str = "https://codeload.github.com"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All definitions at one commit; `url` is where a person finds one, with `{path}` in it."""

    commit: str
    url: str | None
    members: list[Member]


class RepositoryReader:
    """Fetches a repository; only from the public internet, or from hosts that were opened by name."""

    def __init__(self, allowed_hosts: Iterable[str] = (), *, github: GitHubArchives | None = None) -> None:
        self._guard = Guard(allowed_hosts)
        self._github = github or GitHubArchives()

    async def commit_of(self, repository: Repository) -> str | None:
        """Return the commit that a branch on GitHub stands at; None where the address is not one of a repository there.

        Raises RepositoryError.
        """
        match = _GITHUB.fullmatch(repository.address)
        if match is None:
            return None
        url = f"{self._github.api}/repos/{match['repository']}/commits/{repository.branch or 'HEAD'}"
        async with self._session() as session:
            body = b"".join([chunk async for chunk in self._chunks(session, URL(url), accept=_SHA_ONLY)])
        commit = body.decode("ascii", "replace").strip()
        if not _SHA.fullmatch(commit):
            raise RepositoryError(f"{url} names no commit")
        return commit

    async def read(self, repository: Repository, commit: str | None) -> Snapshot:
        """Return all definitions. Raises RepositoryError."""
        folder = _folder(repository.address)
        if folder is not None:
            members = await asyncio.to_thread(read_folder, folder)
            return Snapshot(_digest(members), None, members)
        match = _GITHUB.fullmatch(repository.address)
        if match is None:
            return await self._fetched(URL(repository.address), commit=None, url=None)
        name = match["repository"]
        archive = URL(f"{self._github.archives}/{name}/tar.gz/{commit}")
        return await self._fetched(archive, commit=commit, url=f"https://github.com/{name}/blob/{commit}/{{path}}")

    async def _fetched(self, archive: URL, *, commit: str | None, url: str | None) -> Snapshot:
        file: IO[bytes] = await asyncio.to_thread(tempfile.TemporaryFile)
        try:
            async with self._session() as session:
                async for chunk in self._chunks(session, archive):
                    await asyncio.to_thread(file.write, chunk)
            members = await asyncio.to_thread(read_archive, file)
        finally:
            await asyncio.to_thread(file.close)
        return Snapshot(commit or _digest(members), url, members)

    def _session(self) -> aiohttp.ClientSession:
        return public_session(self._guard, timeout=_TIMEOUT, headers={"User-Agent": "openaddresses-batch"})

    async def _chunks(self, session: aiohttp.ClientSession, url: URL, *, accept: str = "*/*") -> AsyncIterator[bytes]:
        """Give the body at an address, following a few redirects, at most 500 MB."""
        total_bytes = 0
        try:
            async with await self._answered(session, url, accept) as response:
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    total_bytes += len(chunk)
                    if total_bytes > _MAX_ARCHIVE_BYTES:
                        raise RepositoryError(f"{url} has more than {_MAX_ARCHIVE_BYTES:,} bytes")
                    yield chunk
        except AddressRefusedError as error:
            raise RepositoryError(error.detail) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RepositoryAwayError(f"{url}: {type(error).__name__}") from error

    async def _answered(self, session: aiohttp.ClientSession, url: URL, accept: str) -> aiohttp.ClientResponse:
        for _ in range(_MAX_REDIRECTS + 1):
            self._guard.check(url)
            response = await session.get(url, allow_redirects=False, headers={"Accept": accept})
            if response.status not in {301, 302, 303, 307, 308}:
                return _taken(response)
            response.close()
            url = url.join(URL(response.headers.get("Location", "")))
        raise RepositoryError(f"more than {_MAX_REDIRECTS} redirects to {url}")


def _taken(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if response.status == _OK:
        return response
    response.close()
    is_passing = response.status >= _SERVER_FAULT or response.status in {_TOO_MANY, _FORBIDDEN}
    kind = RepositoryAwayError if is_passing else RepositoryError
    raise kind(f"{response.url} answered {response.status}")


def _folder(address: str) -> Path | None:
    if address.startswith("file://"):
        return Path(unquote(address.removeprefix("file://")))
    return Path(address) if address.startswith("/") else None


def _digest(members: Iterable[Member]) -> str:
    """Return what stands for a commit where there is none: the same definitions have the same."""
    digest = hashlib.sha256()
    for member in members:
        body = hashlib.sha256(member.body or b"").hexdigest()
        digest.update(f"{member.path}\0{body}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:40]
