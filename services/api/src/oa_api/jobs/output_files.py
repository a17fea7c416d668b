"""The files of a job, as its result lists them."""

from dataclasses import dataclass

from oa_shared.json_types import JsonMapping

SOURCE_FILE, VALIDATED_FILE = "source.geojson.gz", "validated.geojson.gz"
# What pages say about the files of a job.
FILE_DESCRIPTIONS = {
    "source.geojson.gz": "all features, one per line",
    "validated.geojson.gz": "valid features only",
    "source.parquet": "GeoParquet",
    "source.pmtiles": "map tiles",
    "source.png": "preview image",
    "changes.jsonl.gz": "all differences from the previously published result",
    "delta.geojson": "a selection of the differences, for the map",
    "cache.zip": "the source data as fetched",
    "definition.json": "definition of the job",
    "stats.json": "counts",
    "profile.json": "columns of the source",
    "sample.json": "sample rows: input and output",
    "manifest.json": "SHA-256 digests of all files",
    "plan.json": "inputs and options of the product",
    "source.csv.gz": "CSV",
    "source.gpkg": "GeoPackage",
    "export.csv.gz": "CSV",
    "export.shp.zip": "shapefiles",
    "export.gpkg": "GeoPackage",
    "export.fgb": "FlatGeobuf",
    "export.geojson.gz": "all features, one per line",
    "export.parquet": "GeoParquet",
    "export.pmtiles": "map tiles",
}


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file of a result: its key in the bucket and, where the task reported them, its size and digest."""

    key: str | None
    size_bytes: int | None = None
    sha256: str = ""


def output_files(result: JsonMapping | None) -> dict[str, OutputFile]:
    """Return the files of a result by name."""
    outputs = (result or {}).get("outputs")
    return {name: read_output(value) for name, value in outputs.items()} if isinstance(outputs, dict) else {}


def read_output(output: object) -> OutputFile:
    """Return a file of a result from its JSON: `key`, `bytes` (older tasks: `size`) and `sha256`."""
    if not isinstance(output, dict):
        return OutputFile(None)
    key, size, sha256 = output.get("key"), output.get("bytes") or output.get("size"), output.get("sha256")
    return OutputFile(
        key=key if isinstance(key, str) else None,
        size_bytes=size if isinstance(size, int) else None,
        sha256=sha256 if isinstance(sha256, str) else "",
    )
