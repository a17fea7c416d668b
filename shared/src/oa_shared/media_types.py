"""Media types by file suffix: one table for what the task uploads, the API serves and uploads accept."""

from pathlib import PurePosixPath

OCTET_STREAM = "application/octet-stream"
GEOJSON = "application/geo+json"
ATOM = "application/atom+xml"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".fgb": "application/flatgeobuf",
    ".geojson": GEOJSON,
    ".gml": "application/gml+xml",
    ".gpkg": "application/geopackage+sqlite3",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".parquet": "application/vnd.apache.parquet",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


def media_type_of(name: str) -> str:
    """Return the media type of a file by its last suffix, `application/octet-stream` for an unknown one."""
    return MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), OCTET_STREAM)
