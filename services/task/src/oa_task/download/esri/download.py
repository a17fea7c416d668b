"""Download of a layer: tries the paging strategies in turn until it has all features that the server announces."""

import asyncio
import hashlib
import json
from collections.abc import Collection
from contextlib import aclosing
from pathlib import Path

import structlog

from oa_shared.json_types import JsonObject
from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.dialect import Dialect, out_fields
from oa_task.download.esri.feature_lines import FILE_NAME, EsriLinesFile
from oa_task.download.esri.layer import Layer, count_features, read_layer
from oa_task.download.esri.page import EsriPage, PageSize, parse_page
from oa_task.download.esri.page_ranges import IdList, Offsets, PagingStrategy, Quarters
from oa_task.download.esri.page_scheduler import PageScheduler
from oa_task.download.esri.paging_strategies import paging_strategies
from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits, OnProgress
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import TransientError, open_requests
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.gather import gather_first_error

log = structlog.get_logger()


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
                open_requests(self._guard, self._limits, self._headers, decode=True) as requests,
            ):
                client = EsriClient(requests, address, throttle=Throttle(self._limits), limits=self._limits)
                return await _Fetching(client, self._limits, self._columns, on_progress).run(folder / FILE_NAME, stored)
        except TimeoutError as error:
            raise TaskFailure("upstream.timeout", f"{address} took longer than {self._limits.total_s:g} s") from error


class _Fetching:
    """The state of one download."""

    def __init__(
        self, client: EsriClient, limits: DownloadLimits, columns: Collection[str], on_progress: OnProgress
    ) -> None:
        self._client = client
        self._limits = limits
        self._columns = columns
        self._on_progress = on_progress

    async def run(self, path: Path, stored: PreviousDownload | None) -> DownloadedFile:
        layer, announced = await gather_first_error(read_layer(self._client), count_features(self._client))
        log.info("layer_found", layer=layer.name, count=announced, page=layer.most_features, fields=len(layer.fields))
        restored = await _restore(stored, edition(layer, announced, self._columns), self._client.url, path)
        if restored is not None:
            return restored
        self._announced = announced
        self._layer = layer
        self._dialect = Dialect(layer, self._columns)
        header: JsonObject = {"url": self._client.url, "layer": layer.name, "fields": layer.fields, "count": announced}
        with EsriLinesFile(path, header, most_bytes=self._limits.size_bytes) as lines:
            self._lines = lines
            if announced != 0:
                await self._try_strategies()
            digest = lines.end()
        return DownloadedFile(path, self._client.url, lines.size_bytes, digest, self._etag(), None)

    async def _try_strategies(self) -> None:
        """Try one paging strategy after the other. Raises TaskFailure if none returns all announced features."""
        problem: TaskFailure | None = None
        async with aclosing(paging_strategies(self._client, self._layer, self._announced, self._limits)) as strategies:
            async for strategy in strategies:
                if self._announced is None and isinstance(strategy, IdList):
                    self._announced = strategy.stop
                log.info("paging_started", by=strategy.name, claimed=self._announced, have=self._lines.count)
                problem = await self._download_by(strategy)
                if problem is None and await self._is_complete():
                    return
                log.warning("paging_incomplete", by=strategy.name, have=self._lines.count, error=str(problem or ""))
                if self._lines.has_unnamed:
                    break  # features without IDs cannot be matched with those of another strategy
        raise problem or self._truncation_failure()

    async def _download_by(self, strategy: PagingStrategy) -> TaskFailure | None:
        """Download by one strategy; return its failure if another strategy may succeed."""
        try:
            await self._scheduler(strategy).run()
        except EsriRequestError as error:
            return TaskFailure("source.format", f"{self._client.url} rejects paging: {error}")
        except TaskFailure as failure:
            if not failure.code.startswith("upstream."):
                raise
            return failure
        return None

    def _scheduler(self, strategy: PagingStrategy) -> PageScheduler:
        self._may_repeat = self._lines.count > 0 or not isinstance(strategy, Offsets)
        by_content = isinstance(strategy, Quarters)
        most = min(self._limits.page_features, self._layer.most_features or self._limits.page_features)
        return PageScheduler(
            strategy,
            fetch=self._page,
            write=lambda page: self._write(page, by_content=by_content),
            page=PageSize(most),
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

    def _write(self, page: EsriPage, *, by_content: bool) -> None:
        """Write a page. Raises EsriRequestError if the server repeats features where all must be new."""
        if not self._lines.write(page, by_content=by_content) and page.features and not self._may_repeat:
            raise EsriRequestError(f"the server sent the same {len(page.features):,} features again")
        self._on_progress(self._lines.count, self._announced)

    async def _is_complete(self) -> bool:
        """Return whether all announced features are written; request the count again if they are not."""
        if self._announced is None or self._lines.count >= self._announced:
            return True
        announced = await count_features(self._client)
        log.warning("count_differs", claimed=self._announced, now=announced, have=self._lines.count)
        self._announced = announced if announced is not None else self._announced
        return self._announced is None or self._lines.count >= self._announced

    def _truncation_failure(self) -> TaskFailure:
        text = f"{self._client.url} announces {self._announced or 0:,} features and sent {self._lines.count:,}"
        return TaskFailure("upstream.truncated", text)

    def _etag(self) -> str | None:
        return edition(self._layer, self._announced, self._columns)


async def _restore(stored: PreviousDownload | None, mark: str | None, url: str, path: Path) -> DownloadedFile | None:
    if stored is None or mark is None or (stored.url, stored.etag) != (url, mark):
        return None
    try:
        return await stored.restore(path.parent, path.name)
    except TransientError as error:
        log.warning("stored_copy_unusable", error=error.failure.message)
        return None


def edition(layer: Layer, count: int | None, columns: Collection[str]) -> str | None:
    """Return a version of the layer for the same query, None if the layer does not report its last edit."""
    if layer.edited_at is None or count is None:
        return None
    query = hashlib.sha256(json.dumps([out_fields(layer, columns), layer.fields]).encode()).hexdigest()[:16]
    return f'W/"{layer.edited_at}-{count}-{query}"'
