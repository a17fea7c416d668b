"""The file of a download: a header, one feature per line, an end marker (docs/engine.md, "Downloads")."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from oa_shared.json_types import JsonObject
from oa_task.download.esri.layer import spatial_reference
from oa_task.download.esri.page import EsriPage
from oa_task.download.esri.seen_ids import SeenIds
from oa_task.runtime.failure import TaskFailure

FILE_NAME = "esri.jsonl"
_DEFAULT_CRS = "EPSG:4326"
_BATCH_LINES = 1000


class RepeatedIdsError(Exception):
    """The object IDs of a layer do not identify its features: one repeats within a page, or a feature has none."""


def check_ids(page: EsriPage) -> None:
    """Raise RepeatedIdsError if an object ID is absent from a page or repeats in it, as in joined tables."""
    if None in page.ids:
        raise RepeatedIdsError("features have no object ID")
    if len(set(page.ids)) < len(page.ids):
        raise RepeatedIdsError("an object ID repeats within a page")


class PageCrs:
    """The CRS of the responses: that of the first page with features."""

    def __init__(self) -> None:
        self.name: str | None = None

    def check(self, page: EsriPage) -> None:
        """Note the CRS of a page. Raises TaskFailure source.format if it differs from the first one."""
        self.check_name(spatial_reference(page.spatial_reference))

    def check_name(self, name: str | None) -> None:
        """Note a CRS, as `check` does; None is that of an earlier page, else EPSG:4326."""
        if self.name is None:
            self.name = name or _DEFAULT_CRS
        elif name is not None and name != self.name:
            raise TaskFailure(
                "source.format", f"the server changed the CRS between pages from {self.name[:60]} to {name[:60]}"
            )


class EsriLinesFile:
    """Appends features while a reader follows; nothing that was appended can be taken back.

    The first page writes the header, because only a response names the CRS of the server.
    """

    def __init__(self, path: Path, header: JsonObject, *, most_bytes: int) -> None:
        self.path = path
        self.count = 0
        self.size_bytes = 0
        self.repeats = 0
        self._header = header
        self._most_bytes = most_bytes
        self._crs = PageCrs()
        self._has_header = False
        self._seen = SeenIds()
        self._digest = hashlib.sha256()
        self._file = path.open("wb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, page: EsriPage) -> int:
        """Append the features of a page whose object IDs are new, and return their number.

        Raises RepeatedIdsError before it appends any feature of the page; TaskFailure source.format for a change of
        CRS, source.too_large.
        """
        if not page.features:
            return 0
        check_ids(page)
        self._crs.check(page)
        pairs = zip(page.features, page.ids, strict=True)
        lines = [feature_line(feature) for feature, identifier in pairs if self._seen.add(identifier)]
        self.repeats += len(page.features) - len(lines)
        self._append_lines(lines)
        return len(lines)

    def append(self, lines: Iterable[bytes], srs: str | None) -> None:
        """Append lines that another pass has collected. Raises TaskFailure as `write` does."""
        self._crs.check_name(srs)
        iterator = iter(lines)
        while batch := list(islice(iterator, _BATCH_LINES)):
            self._append_lines(batch)

    def feature_lines(self) -> Iterator[bytes]:
        """Yield the features written so far."""
        with self.path.open("rb") as file:
            yield from islice(file, 1, None)

    def end(self, warnings: Sequence[str] = ()) -> str:
        """Write the end marker with warnings about the download, and return the file's SHA-256."""
        self._write_header()
        marker: JsonObject = {"end": self.count}
        self._append(orjson.dumps({**marker, "warnings": list(warnings)} if warnings else marker) + b"\n")
        return self._digest.hexdigest()

    def _append_lines(self, lines: list[bytes]) -> None:
        self._write_header()
        self._append(b"".join(lines))
        self.count += len(lines)

    def _write_header(self) -> None:
        if not self._has_header:
            self._has_header = True
            self._append(orjson.dumps({"srs": self._crs.name or _DEFAULT_CRS, **self._header}) + b"\n")

    def _append(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self._most_bytes:
            raise TaskFailure("source.too_large", f"the layer exceeds the limit of {self._most_bytes:,} bytes")
        self._digest.update(data)
        self._file.write(data)


def feature_line(feature: JsonObject) -> bytes:
    """Return a feature as a line of JSON. Raises TaskFailure source.format if it has too many levels."""
    kept = {"attributes": feature.get("attributes"), "geometry": feature.get("geometry")}
    try:
        return orjson.dumps(kept) + b"\n"
    except orjson.JSONEncodeError as error:
        raise TaskFailure("source.format", f"a feature cannot be written as JSON: {error}") from error
