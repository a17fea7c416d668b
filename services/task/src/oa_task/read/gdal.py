"""GDAL, restricted to the formats of sources and without network access."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# GDAL reads this setting once, when pyogrio is first imported. The content of a file, not its name, selects the driver.
_UNUSED = (
    *("ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "DXF", "EDIGEO", "EEDA"),
    *("ESRIJSON", "Elasticsearch", "FlatGeobuf", "GDALG", "GPSBabel", "GPX", "GTFS", "GeoJSON", "GeoJSONSeq"),
    *("GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LVBAG", "MBTiles", "MVT"),
    *("MapML", "MiraMonVector", "NGW", "OAPIF", "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT", "OSM", "PCIDSK"),
    *("PDF", "PDS4", "PGDUMP", "PLSCENES", "PMTiles", "S57", "SQLite", "SXF", "Selafin", "TopoJSON", "VDV", "VFK"),
    *("VICAR", "WAsP", "WFS", "XLSX"),
)
DRIVERS = {
    "shapefile": "ESRI Shapefile",
    "shapefile-polygon": "ESRI Shapefile",
    "gpkg": "GPKG",
    "gdb": "OpenFileGDB",
    "xml": "GML",
    "kml": "LIBKML",
    "mapinfo": "MapInfo File",
}
os.environ.setdefault("GDAL_SKIP", ",".join(_UNUSED))

import pyogrio as pyogrio  # noqa: E402, PLC0414 - reads the setting above; the readers import it from here
from pyogrio._geometry import GEOMETRY_TYPES  # noqa: E402 - the only place to name a type

# The errors of files and layers that GDAL cannot open.
UNREADABLE = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError)
_Z_BIT = 0x80000000  # of a type without its own kind, as GDAL writes it

# pyogrio refuses a layer whose type it does not know, before any feature: any type with Z or M, surfaces, TINs and
# triangles. The name that it gives a type has no effect on the features.
GEOMETRY_TYPES.update(
    {
        _Z_BIT: "Unknown",
        -_Z_BIT: "Unknown",
        **{thousands + kind: "Unknown" for thousands in (0, 1000, 2000, 3000) for kind in (0, 15, 16, 17)},
    }
)
pyogrio.set_gdal_config_options(
    {
        "OGR_ORGANIZE_POLYGONS": "DEFAULT",  # the nesting of rings, not their direction, decides which are holes
        "GML_SKIP_CORRUPTED_FEATURES": True,  # continue after a geometry that GDAL cannot read, with a warning
    }
)
# Warnings about the declared type of a layer and the name of a file, which have no effect on the features.
_WITHOUT_EFFECT = (
    re.compile(r"Unrecognized geometry type"),
    re.compile(r"Measured \(M\) geometry types are not supported"),
    re.compile(r"File .* has GPKG application_id, but non conformant file extension"),
)
_ADVICE_FOR_PROGRAMMERS = "It might help to specify the correct driver"
# Fetch nothing, whatever a file refers to.
OPEN_OPTIONS = {"xml": {"DOWNLOAD_SCHEMA": "NO"}}


@contextmanager
def rebuild_shape_index() -> Iterator[None]:
    """Let GDAL write the .shx of each shapefile that it opens, from the .shp; the .shx may be absent or damaged.

    Applies to the whole process, and makes GDAL find no layer in a shapefile that it cannot write to, such as one in a
    zip: use it only around the opening of an unpacked source.
    """
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})


def has_no_effect(warning: str) -> bool:
    """Return whether a warning is about the declared type of a layer or the name of a file, not about features."""
    return any(pattern.match(warning) for pattern in _WITHOUT_EFFECT)


def plain_message(error: Exception, path: Path) -> str:
    """Return the message of an error without folders of this machine and without advice for programmers."""
    text = str(error).partition(_ADVICE_FOR_PROGRAMMERS)[0].rstrip(" ;")
    return text.replace(f"{path.parent}/", "")
