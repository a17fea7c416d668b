"""A whole layer: the ways to page are tried in turn until as many features are there as the server claims."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection
from contextlib import aclosing
from pathlib import Path

import structlog

from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.dialect import Dialect, out_fields
from oa_task.download.esri.feature_lines import FILE_NAME, EsriLinesFile
from oa_task.download.esri.layer import Layer, count_features, read_layer
from oa_task.download.esri.page import EsriPage, PageSize, parse_page
from oa_task.download.esri.page_ranges import IdList, Offsets, PageRanges, Quarters
from oa_task.download.esri.page_scheduler import PageScheduler
from oa_task.download.esri.paging_strategies import paging_strategies
from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import DownloadLimits
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import TransientError, open_requests
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.gather import gather_first_error

log = structlog.get_logger()
Told = Callable[[int, int | None], None]


class EsriDownload:
    """One layer to one file of lines."""

    def __init__(self, guard: Guard, limits: DownloadLimits, headers: dict[str, str], columns: Collection[str]) -> None:
        self._guard = guard
        self._limits = limits
        self._headers = headers
        self._columns = columns

    async def fetch(
        self, address: str, folder: Path, told: Told, *, stored: PreviousDownload | None = None
    ) -> DownloadedFile:
        """Save the features in `folder`; `told` hears of features done and claimed.

        A layer that says when it was last edited is not fetched again while that, its count and what is asked of it
        stay the same as those `stored`. The file grows while others read it; only the end marker says that it is
        whole. Raises TaskFailure.
        """
        try:
            async with (
                asyncio.timeout(self._limits.total_s),
                open_requests(self._guard, self._limits, self._headers, decode=True) as requests,
            ):
                client = EsriClient(requests, address, pace=Throttle(self._limits), limits=self._limits)
                return await _Fetching(client, self._limits, self._columns, told).run(folder / FILE_NAME, stored)
        except TimeoutError as error:
            raise TaskFailure("upstream.timeout", f"{address} took more than {self._limits.total_s:g} s") from error


class _Fetching:
    """The state of one download."""

    def __init__(self, client: EsriClient, limits: DownloadLimits, columns: Collection[str], told: Told) -> None:
        self._client = client
        self._limits = limits
        self._columns = columns
        self._told = told

    async def run(self, path: Path, stored: PreviousDownload | None) -> DownloadedFile:
        layer, claimed = await gather_first_error(read_layer(self._client), count_features(self._client))
        log.info("layer_found", layer=layer.name, count=claimed, page=layer.most_features, fields=len(layer.fields))
        restored = await _restored(stored, edition(layer, claimed, self._columns), self._client.url, path)
        if restored is not None:
            return restored
        self._claimed = claimed
        self._layer = layer
        self._dialect = Dialect(layer, self._columns)
        header = {"url": self._client.url, "layer": layer.name, "fields": layer.fields, "count": claimed}
        with EsriLinesFile(path, header, most_bytes=self._limits.size_bytes) as lines:
            self._lines = lines
            if claimed != 0:
                await self._try_plans()
            digest = lines.end()
        return DownloadedFile(path, self._client.url, lines.size_bytes, digest, self._etag(), None)

    async def _try_plans(self) -> None:
        """Page in one way after the other. Raises TaskFailure when none brings all that is claimed."""
        problem: TaskFailure | None = None
        async with aclosing(paging_strategies(self._client, self._layer, self._claimed, self._limits)) as ways:
            async for windows in ways:
                if self._claimed is None and isinstance(windows, IdList):
                    self._claimed = windows.stop
                log.info("paging_started", by=windows.name, claimed=self._claimed, have=self._lines.count)
                problem = await self._pumped(windows)
                if problem is None and await self._is_complete():
                    return
                log.warning("paging_incomplete", by=windows.name, have=self._lines.count, error=str(problem or ""))
                if self._lines.has_unnamed:
                    break  # what is there could not be told from what another way brings
        raise problem or self._short()

    async def _pumped(self, windows: PageRanges) -> TaskFailure | None:
        """Page in one way; return what went wrong where another way may do better."""
        try:
            await self._pump(windows).run()
        except EsriRequestError as refusal:
            return TaskFailure("source.format", f"{self._client.url} refuses to be paged: {refusal}")
        except TaskFailure as failure:
            if not failure.code.startswith("upstream."):
                raise
            return failure
        return None

    def _pump(self, windows: PageRanges) -> PageScheduler:
        self._may_repeat = self._lines.count > 0 or not isinstance(windows, Offsets)
        by_content = isinstance(windows, Quarters)
        most = min(self._limits.page_features, self._layer.most_features or self._limits.page_features)
        return PageScheduler(
            windows,
            fetch=self._page,
            write=lambda page: self._write(page, by_content=by_content),
            page=PageSize(most),
            in_flight=self._limits.in_flight,
            tries=self._limits.tries,
        )

    async def _page(self, asked: dict[str, str]) -> EsriPage:
        while True:
            place = self._dialect.place
            try:
                answer = await self._client.ask("query", self._dialect.parameters(asked))
                page = parse_page(answer, self._layer.oid_field)
            except EsriRequestError as refusal:
                if self._dialect.step_down(place):
                    continue
                if self._dialect.is_proven:
                    self._client.note_failure()
                # servers also call a request bad when the page is too much for them
                raise self._endured(TransientError("upstream.http_5xx", str(refusal))) from refusal
            except TransientError as trouble:
                raise self._endured(trouble) from trouble
            if page.features:
                self._dialect.proved()
            return page

    def _endured(self, trouble: TransientError) -> TransientError | TaskFailure:
        """Return trouble as what it is, or as the end after too much of it in a row."""
        return trouble.failure if self._client.failures >= self._limits.page_failures else trouble

    def _write(self, page: EsriPage, *, by_content: bool) -> None:
        """Keep a page. Raises RefusedError when the server repeats itself where everything must be new."""
        if not self._lines.write(page, by_content=by_content) and page.features and not self._may_repeat:
            raise EsriRequestError(f"the server sends the same {len(page.features):,} features again")
        self._told(self._lines.count, self._claimed)

    async def _is_complete(self) -> bool:
        """Return whether all claimed features are there; asks again for the count where they are not."""
        if self._claimed is None or self._lines.count >= self._claimed:
            return True
        claimed = await count_features(self._client)
        log.warning("count_differs", claimed=self._claimed, now=claimed, have=self._lines.count)
        self._claimed = claimed if claimed is not None else self._claimed
        return self._claimed is None or self._lines.count >= self._claimed

    def _short(self) -> TaskFailure:
        text = f"{self._client.url} claims {self._claimed or 0:,} features and gave {self._lines.count:,}"
        return TaskFailure("upstream.truncated", text)

    def _etag(self) -> str | None:
        return edition(self._layer, self._claimed, self._columns)


async def _restored(stored: PreviousDownload | None, mark: str | None, url: str, path: Path) -> DownloadedFile | None:
    if stored is None or mark is None or (stored.url, stored.etag) != (url, mark):
        return None
    try:
        return await stored.restored(path.parent, path.name)
    except TransientError as trouble:
        log.warning("stored_copy_unusable", error=trouble.failure.message)
        return None


def edition(layer: Layer, count: int | None, columns: Collection[str]) -> str | None:
    """Return a mark that stays while the layer is not edited and is asked for the same; None if it does not tell."""
    if layer.edited_at is None or count is None:
        return None
    asked = hashlib.sha256(json.dumps([out_fields(layer, columns), layer.fields]).encode()).hexdigest()[:16]
    return f'W/"{layer.edited_at}-{count}-{asked}"'
