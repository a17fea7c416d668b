"""The source definitions that differ between two commits, before and after."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from oa_api.github.errors import GitHubRefusedError
from oa_api.pull_requests.repository import MAX_FILE_BYTES, Repository
from oa_shared.carriers import why_not_name

_SOURCE = re.compile(r"sources/(?P<name>.+)\.json\Z", re.DOTALL)
# Each holds two texts of up to 2 MB.
_CONCURRENT_READS = 4
_UNREADABLE = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"the file is larger than {MAX_FILE_BYTES:,} bytes",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the file is not UTF-8",
}


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A definition that differs: its text at both commits, None where it does not exist.

    `problem` is the reason for which the new text cannot be read.
    """

    path: str
    source_name: str
    before: str | None
    after: str | None
    problem: str = ""


def source_paths(paths: Iterable[str]) -> list[str]:
    """Return the paths of source definitions, without those that cannot be the name of a source."""
    matches = [match for path in paths if (match := _SOURCE.match(path))]
    return [match[0] for match in matches if why_not_name(match["name"]) is None]


async def read_changes(
    repository: Repository, paths: Iterable[str], *, base: str, head: str
) -> AsyncGenerator[SourceChange, None]:
    """Yield the definitions among `paths` at both commits, in order; a few are read ahead. Raises GitHubError."""

    async def read_change(path: str) -> SourceChange:
        before, _ = await _read_text(repository, path, base)
        after, problem = await _read_text(repository, path, head)
        return SourceChange(path, path[len("sources/") : -len(".json")], before, after, problem)

    waiting = deque(source_paths(paths))
    reads: deque[asyncio.Task[SourceChange]] = deque()
    try:
        while waiting or reads:
            while waiting and len(reads) < _CONCURRENT_READS:
                reads.append(asyncio.create_task(read_change(waiting.popleft())))
            yield await reads[0]
            reads.popleft()
    finally:
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)


async def _read_text(repository: Repository, path: str, commit: str) -> tuple[str | None, str]:
    """Return the text of a file, or None; and why it cannot be read, if so."""
    try:
        return await repository.file(path, commit), ""
    except GitHubRefusedError as error:
        for status, reason in _UNREADABLE.items():
            if error.status == status:
                return None, reason
        raise
