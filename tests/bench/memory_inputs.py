"""The inputs of engine_memory.py: the same points in each format that the engine reads."""

from inputs import NAMED, PLACE, POINTS, Kind, write_address_csv
from memory_writers import (
    ogr_writer,
    write_7z,
    write_arcgis_rows,
    write_csv,
    write_geojson,
    write_geojson_lines,
    write_gzip,
    write_open_document,
    write_parcels,
    write_parquet,
    write_utf16_csv,
    write_workbook,
    zip_writer,
)

ROWS = 500_000
SHEET_ROWS = 1_048_575
_SITE = {"number": {"function": "prefixed_number", "field": "SITEADDR"}, "street": "SITEADDR", "city": "CITY"}
_CSV = {"format": "csv", **PLACE, **POINTS}
_SHP = {"format": "shapefile", **POINTS}
_GEO = {"format": "geojson", **POINTS}
_XML = {"format": "xml", **POINTS}
_SHEET = {"format": "csv", **PLACE, **_SITE}
_write_kml, _write_gml = ogr_writer("KML", ".kml"), ogr_writer("GML", ".gml")
_write_mif = ogr_writer("MapInfo File", ".mif")
FORMATS = {
    "csv": Kind("addresses", "p.csv", {"format": "csv", **PLACE, **NAMED}, ROWS, write_address_csv),
    "csv, UTF-16": Kind("addresses", "p-utf16.csv", _CSV, ROWS, write_utf16_csv),
    "csv in zip": Kind("addresses", "p-csv.zip", _CSV, ROWS, zip_writer(write_csv, "data/p.csv"), "zip"),
    "csv in gzip": Kind("addresses", "p.csv.gz", _CSV, ROWS, write_gzip, "gzip"),
    "csv in 7z": Kind("addresses", "p-csv.7z", _CSV, ROWS, write_7z),
    "geojson": Kind("addresses", "p.geojson", _GEO, ROWS, write_geojson),
    "geojson lines": Kind("addresses", "p-lines.geojson", _GEO, ROWS, write_geojson_lines),
    "geojson in zip": Kind("addresses", "p-geojson.zip", _GEO, ROWS, zip_writer(write_geojson, "p.geojson"), "zip"),
    "shapefile": Kind("addresses", "p-shp.zip", _SHP, ROWS, ogr_writer("ESRI Shapefile", ".shp"), "zip"),
    "geopackage": Kind("addresses", "p.gpkg", {"format": "gpkg", **POINTS}, ROWS, ogr_writer("GPKG", ".gpkg")),
    "file geodatabase": Kind(
        "addresses", "p-gdb.zip", {"format": "gdb", **POINTS}, ROWS, ogr_writer("OpenFileGDB", ".gdb"), "zip"
    ),
    "gml": Kind("addresses", "p.gml.zip", _XML, ROWS, _write_gml, "zip"),
    "kml": Kind("addresses", "p.kml", _XML, ROWS, _write_kml),
    "kmz": Kind("addresses", "p.kmz", _XML, ROWS, zip_writer(_write_kml, "doc.kml"), "zip"),
    "mapinfo": Kind("addresses", "p-tab.zip", _SHP, ROWS, ogr_writer("MapInfo File", ".tab"), "zip"),
    "mapinfo, text": Kind("addresses", "p-mif.zip", _SHP, ROWS, _write_mif, "zip"),
    "parquet": Kind("addresses", "p.parquet", _CSV, ROWS, write_parquet),
    "workbook": Kind("addresses", "p.xlsx", _SHEET, ROWS, write_workbook, most_rows=SHEET_ROWS),
    "open document": Kind("addresses", "p.ods", _SHEET, ROWS, write_open_document, most_rows=SHEET_ROWS),
    "arcgis": Kind("addresses", "p.arcgis", _GEO, ROWS, write_arcgis_rows, protocol="ESRI"),
    "parcels": Kind("parcels", "p-parcels.zip", {"format": "shapefile", "pid": "PIN"}, ROWS, write_parcels, "zip"),
}
