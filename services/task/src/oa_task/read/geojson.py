"""GeoJSON: collections and sequences, streamed, properties as text (ENGINE part A, section 6)."""

import json
from collections.abc import Container, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import ijson
import numpy as np
import polars as pl
import shapely

from oa_task.failure import TaskFailure
from oa_task.features import FeatureBatch
from oa_task.read.columns import text
from oa_task.read.crs import lon_lat_shapes, projection
from oa_task.read.request import ReadRequest

BATCH_ROWS = 10_000
Feature = dict[str, Any]
_MARKUP = (b"<!doctype html", b"<html", b"<?xml")


def read_geojson(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of features that have a geometry. Raises TaskFailure source.format."""
    path = request.path
    srs = request.conform.get("srs") or _named_crs(path)
    features = _features(path)
    first_row = request.bad_rows.rows_read
    try:
        while batch := list(islice(features, BATCH_ROWS)):
            yield _batch(batch, request.columns, srs, first_row, request.bad_rows)
            first_row += len(batch)
            request.bad_rows.rows_read += len(batch)
    except (ijson.JSONError, json.JSONDecodeError, UnicodeDecodeError) as error:
        text_ = f"{path.name} is not sound GeoJSON after feature {first_row}: {error}"
        raise TaskFailure("source.format", text_) from error


def _features(path: Path) -> Iterator[Feature]:
    """Yield the features of a collection, or of a file with one feature a line."""
    with path.open("rb") as file:
        start = file.read(64 * 1024).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e")
        if start.lower().startswith(_MARKUP):
            raise TaskFailure("source.format", f"{path.name} is a web page or XML, not GeoJSON")
        file.seek(0)
        if _is_sequence(start):
            yield from (json.loads(line.strip(b"\x1e \r\n")) for line in file if line.strip(b"\x1e \r\n"))
            return
        if file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        yield from ijson.items(file, "features.item", use_float=False)


def _is_sequence(start: bytes) -> bool:
    first_line = start.split(b"\n", 1)[0].strip()
    try:
        first = json.loads(first_line)
    except ValueError:
        return False
    return isinstance(first, dict) and first.get("type") == "Feature"


def _named_crs(path: Path) -> str | None:
    """Return the name in a collection's `crs` member where it stands before the features."""
    with path.open("rb") as file:
        head = file.read(64 * 1024).decode("utf-8", "ignore")
    before = head.partition('"features"')[0]
    if '"crs"' not in before:
        return None
    name = before.partition('"crs"')[2].partition('"name"')[2].partition('"')[2]
    name = name.rpartition('"')[0].split('"')[-1] if name.count('"') > 1 else name.partition('"')[0]
    return name or None


def _batch(
    features: list[Feature], columns: Container[str], srs: str | None, first_row: int, bad_rows: Any
) -> FeatureBatch:
    kept = [(item, shape) for item in features if (shape := _shape(item)) is not None]
    properties = [item.get("properties") or {} for item, _ in kept]
    present = sorted({name for row in properties for name in row if name in columns})
    data = {name: [_text(row.get(name)) for row in properties] for name in present}
    shapes = np.empty(len(kept), dtype=object)
    shapes[:] = [shape for _, shape in kept]
    frame = pl.DataFrame(data or {"": [""] * len(kept)}, schema=dict.fromkeys(data or [""], pl.String))
    available = tuple(sorted({name for row in properties for name in row}))
    return FeatureBatch(
        first_row,
        frame,
        lon_lat_shapes(shapes, np.arange(len(shapes)), srs=projection(srs), bad_rows=bad_rows),
        available,
    )


def _shape(feature: Any) -> Any | None:
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        return None
    try:
        return shapely.from_geojson(json.dumps(feature["geometry"], default=float))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        number = float(value)
        return str(int(number)) if number.is_integer() else str(number)
    return text(_plain(value)) if isinstance(value, list | dict) else text(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, Iterable) and not isinstance(value, str) else value
