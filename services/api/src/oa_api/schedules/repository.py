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

from oa_api.github.errors import GitHubError, GitHubRefusedError
from oa_api.github.http import GitHubHttp
from oa_api.schedules.archive import Member, RepositoryAwayError, RepositoryError, read_archive, read_folder

_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=15, sock_read=60)
_MAX_ARCHIVE_BYTES = 500 * 1024 * 1024
_FORBIDDEN = 403
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
        self._allowed_hosts = tuple(allowed_hosts)
        self._github = github or GitHubArchives()

    async def commit_of(self, repository: Repository) -> str | None:
        """Return the commit that a branch on GitHub stands at; None where the address is not one of a repository there.

        Raises RepositoryError.
        """
        match = _GITHUB.fullmatch(repository.address)
        if match is None:
            return None
        url = f"{self._github.api}/repos/{match['repository']}/commits/{repository.branch or 'HEAD'}"
        body = b"".join([chunk async for chunk in self._download(URL(url), accept=_SHA_ONLY)])
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
            async for chunk in self._download(archive):
                await asyncio.to_thread(file.write, chunk)
            members = await asyncio.to_thread(read_archive, file)
        finally:
            await asyncio.to_thread(file.close)
        return Snapshot(commit or _digest(members), url, members)

    async def _download(self, url: URL, *, accept: str = "*/*") -> AsyncIterator[bytes]:
        """Yield the body at a URL, at most 500 MB. Raises RepositoryError."""
        try:
            async with GitHubHttp(self._allowed_hosts, timeout=_TIMEOUT) as http:
                async for chunk in http.download(url, accept=accept, max_bytes=_MAX_ARCHIVE_BYTES):
                    yield chunk
        except GitHubError as error:
            is_passing = error.retryable or (isinstance(error, GitHubRefusedError) and error.status == _FORBIDDEN)
            raise (RepositoryAwayError if is_passing else RepositoryError)(error.detail) from error


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
