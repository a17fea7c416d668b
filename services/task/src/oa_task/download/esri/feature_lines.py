"""The file that a download of pages becomes: a header, one feature a line, an end marker (docs/engine.md)."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from oa_task.download.esri.layer import spatial_reference
from oa_task.download.esri.page import EsriPage
from oa_task.download.esri.seen_ids import SeenIds
from oa_task.runtime.failure import TaskFailure

FILE_NAME = "esri.jsonl"


class EsriLinesFile:
    """Appends pages; a feature whose object id was written before is left out.

    Ids that repeat within a page are no ids: such layers (joined tables) are taken as they come from then on.
    The header is written with the first page, because only an answer tells in which CRS the server answers.
    """

    def __init__(self, path: Path, header: dict[str, Any], *, most_bytes: int) -> None:
        self.path = path
        self.count = 0
        self.size_bytes = 0
        self._header = header
        self._most_bytes = most_bytes
        self._srs: str | None = None
        self._is_begun = False
        self.has_unnamed = False
        self._has_ids = True
        self._seen = SeenIds()
        self._last_page = b""
        self._digest = hashlib.sha256()
        self._file = path.open("wb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, page: EsriPage, *, by_content: bool = False) -> int:
        """Append what is new in a page and return how many features that were.

        `by_content` tells features without an id apart by their bytes; otherwise each of them is new.
        Raises TaskFailure source.format for a change of CRS, source.too_large.
        """
        if not page.features:
            return 0
        self._begin(spatial_reference(page.spatial_reference))
        lines = self._new_lines(page, by_content=by_content)
        page_digest = hashlib.sha256(b"".join(lines)).digest()
        if page_digest == self._last_page:
            return 0
        self._last_page = page_digest
        self._append(b"".join(lines))
        self.count += len(lines)
        return len(lines)

    def _new_lines(self, page: EsriPage, *, by_content: bool) -> list[bytes]:
        self._has_ids &= len(set(page.ids)) == len(page.ids) and None not in page.ids
        if self._has_ids:
            pairs = zip(page.features, page.ids, strict=True)
            return [_line(feature) for feature, identifier in pairs if self._seen.add(identifier)]
        self.has_unnamed = True
        lines = [_line(feature) for feature in page.features]
        if not by_content:
            return lines
        return [line for line in lines if self._seen.add(hashlib.blake2b(line, digest_size=16).digest())]

    def end(self) -> str:
        """Write the end marker and return the file's SHA-256."""
        if not self._is_begun:
            self._begin(None)
        self._append(b'{"end":%d}\n' % self.count)
        return self._digest.hexdigest()

    def _begin(self, srs: str | None) -> None:
        if not self._is_begun:
            self._is_begun, self._srs = True, srs
            self._append(orjson.dumps({"srs": srs or "EPSG:4326", **self._header}) + b"\n")
        elif srs is not None and srs != (self._srs or "EPSG:4326"):
            raise TaskFailure("source.format", f"the server answers in {srs[:60]} after {(self._srs or '')[:60]}")

    def _append(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self._most_bytes:
            raise TaskFailure("source.too_large", f"the layer is larger than {self._most_bytes:,} bytes")
        self._digest.update(data)
        self._file.write(data)


def _line(feature: dict[str, Any]) -> bytes:
    kept = {"attributes": feature.get("attributes"), "geometry": feature.get("geometry")}
    try:
        return orjson.dumps(kept) + b"\n"
    except orjson.JSONEncodeError as error:
        raise TaskFailure("source.format", f"a feature cannot be kept: {error}") from error
