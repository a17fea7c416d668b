"""Published data: lists, one dataset, its history, stable URLs, licenses and attribution."""

import json

import pytest
from marshmallow import RAISE
from yarl import URL

from oa_api.datasets import queries
from oa_api.datasets.schemas import AttributionSchema, DatasetSchema, ListedDatasetSchema, PublicationSchema
from oa_shared.status import JobStatus
from support.publishing import job_of, make_job, publish, report_status, result
from support.running_api import INTERNAL, RunningApi

HOSTILE = "<img src=x onerror=alert(1)>"


async def names(api: RunningApi, query: str = "") -> list[str]:
    return [row["source_name"] for row in (await api.get(f"/api/data{query}"))["data"]]


async def test_list_without_data_is_empty(api: RunningApi) -> None:
    answer = await api.get("/api/data")
    assert answer == {"total": 0, "total_is_estimate": False, "data": []}


async def test_dataset_has_files_counts_license_commit_and_job(api: RunningApi) -> None:
    job = await publish(api, github={"sha": "0a1b2c3"})
    (listed,) = (await api.get("/api/data?fields=all"))["data"]
    row = await api.get(f"/api/data/{listed['id']}")
    assert row == listed
    assert row["job"] == job["id"]
    assert row["attempt"] == 1
    assert row["run"] == job["run_id"]
    assert row["count"] == 100
    assert row["valid"] == 99
    assert row["fields"]["number"] == {"filled": 90, "rate": 0.9}
    assert row["license"]["attribution_name"] == "Town"
    assert row["origin"]["commit"] == "0a1b2c3"
    assert row["changes"] == {"added": 3, "removed": 2}
    assert row["latest_job"] is None
    parquet = next(file for file in row["files"] if file["name"] == "source.parquet")
    assert parquet == {
        "name": "source.parquet",
        "size_bytes": 1002,
        "sha256": f"{job['id']:063x}2",
        "url": f"/api/job/{job['id']}/output/source.parquet?attempt=1",
        "latest": "/latest/us/ca/berkeley/addresses/city/source.parquet",
    }


async def test_dataset_in_a_list_is_a_small_part_of_the_dataset(api: RunningApi) -> None:
    await publish(api, github={"sha": "0a1b2c3"})
    newer = await make_job(api)
    await report_status(api.database, newer, JobStatus.FAIL, error={"code": "source.not_found", "message": "x"})
    (row,) = (await api.get("/api/data"))["data"]
    whole = await api.get(f"/api/data/{row['id']}")
    assert row == {name: whole[name] for name in row}
    assert set(whole) - set(row) == {"result", "fields", "changes", "origin", "files"}
    assert row["latest_job"]["id"] == newer["id"]
    assert len(json.dumps(row)) < 1000


async def test_job_in_a_list_has_the_count_of_its_result_and_no_files(api: RunningApi) -> None:
    job = (await publish(api))["id"]
    for path in ("/api/job", "/api/run/1/jobs"):
        (row,) = (await api.get(path))["jobs"]
        (full,) = (await api.get(f"{path}?fields=all"))["jobs"]
        whole = await api.get(f"/api/job/{job}")
        assert row == {**{name: whole[name] for name in full if name != "output"}, "result": {"count": 100}}
        assert full == {name: whole[name] for name in full}
        assert full["output"]
        assert set(full["result"]) > {"count", "outputs"}


@pytest.mark.parametrize("path", ["/api/data", "/api/job"])
async def test_list_with_an_unknown_shape_is_rejected(api: RunningApi, path: str) -> None:
    assert (await api.client.get(f"{path}?fields=result")).status == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?source=us/ca/berkeley", ["us/ca/berkeley"]),
        ("?source=us/ca", []),
        ("?source=us/ca/", ["us/ca/alameda", "us/ca/berkeley"]),
        ("?source=us/c_/", []),
        ("?source=us/", ["us/ca/alameda", "us/ca/berkeley", "us/wa/king"]),
        ("?layer=addresses&name=city&source=us/wa/", ["us/wa/king"]),
        ("?layer=parcels", []),
        ("?name=county", []),
        ("?bbox=-123,37,-122,38", ["us/ca/alameda", "us/ca/berkeley"]),
        ("?bbox=170,-20,-175,-10", ["us/wa/king"]),
        ("?point=-122.25,37.85", ["us/ca/alameda", "us/ca/berkeley"]),
        ("?point=-122.25,38.85", []),
        ("?validated=true&source=us/ca/", ["us/ca/alameda", "us/ca/berkeley"]),
        ("?validated=false", []),
        ("?failing=true", []),
        ("?before=2001-01-01T00:00:00Z", []),
        ("?after=2001-01-01T00:00:00Z", ["us/ca/alameda", "us/ca/berkeley", "us/wa/king"]),
        ("?sort=updated_at", ["us/wa/king", "us/ca/alameda", "us/ca/berkeley"]),
    ],
)
async def test_list_with_a_filter_has_the_matching_datasets(api: RunningApi, query: str, found: list[str]) -> None:
    await publish(api, "us/ca/berkeley")
    await publish(api, "us/ca/alameda")
    await publish(api, "us/wa/king", makes={"bounds": [-179, -18, -178, -17]})
    assert await names(api, query) == found


async def test_point_on_the_antimeridian_is_in_the_extents_of_both_sides(api: RunningApi) -> None:
    await publish(api, "fj/east", makes={"bounds": [178, -18, 180, -16]})
    await publish(api, "fj/west", makes={"bounds": [-180, -18, -179, -16]})
    for lon in (180, -180):
        assert await names(api, f"?point={lon},-17") == ["fj/east", "fj/west"]
    assert await names(api, "?point=179,-17") == ["fj/east"]


@pytest.mark.parametrize(
    "query", ["?bbox=1,2,3", "?bbox=1,9,2,3", "?bbox=a,b,c,d", "?point=200,0", "?point=1,2&bbox=1,2,3,4", "?limit=0"]
)
async def test_invalid_filter_is_refused(api: RunningApi, query: str) -> None:
    assert (await api.client.get(f"/api/data{query}")).status == 422


@pytest.mark.parametrize("sort", ["source", "updated_at"])
async def test_list_followed_by_its_links_has_every_dataset_once(api: RunningApi, sort: str) -> None:
    for place in range(5):
        await publish(api, f"xx/{place}")
    found, address = [], f"/api/data?limit=2&sort={sort}"
    while address:
        response = await api.client.get(address)
        found += [row["source_name"] for row in (await response.json())["data"]]
        link = response.links.get("next")
        address = str(URL(str(link["url"])).relative()) if link else ""
    assert sorted(found) == [f"xx/{place}" for place in range(5)]


async def test_unchanged_list_is_not_sent_again(api: RunningApi) -> None:
    await publish(api)
    first = await api.client.get("/api/data")
    again = await api.client.get("/api/data", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert await again.read() == b""
    await publish(api, "xx/new")
    changed = await api.client.get("/api/data", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status == 200


async def test_dataset_whose_newer_job_failed_has_the_error(api: RunningApi) -> None:
    await publish(api)
    newer = await make_job(api)
    error = {"code": "source.not_found", "message": "https://example.org/a.zip answered 404"}
    await report_status(api.database, newer, JobStatus.FAIL, error=error)
    (row,) = (await api.get("/api/data?failing=true"))["data"]
    latest = row["latest_job"]
    assert latest["id"] == newer["id"]
    assert latest["status"] == "Fail"
    assert latest["code"] == "source.not_found"
    assert latest["error"] == "https://example.org/a.zip answered 404"
    assert await names(api, "?failing=false") == []


async def test_dataset_whose_newer_job_needs_review_has_the_reasons(api: RunningApi) -> None:
    await publish(api)
    newer = await make_job(api)
    await report_status(api.database, newer, JobStatus.SUCCESS, result=result(newer["id"], count=50))
    (row,) = (await api.get("/api/data?failing=true"))["data"]
    assert row["latest_job"]["status"] == "Warn"
    assert "50 now, 100 published" in row["latest_job"]["error"]


async def test_dataset_with_failed_trial_is_not_failing(api: RunningApi) -> None:
    await publish(api)
    trial = await make_job(api, live=False)
    await report_status(api.database, trial, JobStatus.FAIL, error={"code": "source.not_found", "message": "x"})
    assert await names(api, "?failing=true") == []


async def test_history_has_each_publication_newest_first(api: RunningApi) -> None:
    first, second = await publish(api), await publish(api, makes={"count": 120})
    (row,) = (await api.get("/api/data"))["data"]
    answer = await api.get(row["history"])
    assert answer["data"] == row["id"]
    assert answer["total"] == 2
    assert [item["job"] for item in answer["publications"]] == [second["id"], first["id"]]
    assert [item["count"] for item in answer["publications"]] == [120, 100]
    assert answer["publications"][1]["files"][0]["url"].startswith(f"/api/job/{first['id']}/output/")
    response = await api.client.get(f"{row['history']}?limit=1")
    older = await api.client.get(str(URL(str(response.links["next"]["url"])).relative()))
    assert [item["job"] for item in (await older.json())["publications"]] == [first["id"]]


async def test_history_has_no_urls_of_deleted_files(api: RunningApi) -> None:
    first, _ = await publish(api), await publish(api)
    values = {"job": first["id"]}
    await api.database.execute(
        "INSERT INTO file_deletion (job_id, attempt, part, rule) VALUES (%(job)s, 1, 'files', 'superseded')", values
    )
    newer, older = (await api.get("/api/data/1/history"))["publications"]
    assert [file["url"] is None for file in older["files"]] == [True] * 5
    assert [file["url"] is None for file in newer["files"]] == [False] * 5


async def test_responses_match_their_schemas(api: RunningApi) -> None:
    await publish(api)
    newer = await make_job(api)
    await report_status(api.database, newer, JobStatus.FAIL, error={"code": "source.not_found", "message": "x"})
    await publish(api, "xx/bare", license_="", makes={"bounds": None, "changes": None, "outputs": {}, "fields": {}})
    for row in (await api.get("/api/data"))["data"]:
        assert ListedDatasetSchema(unknown=RAISE).validate(row) == {}
        assert DatasetSchema(unknown=RAISE).validate(await api.get(f"/api/data/{row['id']}")) == {}
        for item in (await api.get(row["history"]))["publications"]:
            assert PublicationSchema(unknown=RAISE).validate(item) == {}
    parts = (await api.get("/api/attribution?format=json"))["datasets"]
    assert AttributionSchema(many=True, unknown=RAISE).validate(parts) == {}


@pytest.mark.parametrize("path", ["/api/data/999", "/api/data/999/history", "/api/data/x"])
async def test_missing_dataset_is_not_found(api: RunningApi, path: str) -> None:
    assert (await api.client.get(path)).status == 404


async def test_latest_redirects_to_the_newest_file_by_get_and_head(api: RunningApi) -> None:
    await publish(api)
    job = await publish(api)
    for file in ("manifest.json", "changes.jsonl.gz"):
        for method in ("GET", "HEAD"):
            address = f"/latest/us/ca/berkeley/addresses/city/{file}"
            response = await api.client.request(method, address, allow_redirects=False)
            assert response.status == 302
            assert response.headers["Location"] == f"/api/job/{job['id']}/output/{file}?attempt=1"
            assert response.headers["Cache-Control"] == "public, max-age=60"
            known = {"If-None-Match": response.headers["ETag"]}
            again = await api.client.request(method, address, allow_redirects=False, headers=known)
            assert again.status == 304


async def test_latest_followed_with_a_range_returns_that_range(api: RunningApi) -> None:
    job = await publish(api)
    await api.storage.put_bytes(f"job/{job['id']}/attempt-1/manifest.json", b"0123456789", "application/json")
    address = "/latest/us/ca/berkeley/addresses/city/manifest.json"
    response = await api.client.get(address, headers={"Range": "bytes=2-4"})
    assert response.status == 206
    assert await response.read() == b"234"


async def test_latest_of_a_name_with_special_characters_is_found(api: RunningApi) -> None:
    for place, name in enumerate(("a/b", HOSTILE, "per%cent", "ünï")):
        await publish(api, f"xx/{place}", name)
        (row,) = (await api.get(f"/api/data?fields=all&source=xx/{place}"))["data"]
        response = await api.client.get(URL(row["files"][0]["latest"], encoded=True), allow_redirects=False)
        assert response.status == 302
        assert row["name"] == name


@pytest.mark.parametrize(
    "path", ["us/ca/berkeley/addresses/city/no.file", "us/ca/berkeley/addresses/town/a", "xx/addresses/city/a", "a/b"]
)
async def test_latest_of_a_missing_dataset_or_file_is_not_found(api: RunningApi, path: str) -> None:
    await publish(api)
    assert (await api.client.get(f"/latest/{path}", allow_redirects=False)).status == 404


async def test_published_file_stays_when_the_job_runs_again(api: RunningApi) -> None:
    job = await publish(api)
    await api.storage.put_bytes(f"job/{job['id']}/attempt-1/manifest.json", b"one", "application/json")
    rerun = await api.client.post(f"/api/job/{job['id']}/rerun", headers=INTERNAL)
    assert rerun.status == 200
    for address in (
        "/latest/us/ca/berkeley/addresses/city/manifest.json",
        f"/api/job/{job['id']}/output/manifest.json",
    ):
        assert await (await api.client.get(address)).read() == b"one"
    again = await job_of(api.database, job["id"])
    await report_status(api.database, again, JobStatus.SUCCESS, seq=2, result=result(job["id"], attempt=2))
    await api.storage.put_bytes(f"job/{job['id']}/attempt-2/manifest.json", b"two", "application/json")
    texts = [
        await (await api.client.get(f"/api/job/{job['id']}/output/manifest.json{which}")).read()
        for which in ("?attempt=1", "?attempt=2", "")
    ]
    assert texts == [b"one", b"two", b"two"]


async def test_extents_are_geojson_of_every_dataset(api: RunningApi) -> None:
    await publish(api, "xx/a", HOSTILE)
    response = await api.client.get("/api/data/places")
    assert response.content_type == "application/geo+json"
    found = await response.json(content_type=None)
    assert found["bbox"] == [-122.3, 37.8, -122.2, 37.9]
    (place,) = found["features"]
    assert place["properties"]["name"] == HOSTILE
    polygon, middle = place["geometry"]["geometries"]
    assert polygon["coordinates"][0][0] == [-122.3, 37.8]
    assert middle["coordinates"] == [-122.25, 37.85]


async def test_extents_are_sent_in_parts_the_largest_first(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {1: 3.0, 2: 1.0, 3: 3.0, 4: 3.0, 5: 2.0, 6: 2.0, 7: 1e-7}
    for number, size in sizes.items():
        await publish(api, f"xx/{number}", makes={"bounds": [10, 20, 10 + size, 21]})
    text = await (await api.client.get("/api/data/places")).text()
    features = json.loads(text)["features"]
    assert [feature["properties"]["source_name"] for feature in features] == [f"xx/{number}" for number in "1345627"]
    for datasets in (1, 2, 3, 7, 8):
        monkeypatch.setattr(queries, "EXTENTS_OF_A_PART", datasets)
        response = await api.client.get("/api/data/places", headers={"Accept-Encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.text() == text
    assert json.loads(text)["bbox"] == [10, 20, 13, 21]


@pytest.mark.parametrize(
    "path", ["/api/data/places", "/map/places.json", "/api/attribution", "/api/attribution?format=json"]
)
async def test_extents_and_credits_are_sent_again_only_after_a_change(api: RunningApi, path: str) -> None:
    await publish(api, "xx/a")
    tags = []
    for _ in range(3):
        response = await api.client.get(path)
        tags.append(response.headers["ETag"])
        again = await api.client.get(path, headers={"If-None-Match": tags[-1]})
        assert again.status == 304
        assert await again.read() == b""
        if len(tags) == 1:
            await publish(api, "xx/b")
        else:
            failing = await make_job(api, "xx/a")
            await report_status(
                api.database, failing, JobStatus.FAIL, error={"code": "source.not_found", "message": "x"}
            )
    assert len(set(tags)) == 3
    other = await api.client.get(path.partition("?")[0] + "?source=xx/b", headers={"If-None-Match": tags[-1]})
    assert other.status == 200


async def test_extents_of_nothing_are_an_empty_collection(api: RunningApi) -> None:
    assert await api.get("/api/data/places") == {"type": "FeatureCollection", "features": []}


async def test_licenses_have_the_number_of_datasets_under_each(api: RunningApi) -> None:
    await publish(api, "xx/a")
    await publish(api, "xx/b")
    await publish(api, "xx/c", license_="https://example.org/open")
    licenses = (await api.get("/api/licenses"))["licenses"]
    assert [(use["datasets"], use["features"]) for use in licenses] == [(2, 200), (1, 100)]
    assert licenses[0]["license"]["text"] == "CC BY 4.0"
    assert licenses[1]["license"]["url"] == "https://example.org/open"


async def test_attribution_of_a_selection_has_each_license_once(api: RunningApi) -> None:
    await publish(api, "xx/a")
    await publish(api, "xx/b")
    await publish(api, "yy/c", license_="public domain")
    response = await api.client.get("/api/attribution?source=xx/")
    text = await response.text()
    assert response.content_type == "text/plain"
    assert text.count("© Town. License: CC BY 4.0, https://example.org/license.") == 1
    assert "  xx/a addresses city\n  xx/b addresses city" in text
    assert "yy/c" not in text
    parts = (await api.get("/api/attribution?format=json"))["datasets"]
    assert [part["source_name"] for part in parts] == ["xx/a", "xx/b", "yy/c"]
    assert parts[2]["attribution"] == "License: public domain. Attribution not stated."
