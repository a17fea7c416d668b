"""Comparing all datasets of two systems, some at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import islice

from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.shadow.comparison import DatasetComparison, SideResult, compare
from oa_cli.shadow.content import FileContent, UnreadableContentError
from oa_cli.shadow.lines import GzipLines
from oa_cli.shadow.sides import DatasetKey, Downloads, ShadowSide, SideDataset

_TRIES = 2


class ShadowSession:
    """Two systems; with `is_quick`, only what they state is compared, without their files."""

    def __init__(self, theirs: ShadowSide, ours: ShadowSide, downloads: Downloads, *, is_quick: bool) -> None:
        self._theirs = theirs
        self._ours = ours
        self._downloads = downloads
        self._is_quick = is_quick

    async def compare_all(self, source: str | None, *, at_once: int) -> AsyncIterator[tuple[int, DatasetComparison]]:
        """Yield each comparison as it ends, with the number of datasets. Raises UnreachableError, RejectedError."""
        theirs, ours = await asyncio.gather(self._theirs.datasets(source), self._ours.datasets(source))
        keys = iter(sorted(theirs | ours))
        total = len(theirs | ours)
        running: set[asyncio.Task[DatasetComparison]] = set()
        try:
            while True:
                for key in islice(keys, at_once - len(running)):
                    running.add(asyncio.create_task(self._compare(key, theirs.get(key), ours.get(key))))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield total, task.result()
        finally:
            for task in running:
                task.cancel()

    async def _compare(
        self, key: DatasetKey, theirs: SideDataset | None, ours: SideDataset | None
    ) -> DatasetComparison:
        if theirs is None or ours is None:
            one = None if theirs is None else SideResult(theirs)
            return compare(key, one, None if ours is None else SideResult(ours))
        results = await asyncio.gather(self._read(self._theirs, theirs), self._read(self._ours, ours))
        return compare(key, *results)

    async def _read(self, side: ShadowSide, dataset: SideDataset) -> SideResult:
        try:
            if self._is_quick:
                return SideResult(await side.facts(dataset))
            if dataset.file_url is None:
                return SideResult(dataset, error=f"job {dataset.job} has no file of features")
            return SideResult(dataset, await self._read_file(dataset.file_url))
        except (RejectedError, UnreachableError) as error:
            return SideResult(dataset, error=error.detail)
        except UnreadableContentError as error:
            return SideResult(dataset, error=f"{dataset.file_url}: {error}")

    async def _read_file(self, url: str) -> FileContent:
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._read_once(url)
            except UnreachableError:
                if attempt == _TRIES:
                    raise
        raise UnreachableError(url)

    async def _read_once(self, url: str) -> FileContent:
        content, lines = FileContent(), GzipLines()
        async for chunk in self._downloads.chunks(url):
            await asyncio.to_thread(_add_lines, content, lines.feed(chunk))
        _add_lines(content, lines.end())
        return content


def _add_lines(content: FileContent, lines: Iterable[bytes]) -> None:
    for line in lines:
        content.add_line(line)
