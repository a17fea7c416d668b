"""Lines of GeoJSON from a CSV file and its definition, in one pass over the rows."""

import csv
import json
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

from bench.reference.rows import RowRules

Project = Callable[[str, str], Any]


def entry_of(definition: dict[str, Any], layer: str, name: str) -> dict[str, Any]:
    """Return the entry of a definition by layer and name."""
    body: dict[str, Any] = next(entry for entry in definition["layers"][layer] if entry["name"] == name)
    return body


def convert(data: Path, conform: dict[str, Any], layer: str, out: TextIO) -> int:
    """Write the features of a file; return their number."""
    count = 0
    project = _projection(conform.get("srs"))
    for line in lines(data, conform, layer, project):
        out.write(line)
        count += 1
    return count


def lines(data: Path, conform: dict[str, Any], layer: str, project: Project) -> Iterator[str]:
    """Yield one line for each feature, without its hash."""
    with data.open(encoding=conform.get("encoding", "utf-8-sig"), newline="") as file:
        names, rows = _table(csv.reader(file, delimiter=conform.get("csvsplit", ",")), conform)
        rules = RowRules(layer, conform, names)
        for cells in rows:
            if not cells or len(cells) > len(names):
                continue
            row = {name: _unix(cell) for name, cell in zip_longest(names, cells, fillvalue="")}
            point = _point(row[conform["lon"]], row[conform["lat"]], project)
            feature = {"type": "Feature", "properties": rules.properties(row)}
            feature["geometry"] = point
            yield json.dumps(feature) + "\n"


def _unix(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell


def _table(reader: Iterator[list[str]], conform: dict[str, Any]) -> tuple[list[str], Iterator[list[str]]]:
    headers = conform.get("headers", conform.get("skiplines", 1))
    if headers == -1:
        first = next(reader)
        return [f"COLUMN{index + 1}" for index in range(len(first))], _with_first(first, reader)
    for _ in range(headers - 1):
        next(reader)
    return next(reader), reader


def _with_first(first: list[str], reader: Iterator[list[str]]) -> Iterator[list[str]]:
    yield first
    yield from reader


def _point(lon: str, lat: str, project: Project) -> dict[str, Any] | None:
    if not lon or not lat:
        return None
    x, y = project(lon.replace(",", "."), lat.replace(",", "."))
    return {"type": "Point", "coordinates": [round(x, 7), round(y, 7)]}


def _projection(srs: str | None) -> Project:
    if srs in (None, "EPSG:4326"):
        return lambda x, y: (float(x), float(y))
    import pyproj  # noqa: PLC0415 - most files need no projection

    transformer = pyproj.Transformer.from_crs(srs, 4326, always_xy=True)
    return lambda x, y: transformer.transform(float(x), float(y))
