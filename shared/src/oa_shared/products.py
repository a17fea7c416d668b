"""The formats and files of products of published data (docs/products.md)."""

from enum import StrEnum

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees; a west greater than east crosses the antimeridian."""


class ProductFormat(StrEnum):
    """A format in which a product can be written."""

    CSV = "csv"
    SHAPEFILE = "shapefile"
    GPKG = "gpkg"
    FLATGEOBUF = "flatgeobuf"
    GEOJSON = "geojson"
    PARQUET = "parquet"
    PMTILES = "pmtiles"


FORMAT_NAMES = {
    ProductFormat.CSV: "CSV",
    ProductFormat.SHAPEFILE: "Shapefile",
    ProductFormat.GPKG: "GeoPackage",
    ProductFormat.FLATGEOBUF: "FlatGeobuf",
    ProductFormat.GEOJSON: "GeoJSON",
    ProductFormat.PARQUET: "GeoParquet",
    ProductFormat.PMTILES: "PMTiles",
}
"""The names of formats as people know them, for pages."""
EXPORT_FILES = {
    ProductFormat.CSV: "export.csv.gz",
    ProductFormat.SHAPEFILE: "export.shp.zip",
    ProductFormat.GPKG: "export.gpkg",
    ProductFormat.FLATGEOBUF: "export.fgb",
    ProductFormat.GEOJSON: "export.geojson.gz",
    ProductFormat.PARQUET: "export.parquet",
    ProductFormat.PMTILES: "export.pmtiles",
}
# The formats that the API and the CLI offer for exports. The task also writes tiles, for plans made by hand.
EXPORT_FORMATS = tuple(format_ for format_ in EXPORT_FILES if format_ is not ProductFormat.PMTILES)
COLLECTION_FILES = {
    ProductFormat.GEOJSON: "collection.geojson.zip",
    ProductFormat.PARQUET: "collection.parquet.zip",
    ProductFormat.PMTILES: "collection.pmtiles",
}
DEDUPLICATED_COLLECTION_FILES = {
    format_: name.replace("collection", "collection-deduplicated") for format_, name in COLLECTION_FILES.items()
}
COLLECTION_FORMATS = tuple(COLLECTION_FILES)
FABRIC_FILE = "fabric.pmtiles"
FABRIC_FORMATS = (ProductFormat.PMTILES,)
ATTRIBUTION_FILE = "ATTRIBUTION.txt"
LICENSES_FILE = "licenses.csv"
PRODUCT_FILES = frozenset(
    {
        *EXPORT_FILES.values(),
        *COLLECTION_FILES.values(),
        *DEDUPLICATED_COLLECTION_FILES.values(),
        FABRIC_FILE,
        ATTRIBUTION_FILE,
        LICENSES_FILE,
    }
)
"""The files that the build of a product may leave."""
