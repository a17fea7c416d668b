"""Products made by the real task through the whole stack: one export of each format, a collection, the fabric."""

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
import pyogrio
import pytest

from faults.system import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROWS = 10
LICENCE = {"text": "CC-BY-4.0", "attribution": True, "attribution name": "The Town"}
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
    made = System(tmp_path_factory.mktemp("products"), settings={"OA_WITHOUT": "preview,tiles,profile"})
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def published(system: System) -> list[int]:
    jobs = system.submit(2, license=LICENCE)
    assert set(system.wait(jobs).statuses()) == {"Success"}
    return jobs


def ended(system: System, job: int) -> Any:
    """Wait until a job of a product has ended well."""
    deadline = time.monotonic() + 120
    while (found := system.call("GET", f"/api/job/{job}"))["status"] in {"Pending", "Submitted", "Running"}:
        assert time.monotonic() < deadline, found
        time.sleep(0.3)
    assert found["status"] == "Success", found["error"]
    return found


def fetched(system: System, path: str, **headers: str) -> bytes:
    with urlopen(Request(system.stack.api_url + path, headers=headers), timeout=30) as answer:  # noqa: S310 - our API
        body: bytes = answer.read()
        return body


def counted(body: bytes, form: str, folder: Path) -> int:
    """Return how many features a file has, read by a program that knows the format."""
    if form == "csv":
        return len(list(csv.DictReader(io.StringIO(gzip.decompress(body).decode()))))
    if form == "geojson":
        return len([json.loads(line) for line in gzip.decompress(body).splitlines()])
    if form == "parquet":
        return int(pq.read_table(io.BytesIO(body)).num_rows)
    path = folder / FILES[form]
    path.write_bytes(body)
    return int(pyogrio.read_info(path)["features"])


@pytest.mark.parametrize("form", FILES)
def test_export_of_a_job_is_a_file_that_others_read(
    system: System, published: list[int], form: str, tmp_path: Path
) -> None:
    made = system.call("POST", "/api/export", {"format": form, "job": published[0]})
    ended(system, made["job"])
    done = system.call("GET", f"/api/export/{made['id']}")
    links = {file["name"]: file["url"] for file in done["files"]}
    assert set(links) == {FILES[form], "ATTRIBUTION.txt"}
    assert (done["count"], counted(fetched(system, links[FILES[form]]), form, tmp_path)) == (ROWS, ROWS)
    assert b"The Town" in fetched(system, links["ATTRIBUTION.txt"])


def test_export_of_a_selection_holds_what_lies_in_its_box(system: System, published: list[int]) -> None:
    asked = {"format": "csv", "source": "xx", "bbox": [-98.99955, 39, -98.0, 40]}
    made = system.call("POST", "/api/export", asked)
    assert (made["inputs"], made["features"]) == (len(published), 2 * ROWS)
    ended(system, made["job"])
    assert system.call("GET", f"/api/export/{made['id']}")["count"] == 2 * 6


def test_collection_is_built_offered_and_not_built_again(system: System, published: list[int]) -> None:
    asked = {"name": "xx", "display_name": "All of xx", "sources": ["xx/**"], "deduplicate": True}
    number = system.call("POST", "/api/collections", asked)["id"]
    made = system.call("POST", f"/api/collections/{number}/build", {})
    assert ended(system, made["job"])["kind"] == "collection"
    found = system.call("GET", f"/api/collections/{number}")
    names = {file["name"] for file in found["files"]}
    assert {"collection.geojson.zip", "collection.parquet.zip", "collection.pmtiles", "licenses.csv"} <= names
    assert {"collection-deduplicated.geojson.zip", "ATTRIBUTION.txt"} <= names
    assert found["count"] == 2 * ROWS
    whole = fetched(system, f"/api/collections/{number}/data")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = [name for name in archive.namelist() if name.endswith(".geojson")]
        lines = [line for name in members for line in archive.read(name).splitlines()]
    assert (len(members), len(lines)) == (len(published), 2 * ROWS)
    again = system.call("POST", f"/api/collections/{number}/build", {})
    assert again["skipped"] == f"nothing has changed since job {made['job']}"


def test_fabric_is_built_for_the_layer_that_has_data(system: System, published: list[int]) -> None:
    made = {item["layer"]: item for item in system.call("POST", "/api/fabric", {})["layers"]}
    assert made["addresses"]["inputs"] == len(published)
    assert made["parcels"]["job"] is None
    ended(system, made["addresses"]["job"])
    layers = {item["layer"]: item for item in system.call("GET", "/api/fabric")["layers"]}
    link = layers["addresses"]["files"]
    url = next(file["url"] for file in link if file["name"] == "fabric.pmtiles")
    assert fetched(system, url, Range="bytes=0-6") == b"PMTiles"


@pytest.mark.parametrize("place", ["api.before_commit", "api.after_commit"])
def test_export_asked_for_while_the_api_dies_is_made_once(system: System, published: list[int], place: str) -> None:
    before = system.call("GET", "/api/export")["total"]
    system.crash_at(place)
    made = system.insist("POST", "/api/export", {"format": "csv", "job": published[0]})
    assert system.crashed_at() == {place}
    ended(system, made["job"])
    assert system.call("GET", "/api/export")["total"] == before + 1
    assert [job["id"] for job in system.call("GET", f"/api/run/{made['run']}/jobs")["jobs"]] == [made["job"]]


def test_export_whose_end_is_heard_by_a_consumer_that_dies_is_ready(system: System, published: list[int]) -> None:
    system.crash_at("consumer.before_commit", "consumer.after_commit")
    made = system.insist("POST", "/api/export", {"format": "csv", "job": published[0]})
    history = system.wait([made["job"]])
    assert history.problems([made["job"]]) == []
    assert system.crashed_at() == {"consumer.before_commit", "consumer.after_commit"}
    assert system.insist("GET", f"/api/export/{made['id']}", None)["count"] == ROWS
