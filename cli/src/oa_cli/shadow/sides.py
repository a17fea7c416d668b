"""The two systems: which results each has published, and where their files are."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, cast

import aiohttp
from yarl import URL

from oa_cli.answer_reading import read_text
from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.shadow.content import Bounds
from oa_shared.json_types import JsonObject

_TRIES = 3
_PAUSE_S = 0.5
_CHUNK_BYTES = 1 << 18
_BAD, _SERVER_FAULT = 400, 500
_PAGE = 100
_SOURCE_FILE = "source.geojson.gz"
DatasetKey = tuple[str, str, str]
"""Source name, layer and name."""


@dataclass(frozen=True, slots=True)
class SideDataset:
    """A published result of one system.

    `source_rows` is the number of rows that the system read from the source, None if it does not say. `count` and
    `bounds` are those that it states.
    """

    job: int
    updated: datetime | None
    file_url: str | None
    count: int | None = None
    bounds: Bounds | None = None
    source_rows: int | None = None


class ShadowSide(Protocol):
    """One of the systems."""

    async def datasets(self, source: str | None) -> dict[DatasetKey, SideDataset]:
        """Return the published results, of sources that start with `source`. Raises UnreachableError, RejectedError."""

    async def facts(self, dataset: SideDataset) -> SideDataset:
        """Return a result with the count and the bounds that the system states for it."""


class Downloads:
    """GET requests to both systems, without credentials. Raises UnreachableError and RejectedError."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def document(self, url: URL) -> tuple[object, URL | None]:
        """Return a JSON document, and the URL of the next page if it names one."""
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._session.get(url, headers={"Accept": "application/json"}) as response:
                    text = await read_text(response)
                    following = response.links["next"]["url"] if "next" in response.links else None
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                if attempt == _TRIES:
                    raise _unreachable(url, error) from error
            else:
                if response.status < _SERVER_FAULT or attempt == _TRIES:
                    return _decode(url, response.status, text), URL(str(following)) if following else None
            await asyncio.sleep(_PAUSE_S * attempt)
        raise UnreachableError(str(url))

    async def chunks(self, url: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a file as they arrive."""
        address = URL(url, encoded=True)
        try:
            # The raw bytes: a server may call the compression of the file itself its encoding.
            headers = {"Accept-Encoding": "identity"}
            async with self._session.get(address, headers=headers, auto_decompress=False) as response:
                if response.status >= _BAD:
                    raise RejectedError(f"{url} returned HTTP {response.status}")
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    yield chunk
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _unreachable(address, error) from error


@dataclass(frozen=True, slots=True)
class TheirSide:
    """openaddresses/batch: `url` is that of its API, `files` that of the folder with `job/`."""

    url: str
    files: str
    downloads: Downloads

    async def datasets(self, source: str | None) -> dict[DatasetKey, SideDataset]:
        """Return the published results of sources that start with `source`; the list is one array."""
        listed, _ = await self.downloads.document(URL(f"{self.url}/api/data"))
        if not isinstance(listed, list):
            raise RejectedError(f"{self.url}/api/data is not an array: is --theirs the URL of openaddresses/batch?")
        items = [cast("JsonObject", item) for item in listed if isinstance(item, dict)]
        return {_key(item, "source"): self._dataset(item) for item in items if _is_of(item["source"], source)}

    def _dataset(self, item: JsonObject) -> SideDataset:
        job, output = _integer(item["job"]), item.get("output")
        has_file = not isinstance(output, dict) or output.get("output") is not False
        url = f"{self.files}/job/{job}/{_SOURCE_FILE}" if has_file else None
        return SideDataset(job, _moment(item.get("updated")), url)

    async def facts(self, dataset: SideDataset) -> SideDataset:
        """Return a result with the count and the bounds of its job."""
        about, _ = await self.downloads.document(URL(f"{self.url}/api/job/{dataset.job}"))
        job = cast("JsonObject", about) if isinstance(about, dict) else {}
        count = job.get("count")
        count = count if isinstance(count, int) else None
        return SideDataset(dataset.job, dataset.updated, dataset.file_url, count, _polygon_bounds(job.get("bounds")))


@dataclass(frozen=True, slots=True)
class OurSide:
    """This system: `url` is that of its API."""

    url: str
    downloads: Downloads

    async def datasets(self, source: str | None) -> dict[DatasetKey, SideDataset]:
        """Return the published results of sources that start with `source`, page by page."""
        found: dict[DatasetKey, SideDataset] = {}
        here = URL(self.url)
        following: URL | None = here.joinpath("api/data").with_query(limit=_PAGE, fields="all")
        while following is not None:
            page, further = await self.downloads.document(following)
            items = page.get("data") if isinstance(page, dict) else None
            if not isinstance(items, list):
                text = f"{self.url}/api/data is not a page of datasets: is it the URL of this API?"
                raise RejectedError(text)
            kept = [item for item in items if _is_of(item["source_name"], source)]
            found |= {_key(item, "source_name"): self._dataset(item) for item in kept}
            following = None if further is None else here.join(further)
        return found

    def _dataset(self, item: JsonObject) -> SideDataset:
        result, files = item.get("result"), item.get("files")
        rows = result.get("rows") if isinstance(result, dict) else None
        read = rows.get("read") if isinstance(rows, dict) else None
        urls = [file.get("url") for file in files if file["name"] == _SOURCE_FILE] if isinstance(files, list) else []
        bounds = item.get("bounds")
        return SideDataset(
            _integer(item["job"]),
            _moment(item.get("updated_at")),
            str(URL(self.url).join(URL(urls[0], encoded=True))) if urls and urls[0] else None,
            cast("int | None", item.get("count")),
            cast("Bounds", tuple(bounds)) if isinstance(bounds, list) else None,
            read if isinstance(read, int) else None,
        )

    async def facts(self, dataset: SideDataset) -> SideDataset:
        """Return the result: the list states everything."""
        return dataset


def _key(item: Mapping[str, object], source: str) -> DatasetKey:
    return str(item[source]), str(item["layer"]), str(item["name"])


def _is_of(name: object, prefix: str | None) -> bool:
    return prefix is None or str(name).startswith(prefix)


def _integer(value: object) -> int:
    return int(str(value))


def _moment(value: object) -> datetime | None:
    """Return a time in milliseconds, or as RFC 3339."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000, UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _polygon_bounds(value: object) -> Bounds | None:
    """Return the bounds of a GeoJSON polygon."""
    rings = value.get("coordinates") if isinstance(value, dict) else None
    if not isinstance(rings, list) or not rings or not isinstance(rings[0], list) or not rings[0]:
        return None
    x, y = ([float(pair[axis]) for pair in rings[0]] for axis in (0, 1))
    return min(x), min(y), max(x), max(y)


def _decode(url: URL, status: int, text: str) -> object:
    if status >= _BAD:
        raise RejectedError(f"{url} returned HTTP {status}")
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectedError(f"{url} is not JSON: {error}") from error
    return decoded


def _unreachable(url: URL, error: Exception) -> UnreachableError:
    return UnreachableError(f"{url} does not answer ({type(error).__name__}: {error})")
