"""Writes .dbf files byte by byte, and shapefiles around them, sound and damaged."""

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely

HEADER_BYTES, FIELD_BYTES = 32, 32


@dataclass(frozen=True)
class Field:
    """A field: its name in bytes, its type, its width in bytes and its decimals."""

    name: bytes
    kind: str = "C"
    width: int = 30
    decimals: int = 0


def dbf(
    fields: Sequence[Field],
    rows: Sequence[Sequence[bytes]],
    *,
    language: int = 0,
    deleted: Collection[int] = (),
    announced: int | None = None,
) -> bytes:
    """Return a table; numbers are aligned to the right, other values to the left."""
    width = 1 + sum(field.width for field in fields)
    size = HEADER_BYTES + FIELD_BYTES * len(fields) + 1
    count = len(rows) if announced is None else announced
    parts = [struct.pack("<BBBBIHH17xBxx", 3, 124, 1, 1, count, size, width, language)]
    parts += [
        struct.pack("<11sc4xBB14x", field.name, field.kind.encode(), field.width, field.decimals) for field in fields
    ]
    parts.append(b"\r")
    for number, row in enumerate(rows):
        parts.append(b"*" if number in deleted else b" ")
        parts += [_cell(value, field) for value, field in zip(row, fields, strict=True)]
    return b"".join(parts) + b"\x1a"


def shapefile(folder: Path, table: bytes | None, count: int, *, cpg: bytes | None = None) -> Path:
    """Write a shapefile of points, number n at longitude n / 100, with this .dbf file; return the .shp file."""
    path = folder / "a.shp"
    points = shapely.to_wkb(shapely.points(np.arange(count) / 100, np.full(count, 10.0)))
    pyogrio.raw.write(path, points, [np.arange(count)], ["X"], geometry_type="Point", crs="EPSG:4326")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_bytes(cpg)
    if table is None:
        path.with_suffix(".dbf").unlink()
    else:
        path.with_suffix(".dbf").write_bytes(table)
    return path


def _cell(value: bytes, field: Field) -> bytes:
    cell = value.rjust(field.width) if field.kind in "NF" else value.ljust(field.width)
    return cell[: field.width]
