"""KML in parts: GDAL holds a whole document, so it reads many small ones with the same features, one after another.

Each part is a document of the chosen layer with some of its features, byte for byte, and before them the features that
introduce the fields of the layer: GDAL finds the same fields in each part as in the whole document.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from oa_task.read.gdal import UNREADABLE, pyogrio
from oa_task.read.kml_documents import cut, frame_layer, list_layers
from oa_task.read.kml_outline import (
    KmlContainer,
    KmlSpan,
    Outline,
    PartLimits,
    UnknownKmlError,
    outline_bytes,
    outline_file,
)
from oa_task.read.layer_selection import choose_layer
from oa_task.read.request import ReadRequest
from oa_task.read.scratch import scratch_folder

KML = "kml"
_BATCH_ROWS = 20_000
_MAX_WITNESSES = 64
_MAX_WITNESS_BYTES = 256 * 1024


@dataclass(slots=True)
class KmlParts:
    """The chosen layer of a KML file: `info` is pyogrio's description of it, as of the whole file."""

    _file: BinaryIO
    _target: Path
    _frame: tuple[bytes, bytes]
    _container: KmlContainer
    _limits: PartLimits
    info: Mapping[str, Any] = field(default_factory=dict)
    _witnesses: list[bytes] = field(default_factory=list)

    def find_fields(self) -> None:
        """Find all fields of the layer. Raises UnknownKmlError if a part has other rows or fields than expected."""
        self.info = self._describe()
        for features, placemarks in self._groups():
            found = self._describe(features)
            while _fields(found) != _fields(self.info):
                self._add_witness(features)
                found = self._describe(features)
            if found["features"] != placemarks + len(self._witnesses):
                raise UnknownKmlError("features that GDAL counts otherwise")

    def batches(self, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the layer, some thousands at a time; `columns` are those to read, None for all."""
        waiting, rows = list[pa.Table](), 0
        for part in self.read_parts(columns):
            waiting.append(part)
            rows += part.num_rows
            if rows >= _BATCH_ROWS:
                yield from _join(waiting)
                waiting, rows = [], 0
        yield from _join(waiting)

    def read_parts(self, columns: list[str] | None) -> Iterator[pa.Table]:
        """Yield the rows of each part."""
        for features, _ in self._groups():
            yield self._read(features, columns)

    @property
    def part_bytes(self) -> int:
        """Return the size of the document that GDAL reads at present."""
        return self._target.stat().st_size

    def _groups(self) -> Iterator[tuple[bytes, int]]:
        """Yield the bytes of features that make one part, and the number of placemarks among them."""
        group, size, placemarks = list[bytes](), 0, 0
        for span in self._container.spans():
            if group and (placemarks + span.placemarks > self._limits.features or size >= self._limits.bytes):
                yield b"".join(group), placemarks
                group, size, placemarks = [], 0, 0
            group.append(cut(self._file, span.start, span.end))
            size += len(group[-1])
            placemarks += span.placemarks
        if group:
            yield b"".join(group), placemarks

    def _describe(self, features: bytes = b"") -> Mapping[str, Any]:
        self._write(features)
        try:
            info: Mapping[str, Any] = pyogrio.read_info(self._target, layer=0, force_feature_count=True)
        except UNREADABLE as error:
            raise UnknownKmlError(f"a part that GDAL does not read: {error}") from error
        return info

    def _read(self, features: bytes, columns: list[str] | None) -> pa.Table:
        """Return the rows of a part without those of the features that introduce fields."""
        self._write(features)
        source = pyogrio.open_arrow(self._target, layer=0, columns=columns, return_fids=True, use_pyarrow=True)
        with source as (_, reader):
            return reader.read_all().slice(len(self._witnesses))

    def _write(self, features: bytes) -> None:
        start, end = self._frame
        self._target.write_bytes(b"".join((start, *self._witnesses, features, end)))

    def _add_witness(self, features: bytes) -> None:
        """Add the first feature of a part that introduces a field to those that precede each part."""
        start, end = self._frame
        document = b"".join((start, features, end))
        container = list(outline_bytes(document).root.walk())[-1]
        spans = list(container.spans())
        low, high = 0, len(spans)
        while high - low > 1:
            middle = (low + high) // 2
            found = self._describe(document[spans[0].start : spans[middle - 1].end])
            is_known = _fields(found) == _fields(self.info)
            low, high = (middle, high) if is_known else (low, middle)
        self._keep_witness(document, spans[low])
        self.info = self._describe()

    def _keep_witness(self, document: bytes, span: KmlSpan) -> None:
        if span.placemarks != 1:
            raise UnknownKmlError("a field of an element other than a placemark")
        self._witnesses.append(document[span.start : span.end])
        if len(self._witnesses) > _MAX_WITNESSES or sum(map(len, self._witnesses)) > _MAX_WITNESS_BYTES:
            raise UnknownKmlError("fields that too many placemarks introduce")


def open_parts(request: ReadRequest, stack: ExitStack, limits: PartLimits | None = None) -> KmlParts | None:
    """Return the chosen layer of a KML file in parts, None if GDAL must read the file as a whole.

    GDAL reads a file that is no larger than one part as a whole. The stack closes the file and removes the parts.
    Raises TaskFailure source.empty for a missing layer.
    """
    limits = limits or PartLimits()
    if request.path.stat().st_size <= limits.bytes:
        return None
    try:
        return _open_layer(request, outline_file(request.path, limits), limits, stack)
    except UnknownKmlError:
        return None


def count_placemarks(path: Path, limits: PartLimits | None = None) -> dict[str, int] | None:
    """Return the layers of a KML file with their rows, None if GDAL must read the file as a whole."""
    limits = limits or PartLimits()
    if path.stat().st_size <= limits.bytes:
        return None
    try:
        outline = outline_file(path, limits)
        with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
            layers = list_layers(outline, file, Path(folder) / path.name)
    except UnknownKmlError:
        return None
    if any(layer.has_overlay for layer in layers.values()):
        return None
    return {name: sum(span.placemarks for span in layer.spans()) for name, layer in layers.items()}


def _open_layer(request: ReadRequest, outline: Outline, limits: PartLimits, stack: ExitStack) -> KmlParts:
    file = stack.enter_context(request.path.open("rb"))
    target = scratch_folder(request.path, "parts", stack) / request.path.name
    layers = list_layers(outline, file, target)
    chosen = choose_layer(replace(request, path=target))
    name = list(layers)[chosen] if isinstance(chosen, int) else chosen
    container = layers[name]
    if container.has_overlay or not all(child.has_plain_children for child in container.children):
        raise UnknownKmlError("an overlay, or a container with fields")
    parts = KmlParts(file, target, frame_layer(outline, container, name, file), container, limits)
    parts.find_fields()
    return parts


def _fields(info: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(name), str(kind)) for name, kind in zip(info["fields"], info["dtypes"], strict=True)]


def _join(parts: list[pa.Table]) -> list[pa.RecordBatch]:
    """Return the rows of parts as one batch, none if there are no rows."""
    batches: list[pa.RecordBatch] = pa.concat_tables(parts).combine_chunks().to_batches() if parts else []
    return batches
