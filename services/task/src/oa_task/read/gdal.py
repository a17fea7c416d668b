"""GDAL, restricted to the formats of sources and without network access."""

import os
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

# Recreate a missing .shx from the .shp.
pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
# Fetch nothing, whatever a file refers to.
OPEN_OPTIONS = {"xml": {"DOWNLOAD_SCHEMA": "NO"}}


_ADVICE_FOR_PROGRAMMERS = "It might help to specify the correct driver"


def plain_message(error: Exception, path: Path) -> str:
    """Return the message of an error without folders of this machine and without advice for programmers."""
    text = str(error).partition(_ADVICE_FOR_PROGRAMMERS)[0].rstrip(" ;")
    return text.replace(f"{path.parent}/", "")
