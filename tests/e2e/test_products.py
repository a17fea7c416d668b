"""Products built through the whole stack: an export in each format, a collection, the fabric."""

import csv
import gzip
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pyarrow.parquet as pq
import pytest

from faults.system import System
from support.products import read_ogr

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ROWS = 10
LICENSE = {"text": "CC-BY-4.0", "attribution": True, "attribution name": "The Town"}
FILES = {
    "csv": "export.csv.gz",
    "shapefile": "export.shp.zip",
    "gpkg": "export.gpkg",
    "flatgeobuf": "export.fgb",
    "geojson": "export.geojson.gz",
    "parquet": "export.parquet",
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    stack = System(tmp_path_factory.mktemp("products"), settings={"OA_WITHOUT": "preview,tiles,profile"})
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def published(system: System) -> list[int]:
    jobs = system.submit(2, license=LICENSE)
    assert set(system.wait(jobs).statuses()) == {"Success"}
    return jobs


def wait_for_success(system: System, job: int) -> Any:
    """Wait until a job has succeeded and return it."""
    deadline = time.monotonic() + 120
    while (found := system.call("GET", f"/api/job/{job}"))["status"] in {"Pending", "Submitted", "Running"}:
        assert time.monotonic() < deadline, found
        time.sleep(0.3)
    assert found["status"] == "Success", found["error"]
    return found


def download(system: System, path: str, **headers: str) -> bytes:
    with urlopen(Request(system.stack.api_url + path, headers=headers), timeout=30) as answer:  # noqa: S310 - our API
        body: bytes = answer.read()
        return body


def count_features(body: bytes, format_name: str, folder: Path) -> int:
    """Return the number of features in a file, as a third-party reader counts them."""
    if format_name == "csv":
        return len(list(csv.DictReader(io.StringIO(gzip.decompress(body).decode()))))
    if format_name == "geojson":
        return len([json.loads(line) for line in gzip.decompress(body).splitlines()])
    if format_name == "parquet":
        return int(pq.read_table(io.BytesIO(body)).num_rows)
    path = folder / FILES[format_name]
    path.write_bytes(body)
    return len(read_ogr(path)["shapes"])


@pytest.mark.parametrize("format_name", FILES)
def test_export_of_a_job_is_readable_by_other_programs(
    system: System, published: list[int], format_name: str, tmp_path: Path
) -> None:
    export = system.call("POST", "/api/export", {"format": format_name, "job": published[0]})
    wait_for_success(system, export["job"])
    done = system.call("GET", f"/api/export/{export['id']}")
    links = {file["name"]: file["url"] for file in done["files"]}
    assert set(links) == {FILES[format_name], "ATTRIBUTION.txt"}
    assert done["count"] == ROWS
    assert count_features(download(system, links[FILES[format_name]]), format_name, tmp_path) == ROWS
    assert b"The Town" in download(system, links["ATTRIBUTION.txt"])


def test_export_of_a_selection_has_the_features_in_its_bounds(system: System, published: list[int]) -> None:
    selection = {"format": "csv", "source": "xx", "bbox": [-98.99955, 39, -98.0, 40]}
    export = system.call("POST", "/api/export", selection)
    assert export["inputs"] == len(published)
    assert export["features"] == 2 * ROWS
    wait_for_success(system, export["job"])
    assert system.call("GET", f"/api/export/{export['id']}")["count"] == 2 * 6


def test_collection_is_built_and_not_rebuilt_without_changes(system: System, published: list[int]) -> None:
    body = {"name": "xx", "display_name": "All of xx", "sources": ["xx/**"], "deduplicate": True}
    number = system.call("POST", "/api/collections", body)["id"]
    build = system.call("POST", f"/api/collections/{number}/build", {})
    assert wait_for_success(system, build["job"])["kind"] == "collection"
    found = system.call("GET", f"/api/collections/{number}")
    names = {file["name"] for file in found["files"]}
    assert {"collection.geojson.zip", "collection.parquet.zip", "collection.pmtiles", "licenses.csv"} <= names
    assert {"collection-deduplicated.geojson.zip", "ATTRIBUTION.txt"} <= names
    assert found["count"] == 2 * ROWS
    whole = download(system, f"/api/collections/{number}/data")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = [name for name in archive.namelist() if name.endswith(".geojson")]
        lines = [line for name in members for line in archive.read(name).splitlines()]
    assert len(members) == len(published)
    assert len(lines) == 2 * ROWS
    again = system.call("POST", f"/api/collections/{number}/build", {})
    assert again["skipped"] == f"nothing has changed since job {build['job']}"


def test_fabric_is_built_for_the_layer_that_has_data(system: System, published: list[int]) -> None:
    builds = {item["layer"]: item for item in system.call("POST", "/api/fabric", {})["layers"]}
    assert builds["addresses"]["inputs"] == len(published)
    assert builds["parcels"]["job"] is None
    wait_for_success(system, builds["addresses"]["job"])
    layers = {item["layer"]: item for item in system.call("GET", "/api/fabric")["layers"]}
    link = layers["addresses"]["files"]
    url = next(file["url"] for file in link if file["name"] == "fabric.pmtiles")
    assert download(system, url, Range="bytes=0-6") == b"PMTiles"


@pytest.mark.parametrize("crash_point", ["api.before_commit", "api.after_commit"])
def test_export_requested_while_the_api_dies_is_created_once(
    system: System, published: list[int], crash_point: str
) -> None:
    before = system.call("GET", "/api/export")["total"]
    system.crash_at(crash_point)
    export = system.call_until_answered("POST", "/api/export", {"format": "csv", "job": published[0]})
    assert system.collect_crashes() == {crash_point}
    wait_for_success(system, export["job"])
    assert system.call("GET", "/api/export")["total"] == before + 1
    assert [job["id"] for job in system.call("GET", f"/api/run/{export['run']}/jobs")["jobs"]] == [export["job"]]


def test_export_whose_result_consumer_dies_is_ready(system: System, published: list[int]) -> None:
    system.crash_at("consumer.before_commit", "consumer.after_commit")
    export = system.call_until_answered("POST", "/api/export", {"format": "csv", "job": published[0]})
    history = system.wait([export["job"]])
    assert history.problems([export["job"]]) == []
    assert system.collect_crashes() == {"consumer.before_commit", "consumer.after_commit"}
    assert system.call_until_answered("GET", f"/api/export/{export['id']}", None)["count"] == ROWS
