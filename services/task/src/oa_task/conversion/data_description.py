"""What data is: its packing, format, layer, encoding, columns and places. It runs inside the sandbox."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import shapely

from oa_shared.json_types import JsonObject
from oa_task.conversion.candidate_columns import Candidate
from oa_task.conversion.column_facts import describe_column
from oa_task.conversion.data_choice import (
    WORKBOOKS,
    ChosenFile,
    ChosenLayer,
    choose_data_file,
    choose_data_layer,
    choose_sheet,
)
from oa_task.conversion.unpacking import unpack
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch, Points
from oa_task.features.geometry import bounds
from oa_task.read.columns import make_names_unique
from oa_task.read.content_kind import identify
from oa_task.read.content_signatures import ContentKind
from oa_task.read.crs import TARGET
from oa_task.read.encoding import TextFile
from oa_task.read.encoding_guess import guess_encoding
from oa_task.read.source import open_batches
from oa_task.read.spreadsheet import peek_sheets
from oa_task.read.table_form import is_header, recognize_table
from oa_task.runtime.failure import TaskFailure

_ROWS, _PAGE = 5_000, 200
_PLACES = 200
_MAX_COLUMNS = 1_000
_MAX_HEADER_ROW = 20
_DECLARED = {ContentKind.ZIP: "zip", ContentKind.GZIP: "gzip"}


@dataclass(slots=True)
class _Description:
    """The results so far; `conform` has the options with which the data can be read."""

    conform: JsonObject
    compression: str | None = None
    names: tuple[str, ...] | None = None
    header_row: int = 0
    lacks_crs: bool = False
    others: list[str] = field(default_factory=list)


def describe_data(raw: Path, *, work: Path, is_esri: bool, layer: str | None = None) -> JsonObject:
    """Return the options that read a raw file, its columns and its first places. Raises TaskFailure source.*.

    `layer` chooses among several files, layers and sheets; the default is addresses.

    `conform` lacks the rules, and for a table without shapes `lon` and `lat`. `places` are longitudes and latitudes, or
    with `lacks_crs` coordinates in an unknown system; empty for a table without shapes.
    """
    if is_esri:
        return _report(_Description({"format": "geojson"}), list(_read([raw], {"format": "geojson"}, esri=True)))
    kind = identify(raw).kind
    files = unpack(raw, None, _folder(work))
    chosen = choose_data_file(files, layer)
    description = _Description({"format": chosen.format}, _DECLARED.get(kind), others=list(chosen.others))
    if chosen.option:
        description.conform["file"] = chosen.option
    batches = _describe_file(description, chosen, files, layer)
    return _report(description, batches)


def _folder(work: Path) -> Path:
    folder = work / "unpacked"
    folder.mkdir(parents=True)
    return folder


def _describe_file(
    description: _Description, chosen: ChosenFile, files: list[Path], target: str | None
) -> list[FeatureBatch]:
    if chosen.kind is ContentKind.TEXT:
        return _describe_text(description, chosen.path, files)
    if chosen.kind in WORKBOOKS:
        return _describe_workbook(description, chosen.path, files, target)
    if chosen.kind is ContentKind.PARQUET:
        return _describe_parquet(description, chosen.path, files)
    layer = ChosenLayer()
    if description.conform["format"] in {"gpkg", "gdb", "xml"}:
        layer = choose_data_layer(chosen, files, target)
    if layer.option:
        description.conform["layer"] = layer.option
        description.others += layer.others
    try:
        return list(_read(files, description.conform))
    except TaskFailure as failure:
        if failure.code != "source.crs":
            raise
    # Without a transformation the coordinates are unchanged.
    description.lacks_crs = True
    return list(_read(files, {**description.conform, "srs": TARGET}))


def _describe_text(description: _Description, path: Path, files: list[Path]) -> list[FeatureBatch]:
    encoding = guess_encoding(path)
    if encoding:
        description.conform["encoding"] = encoding
    start = next(iter(TextFile(path, encoding).pieces()), b"").decode("utf-8", "replace")
    form = recognize_table(start.splitlines())
    if form is None:
        text = f"{path.name} is text, but not a table: no separator divides its lines into the same number of columns"
        raise TaskFailure("source.format", f"{text}: check what the URL returns")
    if form.separator != ",":
        description.conform["csvsplit"] = form.separator
    if form.header_line is None:
        description.conform["headers"] = -1
    elif form.header_line > 1:
        description.conform |= {"headers": form.header_line, "skiplines": form.header_line}
    return _read_table(description, form.names, files)


def _describe_parquet(description: _Description, path: Path, files: list[Path]) -> list[FeatureBatch]:
    try:
        return list(_read(files, description.conform))
    except TaskFailure as failure:
        if failure.code != "source.schema":
            raise
    with pq.ParquetFile(path) as file:
        names = tuple(file.schema_arrow.names)
    return _read_table(description, names, files)


def _describe_workbook(
    description: _Description, path: Path, files: list[Path], target: str | None
) -> list[FeatureBatch]:
    """Read the sheet without names; the first row that looks like names has them."""
    sheet = choose_sheet(_peek_sheets(path), target)
    if sheet.option:
        description.conform["layer"] = sheet.option
        description.others += sheet.others
    batches = _read_table(replace(description, conform={**description.conform, "headers": -1}), ("COLUMN1",), files)
    frame = pl.concat([batch.columns for batch in batches]) if batches else pl.DataFrame()
    rows = [[cell or "" for cell in row] for row in islice(frame.iter_rows(), _MAX_HEADER_ROW)]
    first = next((number for number, cells in enumerate(rows) if any(cells)), 0)
    header = _find_header(rows)
    if header is None:
        description.conform["headers"] = -1
        return batches
    description.names = tuple(make_names_unique([cell.strip() for cell in rows[header]], BadRows()))
    description.header_row = header + 1
    if header > first:
        description.conform |= {"headers": header + 1, "skiplines": header + 1}
    return batches


def _peek_sheets(path: Path) -> dict[str, tuple[int, Candidate]]:
    """Return the number of rows and the columns of each visible sheet that has rows."""
    peeked = {}
    for name, (height, rows) in peek_sheets(path, _MAX_HEADER_ROW).items():
        header = _find_header(rows)
        peeked[name] = height, Candidate(name, () if header is None else tuple(rows[header]))
    return peeked


def _find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the number of the row, from 0, that has the names of the columns; a title above them has fewer cells."""
    filled = [sum(bool(cell.strip()) for cell in cells) for cells in rows]
    widest = max(filled, default=0)
    likely = (number for number, cells in enumerate(rows) if is_header(cells))
    return next((number for number in likely if filled[number] * 2 > widest), None)


def _read_table(description: _Description, names: Sequence[str], files: list[Path]) -> list[FeatureBatch]:
    """Read a table with its first named column as coordinates, which a description does not use."""
    column = next((name for name in names if name), None)
    if column is None:
        raise TaskFailure("source.format", "the columns of the table have no names")
    batches = list(_read(files, {**description.conform, "lon": column, "lat": column}))
    return [replace(batch, geometry=_no_places(len(batch))) for batch in batches]


def _no_places(count: int) -> Points:
    missing = np.full(count, np.nan)
    return Points(missing, missing)


def _read(files: list[Path], conform: JsonObject, *, esri: bool = False) -> Iterator[FeatureBatch]:
    entry = TaskEntry("addresses", "data", (), "ESRI" if esri else "http", None, conform, {})
    return open_batches(files, entry, bad_rows=BadRows(), all_columns=True, limit=_PAGE if esri else _ROWS)


def _report(description: _Description, batches: list[FeatureBatch]) -> JsonObject:
    if not batches:
        raise TaskFailure("source.empty", "no features in the data: check what the URL returns")
    frame = pl.concat([batch.columns for batch in batches], how="diagonal").slice(description.header_row)
    names = description.names or tuple(frame.columns)
    columns = [
        {"name": name, **describe_column(frame.to_series(index))}
        for index, name in enumerate(names[:_MAX_COLUMNS])
        if name and index < frame.width
    ]
    places, shapes = _places(batches)
    return {
        "conform": description.conform,
        "compression": description.compression,
        "others": description.others[:20],
        "columns": columns,
        "rows": frame.height,
        "places": places,
        "shapes": shapes,
        "lacks_crs": description.lacks_crs,
    }


def _places(batches: list[FeatureBatch]) -> tuple[list[list[float]], str]:
    """Return the centers of features at even intervals, and the kind of most shapes: "point", "line" or "area"."""
    boxes = np.concatenate([bounds(batch.geometry) for batch in batches])
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return [], ""
    chosen = boxes[:: max(1, len(boxes) // _PLACES)][:_PLACES]
    return ((chosen[:, :2] + chosen[:, 2:]) / 2).tolist(), _usual_shape(batches)


def _usual_shape(batches: list[FeatureBatch]) -> str:
    dimensions = np.concatenate(
        [
            np.zeros(len(batch)) if isinstance(batch.geometry, Points) else shapely.get_dimensions(batch.geometry.array)
            for batch in batches
        ]
    )
    known = dimensions[dimensions >= 0]
    return ("point", "line", "area")[int(np.median(known))] if len(known) else ""
