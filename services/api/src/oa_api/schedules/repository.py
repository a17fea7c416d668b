"""The repository of sources, fetched completely at one commit."""

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
from oa_api.schedules.archive import Member, RepositoryError, RepositoryUnavailableError, read_archive, read_folder

_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=15, sock_read=60)
# The archive is on the disk of the service until it is read.
MAX_ARCHIVE_BYTES = 500 * 1024 * 1024
_FORBIDDEN = 403
_SHA_ONLY = "application/vnd.github.sha"
_SHA = re.compile(r"[0-9a-f]{40}")
_GITHUB = re.compile(r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class SourceRepository:
    """The origin of sources: a repository on GitHub with a branch, the URL of an archive, or a folder."""

    address: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class GitHubArchives:
    """The URLs of GitHub's API and of its archives."""

    api: str = "https://api.github.com"
    archives: str = "https://codeload.github.com"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All definitions at one commit; `url` is the page of a definition, with `{path}` for its path."""

    commit: str
    url: str | None
    members: list[Member]


class RepositoryReader:
    """Fetches a repository, from the public internet or from hosts that the settings allow."""

    def __init__(self, allowed_hosts: Iterable[str] = (), *, github: GitHubArchives | None = None) -> None:
        self._allowed_hosts = tuple(allowed_hosts)
        self._github = github or GitHubArchives()

    async def commit_of(self, repository: SourceRepository) -> str | None:
        """Return the newest commit of a branch on GitHub; None where the address is not a repository on GitHub.

        Raises RepositoryError.
        """
        match = _GITHUB.fullmatch(repository.address)
        if match is None:
            return None
        url = f"{self._github.api}/repos/{match['repository']}/commits/{repository.branch or 'HEAD'}"
        body = b"".join([chunk async for chunk in self._download(URL(url), accept=_SHA_ONLY)])
        commit = body.decode("ascii", "replace").strip()
        if not _SHA.fullmatch(commit):
            raise RepositoryError(f"{url} did not return a commit")
        return commit

    async def read(self, repository: SourceRepository, commit: str | None) -> Snapshot:
        """Return all definitions. Raises RepositoryError."""
        folder = _folder(repository.address)
        if folder is not None:
            members = await asyncio.to_thread(read_folder, folder)
            return Snapshot(await asyncio.to_thread(_digest, members), None, members)
        match = _GITHUB.fullmatch(repository.address)
        if match is None:
            return await self._fetch_archive(URL(repository.address), commit=None, url=None)
        name = match["repository"]
        archive = URL(f"{self._github.archives}/{name}/tar.gz/{commit}")
        return await self._fetch_archive(
            archive, commit=commit, url=f"https://github.com/{name}/blob/{commit}/{{path}}"
        )

    async def _fetch_archive(self, archive: URL, *, commit: str | None, url: str | None) -> Snapshot:
        try:
            file: IO[bytes] = await asyncio.to_thread(tempfile.TemporaryFile)
            try:
                async for chunk in self._download(archive):
                    await asyncio.to_thread(file.write, chunk)
                members = await asyncio.to_thread(read_archive, file)
            finally:
                await asyncio.to_thread(file.close)
        except OSError as error:
            raise RepositoryUnavailableError(f"the archive cannot be kept on disk: {error}") from error
        if not commit:
            commit = await asyncio.to_thread(_digest, members)
        return Snapshot(commit, url, members)

    async def _download(self, url: URL, *, accept: str = "*/*") -> AsyncIterator[bytes]:
        """Yield the body at a URL, at most 500 MB. Raises RepositoryError."""
        try:
            async with GitHubHttp(self._allowed_hosts, timeout=_TIMEOUT) as http:
                async for chunk in http.download(url, accept=accept, max_bytes=MAX_ARCHIVE_BYTES):
                    yield chunk
        except GitHubError as error:
            is_temporary = error.retryable or (isinstance(error, GitHubRefusedError) and error.status == _FORBIDDEN)
            raise (RepositoryUnavailableError if is_temporary else RepositoryError)(error.detail) from error


def _folder(address: str) -> Path | None:
    if address.startswith("file://"):
        return Path(unquote(address.removeprefix("file://")))
    return Path(address) if address.startswith("/") else None


def _digest(members: Iterable[Member]) -> str:
    """Return a digest that replaces the commit where there is none; the same definitions have the same digest."""
    digest = hashlib.sha256()
    for member in members:
        body = hashlib.sha256(member.body or b"").hexdigest()
        digest.update(f"{member.path}\0{body}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:40]
