"""Collections, read back with third-party readers."""

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from pmtiles.reader import MmapSource, Reader

from oa_shared.plan_reading import read_plan
from oa_task.products.collection import member_name
from oa_task.runtime.failure import TaskFailure
from support.products import Bucket, address, plan, plan_input, read_lines, read_zip

ALL = ["geojson", "parquet", "pmtiles"]


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path / "bucket")


def read_members(path: Path) -> dict[str, list[Any]]:
    """Return the features of each GeoJSON member."""
    return {
        name: [json.loads(line) for line in body.splitlines()]
        for name, body in read_zip(path).items()
        if name.endswith(".geojson")
    }


async def test_collection_geojson_has_each_dataset_as_published(bucket: Bucket, tmp_path: Path) -> None:
    several = [
        bucket.publish("us/ca/berkeley", [address("1", "A", 1, 2), address("2", "B", 3, 4)]),
        bucket.publish("us/ca/berkeley", [{"pid": "x", "at": (5.0, 6.0)}], layer="parcels", name="county"),
        bucket.publish("countrywide", [address("9", "C", 7, 8)]),
    ]
    report = await bucket.build(plan("collection", several, formats=["geojson"]), tmp_path / "out")
    assert report["count"] == 4
    assert report["bounds"] == [1.0, 2.0, 7.0, 8.0]
    found = read_members(tmp_path / "out" / "collection.geojson.zip")
    published = [read_lines(bucket.folder / f"job/{job}/attempt-1/source.geojson.gz") for job in (1, 2, 3)]
    assert found == {
        "us/ca/berkeley-addresses-city.geojson": published[0],
        "us/ca/berkeley-parcels-county.geojson": published[1],
        "countrywide-addresses-city.geojson": published[2],
    }
    assert {"ATTRIBUTION.txt", "licenses.csv"} < set(read_zip(tmp_path / "out" / "collection.geojson.zip"))


async def test_collection_geojson_without_lines_or_with_bbox_is_written_from_rows(
    bucket: Bucket, tmp_path: Path
) -> None:
    rows = [address("1", "A", 1, 2), address("2", "B", 3, 4)]
    dataset = {**bucket.publish("us/x", rows), "geojson_key": None}
    body = plan("collection", [dataset], formats=["geojson"], bbox=[0, 0, 2, 3])
    assert (await bucket.build(body, tmp_path / "out"))["count"] == 1
    (found,) = read_members(tmp_path / "out" / "collection.geojson.zip").values()
    assert found == read_lines(bucket.folder / "job/1/attempt-1/source.geojson.gz")[:1]


async def test_collection_parquet_has_hive_partitions_by_country_and_layer(bucket: Bucket, tmp_path: Path) -> None:
    several = [
        bucket.publish("us/ca/a", [address("1", "A", 1, 2)]),
        bucket.publish("de/b", [address("2", "B", 3, 4)]),
        bucket.publish("us/ny/c", [address("3", "C", 5, 6)]),
        bucket.publish("us/ny/c", [{"height": "7", "at": (5.0, 6.0)}], layer="buildings"),
        bucket.publish("../etc", [address("4", "D", 5, 6)]),
    ]
    await bucket.build(plan("collection", several, formats=["parquet"]), tmp_path / "out")
    for name, body in read_zip(tmp_path / "out" / "collection.parquet.zip").items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(body)
    (tmp_path / "x" / "ATTRIBUTION.txt").unlink()
    (tmp_path / "x" / "licenses.csv").unlink()
    table = ds.dataset(tmp_path / "x", partitioning="hive").to_table(columns=["country", "layer", "source"])
    found = {(row["country"], row["layer"], row["source"]) for row in table.to_pylist()}
    assert found == {
        ("us", "addresses", "us/ca/a/addresses/city"),
        ("us", "addresses", "us/ny/c/addresses/city"),
        ("us", "buildings", "us/ny/c/buildings/city"),
        ("de", "addresses", "de/b/addresses/city"),
        ("other", "addresses", "../etc/addresses/city"),
    }


async def test_collection_pmtiles_has_all_layers(bucket: Bucket, tmp_path: Path) -> None:
    several = [
        bucket.publish("us/ca/a", [address("1", "A", 1, 2)]),
        bucket.publish("de/b", [address("2", "B", 3, 4)]),
        bucket.publish("us/ny/c", [{"height": "7", "at": (5.0, 6.0)}], layer="buildings"),
    ]
    await bucket.build(plan("collection", several, formats=["pmtiles"]), tmp_path / "out")
    with (tmp_path / "out" / "collection.pmtiles").open("rb") as file:
        layers = Reader(MmapSource(file)).metadata()["vector_layers"]
    assert {layer["id"] for layer in layers} == {"addresses", "buildings"}


async def test_collection_deduplicated_has_the_finer_dataset_in_addition_to_all_rows(
    bucket: Bucket, tmp_path: Path
) -> None:
    several = [
        bucket.publish("us/ca/alameda", [address("1", "Main Street", 1, 2), address("5", "B", 1, 2)], name="county"),
        bucket.publish("us/ca/berkeley", [address("1", "MAIN ST.", 1, 2.0001), address("1", "Main St", 1, 2)]),
        bucket.publish("us/ca/berkeley", [{"pid": "1", "at": (1.0, 2.0)}] * 2, layer="parcels"),
    ]
    report = await bucket.build(plan("collection", several, formats=ALL, deduplicate=True), tmp_path / "out")
    assert report["count"] == 6
    assert report["deduplicated"] == {"count": 4, "dropped": {"finer_level": 1, "repeated": 1}}
    found = read_members(tmp_path / "out" / "collection-deduplicated.geojson.zip")
    assert {name: len(features) for name, features in found.items()} == {
        "us/ca/alameda-addresses-county.geojson": 1,
        "us/ca/berkeley-addresses-city.geojson": 1,
        "us/ca/berkeley-parcels-city.geojson": 2,
    }
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    names = {f"collection{kind}.{ending}" for kind in ("", "-deduplicated") for ending in ENDINGS}
    assert set(manifest["outputs"]) == names | {"ATTRIBUTION.txt", "licenses.csv", "plan.json"}


ENDINGS = ("geojson.zip", "parquet.zip", "pmtiles")


async def test_collection_lines_with_another_count_than_the_plan_fail(bucket: Bucket, tmp_path: Path) -> None:
    dataset = {**bucket.publish("us/x", [address("1", "A", 1, 2)]), "count": 2, "geojson_sha256": None}
    with pytest.raises(TaskFailure, match=r"source\.geojson\.gz has 1 feature .*\b2\b") as caught:
        await bucket.build(plan("collection", [dataset], formats=["geojson"]), tmp_path / "out")
    assert caught.value.code == "infra.storage"


@pytest.mark.parametrize(
    ("source_name", "name", "expected"),
    [
        ("us/ca/berkeley", "city", "us/ca/berkeley-addresses-city.geojson"),
        ("../../etc/passwd", "city", "_/_/etc/passwd-addresses-city.geojson"),
        ("/abs", "..", "_/abs-addresses-.geojson"),
        ("a\\b", "C:\n\x1b", "a_b-addresses-C___.geojson"),
        ("ñ/北", "ok", "ñ/北-addresses-ok.geojson"),
    ],
)
def test_member_name_untrusted_name_stays_in_the_archive(source_name: str, name: str, expected: str) -> None:
    checked = read_plan(json.dumps(plan("collection", [plan_input(source_name, name)], formats=["geojson"])).encode())
    assert member_name(checked.inputs[0]) == expected
