"""Files that GDAL reads and that cannot be used."""

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
_VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>
</OGRVRTDataSource>"""


def write_layer(path: Path, crs: str | None = "EPSG:4326", *, shapes: tuple[str, ...] = ("POINT (1 2)",)) -> Path:
    """Write geometries with a column NO in the format of the path's suffix."""
    geometry = shapely.to_wkb(shapely.from_wkt(shapes))
    kind = shapely.from_wkt(shapes[0]).geom_type
    numbers = np.array([str(place + 1) for place in range(len(shapes))], dtype=object)
    pyogrio.raw.write(path, geometry, [numbers], ["NO"], geometry_type=kind, crs=crs)
    return path


def zipped(folder: Path) -> Path:
    """Pack a folder's files."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def _shapefiles(*names: str, crs: str | None = "EPSG:4326", shapes: tuple[str, ...] = ("POINT (1 2)",)) -> Any:
    def written(folder: Path) -> Path:
        packed = folder / "packed"
        packed.mkdir()
        for name in names:
            write_layer(packed / f"{name}.shp", crs, shapes=shapes)
        return zipped(packed)

    return written


def _changed(change: Callable[[Path], None]) -> Any:
    def written(folder: Path) -> Path:
        packed = folder / "packed"
        packed.mkdir()
        write_layer(packed / "a.shp")
        change(packed)
        return zipped(packed)

    return written


def _gpkg(**options: Any) -> Any:
    return lambda folder: write_layer(folder / "a.gpkg", **options)


CASES = {
    "several shapefiles and no file": Case(
        "source.empty",
        "not exactly one shapefile; set `file`; the data has a.shp, b.shp",
        _shapefiles("a", "b"),
        conform=_SHAPEFILE,
    ),
    "a file that is not in the archive": Case(
        "source.empty",
        "no shapefile named 'c'; the data has a.shp",
        _shapefiles("a"),
        conform={**_SHAPEFILE, "file": "c"},
    ),
    "no .prj and no srs": Case(
        "source.crs", "no coordinate reference system; set", _shapefiles("a", crs=None), conform=_SHAPEFILE
    ),
    "a .prj that lies": Case(
        "source.crs",
        "off the earth.*row 1 has '500000.0 200000.0'",
        _shapefiles("a", shapes=("POINT (500000 200000)",)),
        conform=_SHAPEFILE,
    ),
    "a .prj that is no CRS": Case(
        "source.crs",
        "no coordinate reference system",
        _changed(lambda folder: (folder / "a.prj").write_text("see the web site") and None),
        conform=_SHAPEFILE,
    ),
    "a shapefile that is none": Case(
        "source.format",
        "a.shp cannot be read as shapefile",
        _changed(lambda folder: (folder / "a.shp").write_bytes(b"x" * 200) and None),
        conform=_SHAPEFILE,
    ),
    "a shapefile cut off": Case(
        "source.format",
        "cannot be read as shapefile|no features|row",
        _changed(lambda folder: (folder / "a.shp").write_bytes((folder / "a.shp").read_bytes()[:50]) and None),
        conform=_SHAPEFILE,
    ),
    "a shapefile without features": Case(
        "source.empty", "no features", _changed(lambda folder: _emptied(folder / "a.shp")), conform=_SHAPEFILE
    ),
    "a layer that is not there": Case(
        "source.empty", "no layer 'b'; the data has a", _gpkg(), conform={**_GPKG, "layer": "b"}
    ),
    "a layer number that is not there": Case(
        "source.empty", "no layer 7; the data has a", _gpkg(), conform={**_GPKG, "layer": 7}
    ),
    "a GeoPackage that is text": Case(
        "source.format", "cannot be read as gpkg after row 0", b"hello", name="a.gpkg", conform=_GPKG
    ),
    "a GeoPackage that is a web page": Case(
        "source.format", "a web page, not gpkg data", b"<html>", name="a.gpkg", conform=_GPKG
    ),
    "a GeoPackage with a broken page": Case(
        "source.format",
        "cannot be read as gpkg",
        lambda folder: _overwritten(write_layer(folder / "a.gpkg")),
        conform=_GPKG,
    ),
    "a GeoPackage in an unknown EPSG code": Case(
        "source.crs", "'EPSG:99999' is unknown", _gpkg(), conform={**_GPKG, "srs": "EPSG:99999"}
    ),
    "no file geodatabase": Case("source.empty", "not exactly one gdb", _shapefiles("a"), conform={"format": "gdb"}),
    "GML cut off": Case(
        "source.format",
        "ends at byte 150 before its element c is closed",
        _GML[:150],
        name="a.gml",
        conform={"format": "xml", "srs": "EPSG:4326"},
    ),
    "GML without a CRS": Case(
        "source.crs", "no coordinate reference system", _GML, name="a.gml", conform={"format": "xml"}
    ),
    "XML that points to another file": Case(
        "source.format", "cannot be read as xml", _VRT, name="a.xml", conform={"format": "xml"}
    ),
}


def _emptied(path: Path) -> None:
    pyogrio.raw.write(
        path, np.array([], dtype=object), [np.array([], dtype=object)], ["NO"], geometry_type="Point", crs="EPSG:4326"
    )


def _overwritten(path: Path) -> Path:
    body = bytearray(path.read_bytes())
    body[2000:60_000] = b"\xff" * 58_000
    path.write_bytes(body)
    return path
