"""Unusable files of the formats read through GDAL."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from support.bad_input.case import Case

_SHAPEFILE: dict[str, Any] = {"format": "shapefile"}
_GPKG: dict[str, Any] = {"format": "gpkg"}
_GML = b"""<?xml version="1.0"?><c xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><f fid="1">
<gml:pointProperty><gml:Point><gml:coordinates>1,2</gml:coordinates></gml:Point></gml:pointProperty></f>
</gml:featureMember></c>"""
_WFS = _GML.replace(b"<c ", b'<w:FeatureCollection xmlns:w="w" numberMatched="400" ').replace(
    b"</c>", b"</w:FeatureCollection>"
)
_VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>
</OGRVRTDataSource>"""


def write_layer(path: Path, crs: str | None = "EPSG:4326", *, shapes: tuple[str, ...] = ("POINT (1 2)",)) -> Path:
    """Write geometries with a column NO in the format that the suffix of the path names."""
    geometry = shapely.to_wkb(shapely.from_wkt(shapes))
    kind = shapely.from_wkt(shapes[0]).geom_type
    numbers = np.array([str(place + 1) for place in range(len(shapes))], dtype=object)
    pyogrio.raw.write(path, geometry, [numbers], ["NO"], geometry_type=kind, crs=crs)
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
        ("a.shp", "shapefile", "row 0"),
        _shapefile_after(lambda folder: (folder / "a.shp").write_bytes(b"x" * 200) and None),
        conform=_SHAPEFILE,
    ),
    "a truncated shapefile": Case(
        "source.format",
        ("a.shp", "shapefile", "row 0"),
        _shapefile_after(lambda folder: (folder / "a.shp").write_bytes((folder / "a.shp").read_bytes()[:50]) and None),
        conform=_SHAPEFILE,
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
    "text instead of a GeoPackage": Case("source.format", ("a.gpkg", "row 0"), b"hello", name="a.gpkg", conform=_GPKG),
    "a web page instead of a GeoPackage": Case(
        "source.format", ("a.gpkg", "gpkg"), b"<html>", name="a.gpkg", conform=_GPKG
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
    "a missing file geodatabase": Case("source.empty", ("gdb", "a.shp"), _shapefiles("a"), conform={"format": "gdb"}),
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
    "GML without a CRS": Case("source.crs", ("`conform.srs`",), _GML, name="a.gml", conform={"format": "xml"}),
    "XML that points to another file": Case(
        "source.format", ("a.xml", "row 0"), _VRT, name="a.xml", conform={"format": "xml"}
    ),
}


def _write_empty(path: Path) -> None:
    pyogrio.raw.write(
        path, np.array([], dtype=object), [np.array([], dtype=object)], ["NO"], geometry_type="Point", crs="EPSG:4326"
    )


def _overwrite_pages(path: Path) -> Path:
    body = bytearray(path.read_bytes())
    body[2000:60_000] = b"\xff" * 58_000
    path.write_bytes(body)
    return path
