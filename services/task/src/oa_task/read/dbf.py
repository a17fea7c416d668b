"""The table of a shapefile: the header of a .dbf file, and its records as bytes (docs/engine.md, "Shapefiles").

The layout is that of dBASE III: a header of 32 bytes, 32 bytes for each field, an end mark, records of fixed length.
GDAL reads the same bytes, but recodes names and texts before the reader can judge them, returns numbers of 19 digits
and more as floats, and ends without an error where the file does.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.mapped_numbers import MappedNumbers

_HEADER = struct.Struct("<4xIHH17xB2x")
_FIELD = struct.Struct("<11sc4xBB14x")
_END_OF_FIELDS = 0x0D
_LIVE, _DELETED = ord(" "), ord("*")
_COUNTED_RECORDS = 20_000


@dataclass(frozen=True, slots=True)
class DbfField:
    """A field: its name as bytes, its type, its place in a record in bytes, the number of its decimals."""

    name: bytes
    kind: str
    start: int
    width: int
    decimals: int


@dataclass(frozen=True, slots=True)
class DbfTable:
    """The records of a .dbf file.

    `announced` is the number of records that the header states, `records` the complete ones as an array of bytes with a
    row for each: a view of the file, whose pages stay in memory until `release`. `language` is the byte that names a
    code page, 0 for none.
    """

    fields: tuple[DbfField, ...]
    announced: int
    language: int
    records: np.ndarray
    _mapped: MappedNumbers

    def count_deleted(self, shapes: int) -> int:
        """Return how many of the complete records among the first ones, one for each shape, are marked as deleted."""
        count, end = 0, min(shapes, len(self.records))
        for start in range(0, end, _COUNTED_RECORDS):
            marks = self.records[start : min(start + _COUNTED_RECORDS, end), 0]
            count += int((marks == _DELETED).sum())
            self.release()
        return count

    def release(self) -> None:
        """Take the records that were read out of memory: the file may be larger than it."""
        self._mapped.release()

    def is_damaged(self, rows: np.ndarray) -> np.ndarray:
        """Return which of the records begin with neither of the two marks of a record."""
        marks = self.records[rows, 0]
        flags: np.ndarray = (marks != _LIVE) & (marks != _DELETED)
        return flags


def open_table(path: Path) -> DbfTable:
    """Return the table of a .dbf file. Raises TaskFailure source.format for a header that is damaged or cut."""
    with path.open("rb") as file:
        start = file.read(_HEADER.size)
        if len(start) < _HEADER.size:
            raise _unreadable(path, f"it has {len(start):,} bytes, fewer than a header")
        announced, header_bytes, record_bytes, language = _HEADER.unpack(start)
        body = file.read(max(header_bytes - _HEADER.size, 0))
    fields = _fields(body)
    width = 1 + sum(field.width for field in fields)
    if not fields or len(body) + _HEADER.size < header_bytes or record_bytes < width:
        sizes = f"a header of {header_bytes:,} bytes, records of {record_bytes:,} bytes, {len(fields):,} fields"
        raise _unreadable(path, f"its header is damaged ({sizes})")
    complete = min(announced, max(path.stat().st_size - header_bytes, 0) // record_bytes)
    mapped = MappedNumbers(path, np.uint8, offset=header_bytes, count=complete * record_bytes)
    return DbfTable(fields, announced, language, mapped.array.reshape(complete, record_bytes), mapped)


def _fields(body: bytes) -> tuple[DbfField, ...]:
    fields = []
    start = 1
    for offset in range(0, len(body) - _FIELD.size + 1, _FIELD.size):
        if body[offset] == _END_OF_FIELDS:
            break
        name, kind, width, decimals = _FIELD.unpack_from(body, offset)
        kind = kind.decode("latin-1")
        fields.append(DbfField(name.partition(b"\0")[0].rstrip(b" "), kind, start, width, decimals))
        start += width
    return tuple(fields)


def _unreadable(path: Path, reason: str) -> TaskFailure:
    text = f"{path.name}, which holds the attributes of the shapefile, cannot be read: {reason}; check the data"
    return TaskFailure("source.format", text)
