"""Data files of each format that the engine reads, from rows of text and numbers with a geometry."""

import csv
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio
import shapely

Cell = str | int | float | None
Rows = Sequence[Mapping[str, Cell]]
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHAPEFILE_BYTES = 254
_SRS = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class LayerFormat:
    """A format: how to write it, and what of a text it can hold.

    `conform` selects the format; `column` returns the name that the format gives a column. `text` returns what a reader
    gets for a text cell, None where a text is missing. `is_typed` is set if columns have types. `protocol` and
    `compression` are those of the entry.
    """

    conform: dict[str, str]
    write: Callable[[Path, Rows, Sequence[shapely.Geometry]], Path]
    text: Callable[[str], str]
    column: Callable[[str], str] = str
    protocol: str = "http"
    compression: str | None = None
    is_typed: bool = True
    layers: frozenset[str] = field(default=frozenset({"addresses", "parcels", "buildings", "centerlines"}))


def unix_lines(text: str) -> str:
    """Return text with LF as the end of each line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _without_nul(text: str) -> str:
    return unix_lines(text).replace("\0", "")


def _cut(text: str) -> str:
    """Return the text of a .dbf field: no NUL, at most 254 bytes, no spaces around it, which GDAL removes."""
    encoded = _without_nul(text).encode()[:_SHAPEFILE_BYTES]
    return encoded.decode(errors="ignore").strip(" ")


def _xml_text(text: str) -> str:
    return _NOT_IN_XML.sub("", _without_nul(text)).strip()


def _identifier(name: str) -> str:
    """Return the name without the characters that file geodatabases and XML replace."""
    return re.sub(r"[^A-Za-z0-9]", "_", name)


def write_csv(folder: Path, rows: Rows, shapes: Sequence[shapely.Geometry]) -> Path:
    """Write points with the columns X and Y."""
    path = folder / "data.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*rows[0], "X", "Y"])
        for row, shape in zip(rows, shapes, strict=True):
            cells = ["" if value is None else value for value in row.values()]
            writer.writerow([*cells, repr(shape.x), repr(shape.y)])
    return path


def write_geojson(folder: Path, rows: Rows, shapes: Sequence[shapely.Geometry]) -> Path:
    """Write a FeatureCollection."""
    features = [
        {"type": "Feature", "properties": dict(row), "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    path = folder / "data.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def write_esri(folder: Path, rows: Rows, shapes: Sequence[shapely.Geometry]) -> Path:
    """Write the lines that a download of an ArcGIS layer leaves."""
    path = folder / "esri.jsonl"
    lines = [
        {"srs": _SRS, "fields": list(rows[0])},
        *({"attributes": dict(row), "geometry": esri_geometry(s)} for row, s in zip(rows, shapes, strict=True)),
        {"end": len(rows)},
    ]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    return path


def esri_geometry(shape: shapely.Geometry) -> dict[str, object]:
    """Return a point, a line or a polygon as Esri JSON, with clockwise shells."""
    if shape.geom_type == "Point":
        return {"x": shape.x, "y": shape.y}
    if shape.geom_type == "LineString":
        return {"paths": [list(shape.coords)]}
    shell = list(shape.exterior.coords)
    return {"rings": [shell[::-1] if shape.exterior.is_ccw else shell]}


def write_layer(
    path: Path,
    rows: Rows,
    shapes: Sequence[shapely.Geometry],
    driver: str,
    *,
    srs: str = _SRS,
    layer: str | None = None,
) -> None:
    """Write a layer with GDAL; text is UTF-8."""
    names = list(rows[0])
    options = {"encoding": "UTF-8"} if driver == "ESRI Shapefile" else {}
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        [_array([row[name] for row in rows]) for name in names],
        names,
        geometry_type=shapes[0].geom_type,
        crs=srs,
        driver=driver,
        layer=layer,
        **options,
    )


def _array(values: Sequence[Cell]) -> np.ndarray:
    for kind, dtype in ((int, np.int32), (float, np.float64)):
        if all(type(value) is kind for value in values):
            return np.array(values, dtype=dtype)
    return np.array(values, dtype=object)


def write_gpkg(folder: Path, rows: Rows, shapes: Sequence[shapely.Geometry]) -> Path:
    """Write a GeoPackage."""
    write_layer(folder / "data.gpkg", rows, shapes, "GPKG")
    return folder / "data.gpkg"


def zipped_layer(suffix: str, driver: str) -> Callable[[Path, Rows, Sequence[shapely.Geometry]], Path]:
    """Return a function that writes a zip with all files of a format."""

    def write(folder: Path, rows: Rows, shapes: Sequence[shapely.Geometry]) -> Path:
        inner = folder / "inner"
        inner.mkdir()
        write_layer(inner / f"data{suffix}", rows, shapes, driver)
        path = folder / "data.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(inner.rglob("*")):
                archive.write(file, file.relative_to(inner))
        return path

    return write


FORMATS = {
    "csv": LayerFormat(
        {"format": "csv", "lon": "X", "lat": "Y"},
        write_csv,
        _without_nul,
        is_typed=False,
        layers=frozenset({"addresses"}),
    ),
    "geojson": LayerFormat({"format": "geojson"}, write_geojson, unix_lines),
    "esri": LayerFormat({"format": "geojson"}, write_esri, unix_lines, protocol="ESRI"),
    "gpkg": LayerFormat({"format": "gpkg"}, write_gpkg, _without_nul),
    "shapefile": LayerFormat({"format": "shapefile"}, zipped_layer(".shp", "ESRI Shapefile"), _cut, compression="zip"),
    "gdb": LayerFormat(
        {"format": "gdb"}, zipped_layer(".gdb", "OpenFileGDB"), _without_nul, column=_identifier, compression="zip"
    ),
    "gml": LayerFormat(
        {"format": "xml"}, zipped_layer(".gml", "GML"), _xml_text, column=_identifier, compression="zip"
    ),
}
