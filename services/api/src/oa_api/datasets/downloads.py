"""How people get a dataset: the formats with their permanent URLs, and commands that read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from oa_api.datasets.serializers import latest_prefix
from oa_api.jobs.output_files import FILE_DESCRIPTIONS, SOURCE_FILE, VALIDATED_FILE
from oa_api.products.conversions import CONVERTED_FILES, Conversion, ConversionState
from oa_shared.download_names import download_name
from oa_shared.json_types import JsonObject
from oa_shared.products import ProductFormat

_PARQUET = "source.parquet"
_LABELS = {
    ProductFormat.CSV: ("CSV", "for spreadsheets and scripts, compressed with gzip"),
    ProductFormat.GPKG: ("GeoPackage", "for QGIS and ArcGIS"),
}
_RESULT_FILES = (
    (_PARQUET, "GeoParquet", "for DuckDB, pandas and QGIS"),
    (SOURCE_FILE, "GeoJSON", "one feature per line, compressed with gzip"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """A format of the published data: `url` is its permanent URL, `path` that on this site.

    `save_as` is the name that a browser gives the file, `conversion` its state if it is written on request.
    """

    label: str
    use: str
    file: str
    path: str
    url: str
    save_as: str
    size_bytes: int | None
    is_ready: bool
    conversion: Conversion | None = None


def list_downloads(
    dataset: JsonObject, files: Sequence[JsonObject], conversions: Sequence[Conversion], *, site: str
) -> list[Download]:
    """Return the formats of a dataset: those of its result, then those that are written on request."""
    prefix = latest_prefix(str(dataset["source_name"]), str(dataset["layer"]), str(dataset["name"]))
    by_name = {file["name"]: file for file in files}
    direct = [
        Download(
            label=label,
            use=use,
            file=name,
            path=prefix + quote(name, safe=""),
            url=site + prefix + quote(name, safe=""),
            save_as=_save_as(dataset, name),
            size_bytes=_size(by_name[name]),
            is_ready=True,
        )
        for name, label, use in _RESULT_FILES
        if name in by_name
    ]
    converted = [
        Download(
            label=_LABELS[item.format][0],
            use=_LABELS[item.format][1],
            file=item.file,
            path=prefix + quote(item.file, safe=""),
            url=site + prefix + quote(item.file, safe=""),
            save_as=_save_as(dataset, item.file),
            size_bytes=item.size_bytes,
            is_ready=item.state is ConversionState.READY,
            conversion=item,
        )
        for item in conversions
    ]
    return direct + converted


def list_commands(downloads: Sequence[Download]) -> list[tuple[str, str]]:
    """Return what to paste into a program to read a dataset, each with the name of the program."""
    url = {download.file: download.url for download in downloads}
    # A name for the file: that of the URL is the same for all datasets, and after a 503 curl keeps it despite -J.
    commands = [
        ("curl", f"curl -fL --retry 20 -o {download.save_as} {download.url}")
        for download in downloads
        if download.file == CONVERTED_FILES[ProductFormat.CSV]
    ]
    if parquet := url.get(_PARQUET):
        commands.append(("DuckDB", f"FROM read_parquet('{parquet}') LIMIT 10;"))
    if source := url.get(SOURCE_FILE):
        commands.append(("QGIS (add vector layer, source)", f"GeoJSONSeq:/vsigzip//vsicurl/{source}"))
    return commands


def describe_files(files: Sequence[JsonObject]) -> list[JsonObject]:
    """Return files with descriptions, without the valid features if those are all features: the bytes are the same."""
    digests = {file["name"]: file["sha256"] for file in files}
    is_same = digests.get(VALIDATED_FILE) is not None and digests.get(VALIDATED_FILE) == digests.get(SOURCE_FILE)
    return [
        {**file, "href": file["url"], "what": FILE_DESCRIPTIONS.get(str(file["name"]), "")}
        for file in files
        if not (is_same and file["name"] == VALIDATED_FILE)
    ]


def converted_files(conversions: Sequence[Conversion]) -> list[JsonObject]:
    """Return the files of ready conversions as those of a publication."""
    return [
        {"name": item.file, "size_bytes": item.size_bytes, "sha256": item.sha256, "url": item.url}
        for item in conversions
        if item.state is ConversionState.READY
    ]


def _save_as(dataset: JsonObject, file: str) -> str:
    return download_name(file, str(dataset["source_name"]), str(dataset["layer"]), str(dataset["name"]))


def _size(file: JsonObject) -> int | None:
    size = file["size_bytes"]
    return size if isinstance(size, int) else None
