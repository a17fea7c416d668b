"""Which sources differ between two commits, with their definitions before and after."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from oa_api.github.errors import GitHubRefusedError
from oa_api.pull_requests.repository import MAX_FILE_BYTES, Repository
from oa_shared.postgres_json import why_not_storable

_SOURCE = re.compile(r"sources/(?P<name>.+)\.json\Z", re.DOTALL)
_AT_ONCE = 8
_OF_NO_USE = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"the file is larger than {MAX_FILE_BYTES:,} bytes",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "the file is not UTF-8",
}


@dataclass(frozen=True, slots=True)
class SourceChange:
    """A definition that differs: its text at both commits, None where there is none; `problem` says why none of use."""

    path: str
    source_name: str
    before: str | None
    after: str | None
    problem: str = ""


def source_paths(paths: Iterable[str]) -> list[str]:
    """Return the paths that are source definitions, those left out that are no text to speak of."""
    return [path for path in paths if _SOURCE.match(path) and why_not_storable(path) is None]


async def survey(repository: Repository, paths: Iterable[str], *, base: str, head: str) -> list[SourceChange]:
    """Return the definitions among `paths` as they are at both commits, in order. Raises GitHubError."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(path: str) -> SourceChange:
        async with slots:
            before, _ = await _text(repository, path, base)
            after, problem = await _text(repository, path, head)
        return SourceChange(path, path[len("sources/") : -len(".json")], before, after, problem)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(path)) for path in source_paths(paths)]
    return [task.result() for task in tasks]


async def _text(repository: Repository, path: str, commit: str) -> tuple[str | None, str]:
    try:
        return await repository.file(path, commit), ""
    except GitHubRefusedError as error:
        for status, reason in _OF_NO_USE.items():
            if error.status == status:
                return None, reason
        raise
