"""GDAL with no more than the formats that sources name, and no network."""

import os

# GDAL reads this once, when pyogrio is first imported; a file decides by its content which driver opens it.
_UNUSED = (
    *("ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "DXF", "EDIGEO", "EEDA"),
    *("ESRIJSON", "Elasticsearch", "FlatGeobuf", "GDALG", "GPSBabel", "GPX", "GTFS", "GeoJSON", "GeoJSONSeq"),
    *("GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LIBKML", "LVBAG", "MBTiles", "MVT", "MapInfo File"),
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
}
os.environ.setdefault("GDAL_SKIP", ",".join(_UNUSED))

import pyogrio as pyogrio  # noqa: E402, PLC0414 - after the setting that it reads, for the readers to import from here

# A missing .shx is made anew from the .shp.
pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
# Nothing is fetched, whatever a file refers to.
OPEN_OPTIONS = {"xml": {"DOWNLOAD_SCHEMA": "NO"}}
