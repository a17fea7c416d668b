"""CSV files (ENGINE part A, section 6)."""

import csv
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
import polars as pl

from oa_task.failure import TaskFailure
from oa_task.features import FeatureBatch, Points
from oa_task.read.columns import suffixed
from oa_task.read.crs import to_lon_lat
from oa_task.read.request import ReadRequest

BATCH_ROWS = 20_000
_MAX_FIELD_BYTES = 10 * 1024 * 1024
_ENCODINGS = {"EUCKR": "euc_kr", "SHIFT_JISX0213": "shift_jisx0213", "UTF-8": "utf-8-sig", "UTF8": "utf-8-sig"}
Cells = list[str]


def read_csv(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of rows. Raises TaskFailure source.encoding, source.format, source.columns_missing."""
    path, conform = request.path, request.conform
    csv.field_size_limit(min(_MAX_FIELD_BYTES, sys.maxsize))
    encoding = conform.get("encoding", "utf-8-sig")
    encoding = _ENCODINGS.get(encoding.upper(), encoding)
    try:
        with path.open(encoding=encoding, newline="") as file:
            rows = csv.reader((line.replace("\0", "") for line in file), delimiter=conform.get("csvsplit", ","))
            yield from _batches(rows, request)
    except LookupError as error:
        raise TaskFailure("source.schema", f"unknown encoding {encoding!r}") from error
    except UnicodeDecodeError as error:
        text = f"{path.name} is not {encoding}: byte {error.object[error.start]:#04x} near byte {error.start}"
        raise TaskFailure("source.encoding", f"{text}; set `conform.encoding`") from error
    except csv.Error as error:
        raise TaskFailure("source.format", f"{path.name} is not CSV: {error}") from error
    except TypeError as error:
        raise TaskFailure("source.schema", f"csvsplit {conform.get('csvsplit')!r} is not one character") from error


def _batches(rows: Iterator[Cells], request: ReadRequest) -> Iterator[FeatureBatch]:
    conform = request.conform
    names, rest = _header(rows, conform)
    _check_place(names, conform)
    wanted = [(place, name) for place, name in enumerate(names) if name in request.columns]
    width, first_row = len(names), request.bad_rows.rows_read
    sound = (row + [""] * (width - len(row)) for row in rest if row and len(row) <= width)
    while batch := list(islice(sound, BATCH_ROWS)):
        data = {name: [row[place] for row in batch] for place, name in wanted}
        frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String), strict=False)
        yield FeatureBatch(first_row, frame, _points(batch, names, conform), tuple(names))
        first_row += len(batch)
        request.bad_rows.rows_read += len(batch)


def _header(rows: Iterator[Cells], conform: dict[str, Any]) -> tuple[list[str], Iterator[Cells]]:
    headers = conform.get("headers")
    if headers == -1:
        first = next(rows, [])
        return [f"COLUMN{place}" for place in range(1, len(first) + 1)], chain([first], rows)
    for _ in range(max((headers or conform.get("skiplines", 1)) - 1, 0)):
        next(rows, None)
    names = next(rows, None)
    if names is None:
        raise TaskFailure("source.empty", "the file has no header line")
    return suffixed(names), rows


def _check_place(names: list[str], conform: dict[str, Any]) -> None:
    missing = [conform[key] for key in ("lat", "lon") if conform.get(key) and conform[key] not in names]
    if missing:
        raise TaskFailure("source.columns_missing", f"no column {', '.join(missing)}; the data has {', '.join(names)}")


def _points(rows: list[Cells], names: list[str], conform: dict[str, Any]) -> Points:
    if not conform.get("lon") or not conform.get("lat"):
        nothing = np.full(len(rows), np.nan)
        return Points(nothing, nothing)
    x, y = (_numbers(rows, names.index(conform[key])) for key in ("lon", "lat"))
    unknown = np.isnan(x) | np.isnan(y)
    x[unknown] = y[unknown] = np.nan
    return Points(*to_lon_lat(x, y, conform.get("srs")))


def _numbers(rows: list[Cells], place: int) -> np.ndarray:
    return np.array([_number(row[place]) for row in rows], dtype=float)


def _number(cell: str) -> float:
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan
