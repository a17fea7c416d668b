"""The attributes of a layer as GDAL returns them, in Arrow columns (docs/engine.md, "Reading")."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from oa_task.read.arrow_text import holds_reals, is_text, text_column
from oa_task.read.cell_text import UTF8, decode, note_unreadable
from oa_task.read.columns import make_names_unique, plain_line_ends, text
from oa_task.read.encoding import table_codecs
from oa_task.read.layer_count import LayerCount
from oa_task.read.mapinfo import MAPINFO, count_mapinfo_rows, count_mapinfo_shapes
from oa_task.read.request import ReadRequest
from oa_task.read.xml_text import COPY_PURPOSE, REPLACEMENT, XML_FORMATS, note_lost_elements


class OgrAttributes:
    """The columns of a layer: `names` are those of all columns, `selected` those that GDAL reads, None for all.

    `reals` are the columns to read whose values are real numbers; they are known after the first batch.
    """

    encoding: str | None = None

    def __init__(self, request: ReadRequest, info: Mapping[str, Any], options: Mapping[str, str]) -> None:
        """`info` is pyogrio's description of the layer. Raises TaskFailure source.schema for an unknown encoding."""
        fields = [str(name) for name in info["fields"]]
        self._bad_rows = request.bad_rows
        self._geometry = str(info["geometry_name"]) or "wkb_geometry"
        self._is_xml = request.format in XML_FORMATS
        # GDAL counts only the features of XML that it can read.
        announced = -1 if self._is_xml else int(info["features"])
        is_mapinfo = request.format == MAPINFO
        if is_mapinfo:
            announced = count_mapinfo_rows(request.path, announced)
        self._shapes = count_mapinfo_shapes(request.path) if is_mapinfo else None
        self._shapes_read = 0
        self._count = LayerCount(request.path, str(info["layer_name"]), request.format, announced, options)
        self._is_copy = request.path.parent.name == f"{request.path.name}.{COPY_PURPOSE}"
        self._integers_are_real = request.format == "gdb"
        declared = request.option("encoding")
        self._codecs = (UTF8, *table_codecs(declared)) if declared else (UTF8,)
        # GDAL does not decode a MapInfo file of neutral charset.
        self._is_raw = is_mapinfo and declared is not None
        if is_mapinfo and declared:
            self._codecs = table_codecs(declared)
        self.names = tuple(make_names_unique(fields, request.bad_rows))
        self._fields = {
            name: (field, fields[:place].count(field))
            for place, (name, field) in enumerate(zip(self.names, fields, strict=True))
            if name in request.columns
        }
        has_unique_names = self.names == tuple(fields)
        self.selected = list(self._fields) if has_unique_names else None
        self.reals = frozenset[str]()

    def frame(self, batch: pa.RecordBatch, rows: np.ndarray) -> pl.DataFrame:
        """Return the columns to read as text; `rows` has the input row of each feature."""
        present = batch.schema.names
        columns = {}
        for name, (field, earlier) in self._fields.items():
            places = [place for place, present_name in enumerate(present) if place and present_name == field]
            columns[name] = batch.column(places[earlier])
        self.reals = frozenset(name for name, column in columns.items() if self._holds_reals(column.type))
        frame = pl.DataFrame({name: self._column(column, rows, name) for name, column in columns.items()})
        geometry = self.geometry(batch)
        if geometry is not None:
            is_missing = geometry.is_null().to_numpy(zero_copy_only=False)
            self._shapes_read += int((~is_missing).sum())
            self._count.add(batch.column(0).to_numpy(), rows, frame, is_missing=is_missing)
        return frame

    def geometry(self, batch: pa.RecordBatch) -> pa.Array | None:
        """Return the geometries, None for a layer without any."""
        return batch.column(self._geometry) if self._geometry in batch.schema.names else None

    def finish(self) -> None:
        """Hold the rows that were read against those that the data announces. Raises TaskFailure source.format."""
        self._count.check(self._bad_rows)
        if self._shapes is not None and self._shapes_read < self._shapes:
            name = self._count.path.stem
            self._bad_rows.warn(f"{name}.map announces {self._shapes:,} shapes; {self._shapes_read:,} rows have one")
        if self._is_xml:
            note_lost_elements(self._count.path, self._count.layer, self._count.rows, self._bad_rows)

    def _holds_reals(self, kind: pa.DataType) -> bool:
        return holds_reals(kind, integers_are_real=self._integers_are_real)

    def _column(self, column: pa.Array, rows: np.ndarray, name: str) -> pl.Series:
        if self._is_raw and is_text(column.type):
            return self._column_with_invalid_text(column, rows, name)
        try:
            texts = text_column(column, integers_are_real=self._integers_are_real)
            return self._without_replacements(texts, rows, name) if self._is_copy else texts
        except (pa.ArrowInvalid, UnicodeDecodeError):
            return self._column_with_invalid_text(column, rows, name)

    def _without_replacements(self, texts: pl.Series, rows: np.ndarray, name: str) -> pl.Series:
        """Return texts without those that were not text before the file was copied; they count as bad rows."""
        bad = texts.str.contains(REPLACEMENT, literal=True)
        if not bad.any():
            return texts
        shown = [text.encode() for text in texts.filter(bad).head(5)]
        note_unreadable(self._bad_rows, rows[bad.to_numpy()], shown, name=name, encoding=self._codecs[-1])
        return texts.set(bad, "")

    def _column_with_invalid_text(self, column: pa.Array, rows: np.ndarray, name: str) -> pl.Series:
        """Return a column in which some text is not UTF-8: decoded by `conform.encoding`, else empty and a bad row."""
        raw = column.view(_BINARY_OF[column.type]).to_pylist() if is_text(column.type) else [None] * len(column)
        texts, bad = list[str](), list[int]()
        for index, value in enumerate(raw):
            decoded = _any_text(column[index]) if value is None else decode(value, self._codecs)
            texts.append(decoded or "")
            if decoded is None:
                bad.append(index)
        shown = [raw[index] or b"" for index in bad]
        note_unreadable(self._bad_rows, rows[bad], shown, name=name, encoding=self._codecs[-1])
        return plain_line_ends(pl.Series(texts, dtype=pl.String))


_BINARY_OF = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}


def _any_text(value: pa.Scalar) -> str | None:
    """Return a value of any type as text, None for a list with text that is not UTF-8."""
    try:
        return text(value.as_py())
    except UnicodeDecodeError:
        return None
