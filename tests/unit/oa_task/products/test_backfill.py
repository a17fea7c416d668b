"""Backfills: the files that a result lacks, made of its file of all features."""

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.runtime.failure import TaskFailure
from support.products import Bucket, Row, address

_FILES = {"source.parquet", "source.pmtiles", "source.png", "stats.json", "validated.geojson.gz", "manifest.json"}


def backfill_plan(dataset: Row, **changes: object) -> Row:
    """Return the plan of a backfill of a dataset."""
    item = {**dataset, "key": dataset["geojson_key"], "sha256": None, **changes}
    return {"v": 1, "kind": "backfill", "title": "us/x", "formats": [], "bbox": None, "layer": None, "inputs": [item]}


async def test_backfill_makes_the_files_that_the_job_would_have_written(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "bucket")
    rows = [address("1", "Main St", 1, 2), address("2", 'Ümlaut "Way"', 3, 4.5), {**address("", "X", 0, 0), "at": None}]
    dataset = bucket.publish("us/x", rows)
    report = await bucket.build(backfill_plan(dataset, geojson_sha256=None), tmp_path / "out")
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == _FILES
    assert (report["count"], report["valid"], report["without_geometry"]) == (3, 2, 1)
    assert report["bounds"] == [1.0, 2.0, 3.0, 4.5]
    source = {"bytes": (bucket.folder / dataset["geojson_key"]).stat().st_size, "sha256": dataset["geojson_sha256"]}
    assert report["built_from"] == source
    expected, made = (pq.read_table(path) for path in (bucket.folder / dataset["key"], tmp_path / "out/source.parquet"))
    assert made.equals(expected)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert set(manifest["outputs"]) == (_FILES - {"manifest.json"}) | {"source.geojson.gz"}
    assert manifest["outputs"]["source.geojson.gz"] == source
    assert "fingerprint" not in manifest


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    layer=st.sampled_from(sorted(ATTRIBUTES)),
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), min_size=1, max_size=8),
)
async def test_backfill_of_any_texts_of_any_layer_keeps_every_value_and_the_order(
    tmp_path_factory: pytest.TempPathFactory, layer: str, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("backfill")
    bucket = Bucket(folder / "bucket")
    names = ATTRIBUTES[layer]
    rows = [{**dict.fromkeys(names, text), "at": (index, 1)} for index, text in enumerate(texts)]
    dataset = bucket.publish("us/x", rows, layer=layer)
    await bucket.build(backfill_plan(dataset), folder / "out")
    expected = pq.read_table(bucket.folder / dataset["key"])
    assert pq.read_table(folder / "out/source.parquet").equals(expected)


async def test_backfill_reads_lines_that_another_engine_wrote(tmp_path: Path) -> None:
    lines = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [1, 2, 3]},
            "properties": {"street": "A", "number": 7, "foreign": {"a": 1}, "unit": None},
        },
        {"properties": {"hash": "1" * 16}, "type": "Feature", "geometry": None},
    ]
    dataset = Bucket(tmp_path / "bucket").publish("us/x", [address("1", "A", 1, 2)])
    body = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
    (tmp_path / "bucket" / dataset["geojson_key"]).write_bytes(body)
    bucket = Bucket(tmp_path / "bucket")
    await bucket.build(backfill_plan(dataset, geojson_sha256=None), tmp_path / "out")
    table = pq.read_table(tmp_path / "out/source.parquet").to_pylist()
    assert [(row["number"], row["street"], row["unit"]) for row in table] == [("7", "A", None), (None, None, None)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(b""), "source"),
        (gzip.compress(b"not json\n"), "source"),
        (b"not packed", "source"),
    ],
)
async def test_backfill_of_a_broken_file_fails_and_leaves_nothing(tmp_path: Path, body: bytes, code: str) -> None:
    bucket = Bucket(tmp_path / "bucket")
    dataset = bucket.publish("us/x", [address("1", "A", 1, 2)])
    (bucket.folder / dataset["geojson_key"]).write_bytes(body)
    with pytest.raises(TaskFailure) as failure:
        await bucket.build(backfill_plan(dataset, geojson_sha256=None), tmp_path / "out")
    assert failure.value.code.startswith(code)
    assert list((tmp_path / "out").iterdir()) == []


async def test_backfill_of_another_file_than_that_of_the_plan_fails(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "bucket")
    dataset = bucket.publish("us/x", [address("1", "A", 1, 2)])
    with pytest.raises(TaskFailure, match="differs from the plan"):
        await bucket.build(backfill_plan(dataset, geojson_sha256="0" * 64), tmp_path / "out")


@pytest.mark.parametrize("inputs", [0, 2])
async def test_plan_of_a_backfill_has_one_input(tmp_path: Path, inputs: int) -> None:
    bucket = Bucket(tmp_path / "bucket")
    dataset = bucket.publish("us/x", [address("1", "A", 1, 2)])
    plan = backfill_plan(dataset)
    with pytest.raises(TaskFailure) as failure:
        await bucket.build({**plan, "inputs": plan["inputs"] * inputs}, tmp_path / "out")
    assert failure.value.code == "source.schema"


async def test_plan_of_a_product_needs_digests(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "bucket")
    dataset = bucket.publish("us/x", [address("1", "A", 1, 2)])
    plan = {**backfill_plan(dataset), "kind": "export", "formats": ["csv"]}
    with pytest.raises(TaskFailure, match="sha256"):
        await bucket.build(plan, tmp_path / "out")
