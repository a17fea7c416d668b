"""Download of a layer: tries the paging strategies until it has all features that the server announces."""

import asyncio
from collections.abc import Collection
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

import structlog

from oa_shared.json_types import JsonObject
from oa_shared.public_http import Guard
from oa_shared.value_text import plural
from oa_task.download.attempts import TransientError
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.condition import count_all, replace_refused
from oa_task.download.esri.dialect import Dialect
from oa_task.download.esri.download_warnings import download_warnings
from oa_task.download.esri.edition import edition, restore_edition
from oa_task.download.esri.feature_lines import FILE_NAME, EsriLinesFile, RepeatedIdsError
from oa_task.download.esri.feature_spool import FeatureSpool
from oa_task.download.esri.layer import count_features, read_layer
from oa_task.download.esri.missing_features import append_missing
from oa_task.download.esri.page import EsriPage, PageSize, parse_page
from oa_task.download.esri.page_ranges import IdList, Overlap, PagingStrategy
from oa_task.download.esri.page_scheduler import PageScheduler
from oa_task.download.esri.paging_strategies import PagingTask, paging_strategies
from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits, OnProgress
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import open_requests
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.gather import gather_first_error

log = structlog.get_logger()
_SPOOL_NAME = "pass.jsonl"
_MAX_EXCESS = 10  # times the count, of features in one pass


class EsriDownload:
    """Downloads one layer to one file of lines."""

    def __init__(self, guard: Guard, limits: DownloadLimits, headers: dict[str, str], columns: Collection[str]) -> None:
        self._guard = guard
        self._limits = limits
        self._headers = headers
        self._columns = columns

    async def fetch(
        self, address: str, folder: Path, on_progress: OnProgress, *, stored: PreviousDownload | None = None
    ) -> DownloadedFile:
        """Save the features in `folder`; report the features done and announced to `on_progress`.

        If the layer reports its last edit, and this time, the count and the query equal those of `stored`, the stored
        file takes the place of a download. The file grows while others read it; only the end marker completes it.
        Raises TaskFailure.
        """
        try:
            async with (
                asyncio.timeout(self._limits.total_s),
                open_requests(self._guard, self._limits, self._headers) as requests,
            ):
                client = EsriClient(requests, address, throttle=Throttle(self._limits), limits=self._limits)
                return await _Fetching(client, self._limits, self._columns, on_progress).run(folder / FILE_NAME, stored)
        except TimeoutError as error:
            raise TaskFailure("upstream.timeout", f"{address} took longer than {self._limits.total_s:g} s") from error


class _Pages(Protocol):
    """What a pass writes to."""

    count: int
    repeats: int

    def write(self, page: EsriPage) -> int:
        """Add the new features of a page and return their number."""


class _Fetching:
    """The state of one download.

    A pass is one paging strategy over the whole layer; passes never mix, because object IDs may prove worthless. The
    first pass goes to the file that a reader follows. Each later one goes to a spool; when one is complete, the file
    gets the features that it lacks.
    """

    def __init__(
        self, client: EsriClient, limits: DownloadLimits, columns: Collection[str], on_progress: OnProgress
    ) -> None:
        self._client = client
        self._limits = limits
        self._columns = columns
        self._on_progress = on_progress
        self._repeats = 0

    async def run(self, path: Path, stored: PreviousDownload | None) -> DownloadedFile:
        layer, counted = await gather_first_error(read_layer(self._client), count_all(self._client))
        if counted.is_refused:
            counted = await replace_refused(self._client, counted, layer.oid_field)
        count = counted.count
        log.info("layer_found", layer=layer.name, count=count, page=layer.most_features, fields=len(layer.fields))
        restored = await restore_edition(stored, edition(layer, count, self._columns), self._client.url, path)
        if restored is not None:
            return restored
        self._count = self._expected = count
        self._condition = counted.condition
        self._layer = layer
        self._most = min(self._limits.page_features, layer.most_features or self._limits.page_features)
        self._dialect = Dialect(layer, self._columns)
        header: JsonObject = {"url": self._client.url, "layer": layer.name, "fields": layer.fields, "count": count}
        with EsriLinesFile(path, header, most_bytes=self._limits.size_bytes) as lines:
            self._lines = lines
            if count != 0:
                await self._fetch_features()
            digest = lines.end(list(download_warnings(self._client, lines.count, self._count)))
        return DownloadedFile(path, self._client.url, lines.size_bytes, digest, self._etag(), None)

    async def _fetch_features(self) -> None:
        """Try one paging strategy after the other; start again if object IDs do not identify features.

        Raises TaskFailure if no pass is complete.
        """
        try:
            problem = await self._try_strategies(has_unique_ids=True)
        except RepeatedIdsError as error:
            log.warning("ids_not_unique", error=str(error), have=self._lines.count)
            problem, self._repeats = None, 1
        else:
            if problem is None:
                return
        if self._repeats:
            self._dialect = Dialect(self._layer, ())  # features with the same ID differ in other fields
            problem = await self._try_strategies(has_unique_ids=False)
        if problem is not None:
            raise problem

    async def _try_strategies(self, *, has_unique_ids: bool) -> TaskFailure | None:
        """Return None after a complete pass, else the failure of the last one. Raises RepeatedIdsError."""
        problem: TaskFailure | None = None
        task = PagingTask(self._layer, self._condition, self._count, self._most, has_unique_ids)
        async with aclosing(paging_strategies(self._client, task)) as strategies:
            async for strategy in strategies:
                if self._count is None and isinstance(strategy, IdList):
                    self._expected = strategy.stop
                log.info("paging_started", by=strategy.name, claimed=self._expected, have=self._lines.count)
                problem = await self._try(strategy, has_unique_ids=has_unique_ids)
                if problem is None:
                    return None
                log.warning("paging_incomplete", by=strategy.name, have=self._lines.count, error=str(problem))
        return problem or TaskFailure(
            "source.format", f"{self._client.url} supports no way of paging: no offsets, object IDs or extent"
        )

    async def _try(self, strategy: PagingStrategy, *, has_unique_ids: bool) -> TaskFailure | None:
        """Run one pass; return None if the file has all features, else the failure. Raises RepeatedIdsError."""
        if has_unique_ids and not self._lines.count:
            return await self._pass(strategy, self._lines, has_unique_ids=True)
        with FeatureSpool(
            self._lines.path.with_name(_SPOOL_NAME),
            overlap=strategy.overlap,
            has_ids=has_unique_ids,
            most_bytes=self._limits.size_bytes,
        ) as spool:
            problem = await self._pass(strategy, spool, has_unique_ids=has_unique_ids)
            if problem is None:
                append_missing(self._lines, spool, self._client.url)
            return problem

    async def _pass(self, strategy: PagingStrategy, pages: _Pages, *, has_unique_ids: bool) -> TaskFailure | None:
        try:
            await self._scheduler(strategy, pages).run()
        except EsriRequestError as error:
            return TaskFailure("source.format", f"{self._client.url} rejects paging: {error}")
        except TaskFailure as failure:
            if not failure.code.startswith("upstream."):
                raise
            return failure
        finally:
            if strategy.overlap is not Overlap.AT_EDGES:
                self._repeats += pages.repeats
        is_exact = has_unique_ids or strategy.overlap is not Overlap.AT_EDGES
        if await self._is_complete(pages.count, is_exact=is_exact):
            return None
        text = f"{self._client.url} announces {plural(self._expected or 0, 'feature')} and sent {pages.count:,}"
        return TaskFailure("upstream.truncated", text)

    def _scheduler(self, strategy: PagingStrategy, pages: _Pages) -> PageScheduler:
        return PageScheduler(
            strategy,
            fetch=self._page,
            write=lambda page: self._write(page, pages, strategy.overlap),
            page=PageSize(self._most),
            in_flight=self._limits.in_flight,
            tries=self._limits.tries,
        )

    async def _page(self, query: dict[str, str]) -> EsriPage:
        while True:
            level = self._dialect.level
            try:
                response = await self._client.query("query", self._dialect.parameters(query))
                page = parse_page(response, self._layer.oid_field)
            except EsriRequestError as error:
                if self._dialect.step_down(level):
                    continue
                if self._dialect.is_proven:
                    self._client.note_failure()
                # servers also reject a query whose page is too large for them
                raise self._escalate(TransientError("upstream.http_5xx", str(error))) from error
            except TransientError as error:
                raise self._escalate(error) from error
            if page.features:
                self._dialect.mark_proven()
            return page

    def _escalate(self, error: TransientError) -> TransientError | TaskFailure:
        """Return the error, or the failure of the job after too many consecutive ones."""
        return error.failure if self._client.failures >= self._limits.page_failures else error

    def _write(self, page: EsriPage, pages: _Pages, overlap: Overlap) -> None:
        """Write a page. Raises EsriRequestError if the server repeats features, or sends them without end."""
        if not pages.write(page) and page.features and overlap is not Overlap.AT_EDGES:
            raise EsriRequestError(f"the server sent the same {len(page.features):,} features again")
        if self._expected and pages.count > _MAX_EXCESS * (self._expected + self._most):
            raise EsriRequestError(f"the server counts {self._expected:,} features and sends more than {pages.count:,}")
        self._on_progress(pages.count, self._expected)

    async def _is_complete(self, count: int, *, is_exact: bool) -> bool:
        """Return whether a pass has all features; request the count again if it differs.

        More features than the count are features that were added since, or that an outdated count lacks; without
        exact identities they may be copies.
        """
        if self._expected is None or count == self._expected:
            return True
        latest = await count_features(self._client, self._condition)
        log.warning("count_differs", claimed=self._expected, now=latest, have=count)
        if latest is not None:
            self._count = self._expected = latest
        return count >= self._expected if is_exact else count == self._expected

    def _etag(self) -> str | None:
        return edition(self._layer, self._count, self._columns)
