"""Names of saved files: those of the dataset, safe in a header and on any disk."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.download_names import download_name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("source.geojson.gz", "us-ca-berkeley-addresses-city.geojson.gz"),
        ("source.parquet", "us-ca-berkeley-addresses-city.parquet"),
        ("source.csv.gz", "us-ca-berkeley-addresses-city.csv.gz"),
        ("export.gpkg", "us-ca-berkeley-addresses-city.gpkg"),
        ("export.shp.zip", "us-ca-berkeley-addresses-city.shp.zip"),
        ("changes.jsonl", "us-ca-berkeley-addresses-city-changes.jsonl"),
        ("manifest.json", "us-ca-berkeley-addresses-city-manifest.json"),
    ],
)
def test_name_is_that_of_the_dataset_with_the_suffix_of_the_file(file: str, name: str) -> None:
    assert download_name(file, "us/ca/berkeley", "addresses", "city") == name


@given(source=st.text(max_size=90), entry=st.text(max_size=90))
def test_name_of_any_dataset_fits_a_header_and_a_file_system(source: str, entry: str) -> None:
    name = download_name("source.parquet", source, "addresses", entry)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.parquet", name)
    assert len(name) < 200


@pytest.mark.parametrize(
    ("label", "file", "name"),
    [
        ("export 12", "export.csv.gz", "export-12.csv.gz"),
        ("collection us-west", "collection-deduplicated.geojson.zip", "collection-us-west-deduplicated.geojson.zip"),
        ("fabric addresses", "fabric.pmtiles", "fabric-addresses.pmtiles"),
        ("export 12", "ATTRIBUTION.txt", "export-12-ATTRIBUTION.txt"),
    ],
)
def test_name_of_a_product_has_its_label(label: str, file: str, name: str) -> None:
    assert download_name(file, label) == name
