"""The definitions of imported jobs: from a clone of the repository of sources, or built from the license of the job.

A job there has only the URL of its definition, which names a commit and a path. A definition that the clone does not
have is replaced by one with the entry's name and license and no data, so that a rerun of the job fails with a reason.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from oa_api.jobs.planning import host_of
from oa_shared.errors import OaError
from oa_shared.licenses import License, license_of, normalize_license
from oa_shared.postgres_json import why_not_storable
from oa_shared.scheduling import Tier
from oa_shared.source_definition import entries, validate_definition

_URL = re.compile(
    r"https://(?:raw\.githubusercontent\.com/[\w.-]+/[\w.-]+|github\.com/[\w.-]+/[\w.-]+/(?:raw|blob))"
    r"/(?P<commit>[0-9a-f]{40})/(?P<path>[^\s?#]+)\Z"
)
_MAX_BYTES = 2 * 1024 * 1024
_NOTE = "Imported without its definition: the clone of the repository does not have it."


class CloneError(OaError):
    """The clone of the repository of sources cannot be read."""

    code = "import.clone"
    title = "The clone of the repository cannot be read."


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """The definition of a job with its digest, and what the job takes from it."""

    text: str
    sha256: str
    tier: Tier
    host: str | None
    license: License | None
    adaptations: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class EntryName:
    """The entry of a job, and the license that the job itself states."""

    layer: str
    name: str
    stated_license: object


class Clone:
    """A clone of the repository of sources, read by one `git cat-file` process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._git: asyncio.subprocess.Process | None = None
        self._last: tuple[str, str | None] = ("", None)

    async def __aenter__(self) -> Self:
        """Start git. Raises CloneError."""
        command = ("git", "--no-replace-objects", "-C", str(self._folder), "cat-file", "--batch")
        pipe = asyncio.subprocess.PIPE
        try:
            self._git = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=_MAX_BYTES)
        except OSError as error:
            raise CloneError(f"git cannot be started: {error}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """End git."""
        if self._git is not None and self._git.stdin is not None:
            self._git.stdin.close()
            await self._git.wait()

    async def read(self, url: str) -> str | None:
        """Return the file that a URL of GitHub names by its commit; None if the clone does not have it.

        The jobs of one definition follow each other, so the last file is kept. Raises CloneError if git ends.
        """
        if self._last[0] != url:
            self._last = (url, await self._read(url))
        return self._last[1]

    async def _read(self, url: str) -> str | None:
        match = _URL.match(url)
        if match is None or self._git is None or self._git.stdin is None or self._git.stdout is None:
            return None
        self._git.stdin.write(f"{match['commit']}:{match['path']}\n".encode())
        try:
            await self._git.stdin.drain()
            head = (await self._git.stdout.readline()).split()
            if not head:
                raise CloneError(f"git ended while it read {self._folder}: is it a clone of a repository?")
            if len(head) != len(("oid", "type", "size")) or not head[2].isdigit():
                return None
            body = (await self._git.stdout.readexactly(int(head[2]) + 1))[:-1]
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise CloneError(f"git ended while it read {self._folder}") from error
        is_text = head[1] == b"blob" and len(body) <= _MAX_BYTES
        return body.decode("utf-8-sig", "replace") if is_text else None


async def find_definition(clone: Clone | None, url: str | None, entry: EntryName) -> JobDefinition:
    """Return the definition of a job."""
    text = await clone.read(url) if clone is not None and url else None
    if text is None:
        return _made_definition(entry, f"its definition {url!r:.200} is not in the clone" if clone is not None else "")
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return _made_definition(entry, "its definition is not JSON")
    if not isinstance(decoded, dict) or why_not_storable(decoded) or validate_definition(decoded):
        return _made_definition(entry, "its definition is not valid, so it is stored without it")
    found = next((e for e in entries(decoded) if (e.layer, e.name) == (entry.layer, entry.name)), None)
    tier, host = (found.tier, host_of(found)) if found is not None else (Tier.STANDARD, None)
    license_ = _license(entry) or license_of(decoded, entry.layer, entry.name)
    return JobDefinition(text, _sha256(text), tier, host, license_)


def _made_definition(entry: EntryName, reason: str) -> JobDefinition:
    """Return a definition with the name and the license of the entry alone."""
    body: dict[str, object] = {"name": entry.name}
    if isinstance(entry.stated_license, Mapping) and why_not_storable(entry.stated_license) is None:
        body["license"] = entry.stated_license
    definition = {"schema": 2, "coverage": {}, "note": _NOTE, "layers": {entry.layer: [body]}}
    text = json.dumps(definition, ensure_ascii=False, sort_keys=True)
    return JobDefinition(text, _sha256(text), Tier.STANDARD, None, _license(entry), [reason] if reason else [])


def _license(entry: EntryName) -> License | None:
    return normalize_license(entry.stated_license) if why_not_storable(entry.stated_license) is None else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
