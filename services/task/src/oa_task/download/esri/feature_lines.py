"""The file of a download: a header, one feature per line, an end marker (docs/engine.md, "Downloads")."""

import hashlib
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


class EsriLinesFile:
    """Appends pages, without features whose object IDs were written before.

    If IDs repeat within a page (as in joined tables), they do not identify features; the file then keeps all features.
    The first page writes the header, because only a response names the CRS of the server.
    """

    def __init__(self, path: Path, header: JsonObject, *, most_bytes: int) -> None:
        self.path = path
        self.count = 0
        self.size_bytes = 0
        self._header = header
        self._most_bytes = most_bytes
        self._srs: str | None = None
        self._has_header = False
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
        """Append the new features of a page and return their number.

        `by_content` identifies features without an ID by their bytes; otherwise each of them is new.
        Raises TaskFailure source.format for a change of CRS, source.too_large.
        """
        if not page.features:
            return 0
        self._write_header(spatial_reference(page.spatial_reference))
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
        if not self._has_header:
            self._write_header(None)
        self._append(b'{"end":%d}\n' % self.count)
        return self._digest.hexdigest()

    def _write_header(self, srs: str | None) -> None:
        if not self._has_header:
            self._has_header, self._srs = True, srs
            self._append(orjson.dumps({"srs": srs or "EPSG:4326", **self._header}) + b"\n")
        elif srs is not None and srs != (self._srs or "EPSG:4326"):
            raise TaskFailure(
                "source.format", f"the server changed the CRS between pages from {(self._srs or '')[:60]} to {srs[:60]}"
            )

    def _append(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self._most_bytes:
            raise TaskFailure("source.too_large", f"the layer exceeds the limit of {self._most_bytes:,} bytes")
        self._digest.update(data)
        self._file.write(data)


def _line(feature: JsonObject) -> bytes:
    kept = {"attributes": feature.get("attributes"), "geometry": feature.get("geometry")}
    try:
        return orjson.dumps(kept) + b"\n"
    except orjson.JSONEncodeError as error:
        raise TaskFailure("source.format", f"a feature cannot be written as JSON: {error}") from error
