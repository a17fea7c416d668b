"""What a dataset offers for download: formats, commands, and files with descriptions."""

import shlex
from typing import Any

import pytest

from oa_api.datasets.downloads import describe_files, list_commands, list_downloads
from oa_api.jobs.output_files import FILE_DESCRIPTIONS
from oa_api.products.conversions import CONVERTED_FILES, Conversion, ConversionState
from oa_shared.download_names import download_name
from oa_shared.products import EXPORT_FILES, ProductFormat
from oa_task.results import files as result_files

_DATASET: Any = {"source_name": "us/ca/san josé", "layer": "addresses", "name": "a/b'c"}
_SITE = "https://batch.example.org"


def _file(name: str, digest: str = "a") -> Any:
    return {"name": name, "size_bytes": 10, "sha256": digest * 64, "url": f"/api/job/1/output/{name}?attempt=1"}


def test_downloads_are_the_files_of_the_result_and_the_conversions() -> None:
    conversions = [Conversion(format=format_, state=ConversionState.AVAILABLE) for format_ in CONVERTED_FILES]
    downloads = list_downloads(_DATASET, [_file("source.parquet"), _file("source.geojson.gz")], conversions, site=_SITE)
    assert [(item.label, item.is_ready) for item in downloads] == [
        ("GeoParquet", True),
        ("GeoJSON", True),
        ("CSV", False),
        ("GeoPackage", False),
    ]
    prefix = f"{_SITE}/latest/us/ca/san%20jos%C3%A9/addresses/a%2Fb%27c/"
    assert [item.url.removeprefix(prefix) for item in downloads] == [item.file for item in downloads]
    assert [item.save_as for item in downloads] == [
        f"us-ca-san-jos-addresses-a-b-c.{suffix}" for suffix in ("parquet", "geojson.gz", "csv.gz", "gpkg")
    ]


def test_each_format_is_saved_under_the_name_that_the_server_sends() -> None:
    dataset = ("us/ca/san josé", "addresses", "a/b'c")
    conversions = [Conversion(format=format_, state=ConversionState.AVAILABLE) for format_ in CONVERTED_FILES]
    downloads = list_downloads(_DATASET, [_file("source.parquet")], conversions, site=_SITE)
    stored = {file: EXPORT_FILES[format_] for format_, file in CONVERTED_FILES.items()}
    for item in downloads:
        assert item.save_as == download_name(stored.get(item.file, item.file), *dataset)


def test_curl_command_names_the_file_after_the_dataset() -> None:
    conversions = [Conversion(format=ProductFormat.CSV, state=ConversionState.AVAILABLE)]
    words: dict[str, list[str]] = {}
    for name in ("city", "a b'c; rm -rf $HOME"):
        downloads = list_downloads({**_DATASET, "name": name}, [], conversions, site=_SITE)
        ((program, command),) = list_commands(downloads)
        assert program == "curl"
        words[name] = shlex.split(command)
    assert words["city"][-2] == "us-ca-san-jos-addresses-city.csv.gz"
    assert {len(command) for command in words.values()} == {7}, "no name of a dataset adds a word to the command"


def test_commands_use_only_what_the_dataset_has() -> None:
    downloads = list_downloads(_DATASET, [_file("source.parquet")], [], site=_SITE)
    ((program, command),) = list_commands(downloads)
    assert program == "DuckDB"
    assert command == f"FROM read_parquet('{downloads[0].url}') LIMIT 10;"
    assert list_commands([]) == []


@pytest.mark.parametrize(
    ("digest", "names"), [("a", ["source.geojson.gz"]), ("b", ["source.geojson.gz", "validated.geojson.gz"])]
)
def test_valid_features_are_listed_unless_they_are_the_same_file(digest: str, names: list[str]) -> None:
    listed = describe_files([_file("source.geojson.gz"), _file("validated.geojson.gz", digest)])
    assert [file["name"] for file in listed] == names


def test_every_file_that_a_job_or_a_conversion_leaves_has_a_description() -> None:
    written = {value for name, value in vars(result_files).items() if name.endswith("_FILE")}
    written |= result_files.CONVERSION_FILES | result_files.BACKFILL_FILES | set(CONVERTED_FILES.values())
    written |= {EXPORT_FILES[format_] for format_ in ProductFormat}
    assert written - {result_files.LOG_FILE} - set(FILE_DESCRIPTIONS) == set()
