"""Unusable files of the formats read through GDAL."""

import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from oa_task.read.gdal import pyogrio
from support.bad_input.case import Case

_SHAPEFILE: dict[str, Any] = {"format": "shapefile"}
_GPKG: dict[str, Any] = {"format": "gpkg"}
_GML = b"""<?xml version="1.0"?><c xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><f fid="1">
<gml:pointProperty><gml:Point><gml:coordinates>1,2</gml:coordinates></gml:Point></gml:pointProperty></f>
</gml:featureMember></c>"""
_WFS = _GML.replace(b"<c ", b'<w:FeatureCollection xmlns:w="w" numberMatched="400" ').replace(
    b"</c>", b"</w:FeatureCollection>"
)
_SITE_GRID = 'LOCAL_CS["Site grid",LOCAL_DATUM["Site",0],UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'
_VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>
</OGRVRTDataSource>"""


def write_layer(path: Path, crs: str | None = "EPSG:4326", *, shapes: tuple[str, ...] = ("POINT (1 2)",)) -> Path:
    """Write geometries with a column NO in the format that the suffix of the path names."""
    geometry = shapely.to_wkb(shapely.from_wkt(shapes))
    kind = shapely.from_wkt(shapes[0]).geom_type
    numbers = np.array([str(place + 1) for place in range(len(shapes))], dtype=object)
    # With all drivers of GDAL, two claim this suffix.
    driver = "OpenFileGDB" if path.suffix == ".gdb" else None
    pyogrio.raw.write(path, geometry, [numbers], ["NO"], geometry_type=kind, crs=crs, driver=driver)
    return path


def zip_folder(folder: Path) -> Path:
    """Write the files of a folder to a zip file next to it."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def _shapefiles(*names: str, crs: str | None = "EPSG:4326", shapes: tuple[str, ...] = ("POINT (1 2)",)) -> Any:
    def write(folder: Path) -> Path:
        packed = folder / "packed"
        packed.mkdir()
        for name in names:
            write_layer(packed / f"{name}.shp", crs, shapes=shapes)
        return zip_folder(packed)

    return write


def _shapefile_after(change: Callable[[Path], None]) -> Any:
    def write(folder: Path) -> Path:
        packed = folder / "packed"
        packed.mkdir()
        write_layer(packed / "a.shp")
        change(packed)
        return zip_folder(packed)

    return write


def _gpkg(**options: Any) -> Any:
    return lambda folder: write_layer(folder / "a.gpkg", **options)


CASES = {
    "several shapefiles and no file": Case(
        "source.empty",
        ("shapefile", "`conform.file`", "a.shp, b.shp"),
        _shapefiles("a", "b"),
        conform=_SHAPEFILE,
    ),
    "a file missing from the archive": Case(
        "source.empty",
        ("shapefile", "'c'", "`conform.file`", "a.shp"),
        _shapefiles("a"),
        conform={**_SHAPEFILE, "file": "c"},
    ),
    "no .prj and no srs": Case("source.crs", ("`conform.srs`",), _shapefiles("a", crs=None), conform=_SHAPEFILE),
    "a wrong .prj": Case(
        "source.crs",
        ("outside the valid range", "row 1", "'500000.0 200000.0'"),
        _shapefiles("a", shapes=("POINT (500000 200000)",)),
        conform=_SHAPEFILE,
    ),
    "a .prj that is not a CRS": Case(
        "source.crs",
        ("`conform.srs`",),
        _shapefile_after(lambda folder: (folder / "a.prj").write_text("see the web site") and None),
        conform=_SHAPEFILE,
    ),
    "a file that is not a shapefile": Case(
        "source.format",
        ("a.shp", "text that begins 'xxx", "a shapefile"),
        _shapefile_after(lambda folder: (folder / "a.shp").write_bytes(b"x" * 200) and None),
        conform=_SHAPEFILE,
    ),
    "a truncated shapefile": Case(
        "source.format",
        ("a.shp", "shapefile", "row 0"),
        _shapefile_after(lambda folder: (folder / "a.shp").write_bytes((folder / "a.shp").read_bytes()[:50]) and None),
        conform=_SHAPEFILE,
    ),
    "a shapefile without a .dbf file": Case(
        "source.columns_missing",
        ("a.dbf is missing", "a.shp"),
        _shapefile_after(lambda folder: (folder / "a.dbf").unlink()),
        conform=_SHAPEFILE,
        rules={"number": "NO"},
    ),
    "an empty .dbf file": Case(
        "source.columns_missing",
        ("a.dbf is empty", "a.shp"),
        _shapefile_after(lambda folder: (folder / "a.dbf").write_bytes(b"") and None),
        conform=_SHAPEFILE,
        rules={"number": "NO"},
    ),
    "a damaged header of a .dbf file": Case(
        "source.format",
        ("a.dbf", "header", "0 fields"),
        _shapefile_after(lambda folder: (folder / "a.dbf").write_bytes(bytes(100)) and None),
        conform=_SHAPEFILE,
    ),
    "a .dbf file that lacks rows": Case(
        "source.format",
        ("1 of 1 rows", "a.dbf", "a.shp has 1 shapes"),
        _shapefile_after(lambda folder: (folder / "a.dbf").write_bytes((folder / "a.dbf").read_bytes()[:70]) and None),
        conform=_SHAPEFILE,
    ),
    "a shapefile that is not in the declared encoding": Case(
        "source.encoding",
        ("utf-8", "`conform.encoding`", "'NO'", "row 1"),
        _shapefile_after(lambda folder: _replace_last_text(folder / "a.dbf", b"\xe9")),
        conform={**_SHAPEFILE, "encoding": "utf-8"},
        rules={"number": "NO"},
    ),
    "a shapefile without features": Case(
        "source.empty", (), _shapefile_after(lambda folder: _write_empty(folder / "a.shp")), conform=_SHAPEFILE
    ),
    "a missing layer": Case(
        "source.empty", ("'b'", "`conform.layer`", "has a"), _gpkg(), conform={**_GPKG, "layer": "b"}
    ),
    "a missing layer number": Case(
        "source.empty", (" 7 ", "`conform.layer`", "has a"), _gpkg(), conform={**_GPKG, "layer": 7}
    ),
    "text instead of a GeoPackage": Case(
        "source.format", ("a.gpkg", "'hello'"), b"hello", name="a.gpkg", conform=_GPKG
    ),
    "a web page instead of a GeoPackage": Case(
        "source.format", ("a.gpkg", "GeoPackage"), b"<html>", name="a.gpkg", conform=_GPKG
    ),
    "a GeoPackage with a damaged page": Case(
        "source.format",
        ("a.gpkg", "row 0"),
        lambda folder: _overwrite_pages(write_layer(folder / "a.gpkg")),
        conform=_GPKG,
    ),
    "a GeoPackage in an unknown EPSG code": Case(
        "source.crs", ("'EPSG:99999'", "`conform.srs`"), _gpkg(), conform={**_GPKG, "srs": "EPSG:99999"}
    ),
    "a .prj of a site grid": Case(
        "source.crs",
        ("'Site grid'", "Engineering CRS", "`conform.srs`"),
        _shapefile_after(lambda folder: (folder / "a.prj").write_text(_SITE_GRID) and None),
        conform=_SHAPEFILE,
    ),
    "a GeoPackage without a place on Earth": Case(
        "source.crs", ("Engineering CRS", "`conform.srs`"), _gpkg(crs=_SITE_GRID), conform=_GPKG
    ),
    "a system of heights as srs": Case(
        "source.crs",
        ("'EPSG:5703' (NAVD88 height)", "Vertical CRS", "`conform.srs`"),
        _gpkg(),
        conform={**_GPKG, "srs": "EPSG:5703"},
    ),
    "a geocentric system as srs": Case(
        "source.crs",
        ("'EPSG:4978' (WGS 84)", "Geocentric CRS", "`conform.srs`"),
        _gpkg(),
        conform={**_GPKG, "srs": "EPSG:4978"},
    ),
    "a map of the Moon as srs": Case(
        "source.crs",
        ("'ESRI:104903'", "has no transformation", "celestial body", "`conform.srs`"),
        _gpkg(),
        conform={**_GPKG, "srs": "ESRI:104903"},
    ),
    "a GeoPackage of truncated geometries": Case(
        "source.bad_rows",
        ("invalid geometry", "row 1", "3 bytes are missing"),
        lambda folder: _truncate_geometries(write_layer(folder / "a.gpkg", shapes=("LINESTRING (1 2, 3 4)",))),
        conform=_GPKG,
    ),
    "a missing file geodatabase": Case(
        "source.empty", ("gdb", "a.shp", "b.shp"), _shapefiles("a", "b"), conform={"format": "gdb"}
    ),
    "GML that is damaged in the middle": Case(
        "source.format",
        ("a.gml", "mismatched tag", "line 2", "of 1 rows"),
        _GML.replace(b"<f ", b"<g "),
        name="a.gml",
        conform={"format": "xml", "srs": "EPSG:4326"},
    ),
    "truncated GML": Case(
        "source.format",
        ("a.gml", "byte 150 ", "element c "),
        _GML[:150],
        name="a.gml",
        conform={"format": "xml", "srs": "EPSG:4326"},
    ),
    "a page of a WFS query": Case(
        "upstream.truncated",
        ("a.gml", "400 features", "numberMatched", "has 1"),
        _WFS,
        name="a.gml",
        conform={"format": "xml", "srs": "EPSG:4326"},
    ),
    "a truncated WFS response": Case(
        "upstream.truncated",
        ("a.gml", "truncatedResponse"),
        _WFS.replace(b"</gml:featureMember>", b"</gml:featureMember><w:truncatedResponse/>"),
        name="a.gml",
        conform={"format": "xml", "srs": "EPSG:4326"},
    ),
    "GML in a system of heights": Case(
        "source.crs",
        ("NAVD88 height", "Vertical CRS", "`conform.srs`"),
        _GML.replace(b"<gml:Point>", b'<gml:Point srsName="EPSG:5703">'),
        name="a.gml",
        conform={"format": "xml"},
    ),
    "GML of shapes that are none": Case(
        "source.format",
        ("geometry cannot be read", "row 1", "feature 1 1 cannot be parsed"),
        _GML.replace(b"<gml:coordinates>1,2</gml:coordinates>", b""),
        name="a.gml",
        conform={"format": "xml", "srs": "EPSG:4326"},
    ),
    "GML without a CRS": Case("source.crs", ("`conform.srs`",), _GML, name="a.gml", conform={"format": "xml"}),
    "XML that points to another file": Case("source.format", ("a.xml",), _VRT, name="a.xml", conform={"format": "xml"}),
}


def _truncate_geometries(path: Path) -> Path:
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE a SET geom = substr(geom, 1, length(geom) - 3)")
    database.close()
    return path


def _replace_last_text(path: Path, text: bytes) -> None:
    """Replace the last text in the table of a shapefile."""
    body = path.read_bytes()
    path.write_bytes(body.replace(b" 1", b" " + text))


def _write_empty(path: Path) -> None:
    pyogrio.raw.write(
        path, np.array([], dtype=object), [np.array([], dtype=object)], ["NO"], geometry_type="Point", crs="EPSG:4326"
    )


def _overwrite_pages(path: Path) -> Path:
    body = bytearray(path.read_bytes())
    body[2000:60_000] = b"\xff" * 58_000
    path.write_bytes(body)
    return path
