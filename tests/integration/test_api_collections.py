"""Collections over HTTP: create, change, build and download."""

import json
from typing import Any

import pytest

from oa_shared.status import JobStatus
from support.accounts import account, call, token
from support.product_jobs import build, end, plan_of, publish, request
from support.running_api import RunningApi

NEBRASKA = {"name": "us-ne", "display_name": "Nebraska", "sources": ["us/ne/**"]}
MAIN = "collection.geojson.zip"


async def create_collection(api: RunningApi, **more: Any) -> int:
    status, made = await request(api, "POST", "/api/collections", {**NEBRASKA, **more})
    assert status == 200
    return int(made["id"])


async def start_build(api: RunningApi, number: int, **asked: Any) -> Any:
    status, made = await request(api, "POST", f"/api/collections/{number}/build", asked)
    assert status == 200
    return made


async def test_new_collection_has_no_build(api: RunningApi) -> None:
    number = await create_collection(api, layer="addresses", formats=["geojson"], deduplicate=True)
    found = await api.get(f"/api/collections/{number}")
    assert {key: found[key] for key in NEBRASKA} == NEBRASKA
    assert found["layer"] == "addresses"
    assert found["formats"] == ["geojson"]
    assert found["deduplicate"] is True
    assert found["job"] is None
    assert found["build"] is None
    assert found["files"] == []
    assert found["size"] == 0
    listed = await api.get("/api/collections")
    assert listed["total"] == 1
    assert listed["collections"] == [found]


async def test_duplicate_collection_name_is_refused(api: RunningApi) -> None:
    await create_collection(api)
    status, problem = await request(api, "POST", "/api/collections", NEBRASKA)
    assert status == 409
    assert problem["detail"] == "collection 'us-ne' exists already: choose another name"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({**NEBRASKA, "name": "US NE"}, "name"),
        ({**NEBRASKA, "name": "../x"}, "name"),
        ({**NEBRASKA, "display_name": ""}, "display_name"),
        ({**NEBRASKA, "sources": []}, "sources"),
        ({**NEBRASKA, "sources": ["/us"]}, "sources"),
        ({**NEBRASKA, "sources": ["us/(a|b)"]}, "sources"),
        ({**NEBRASKA, "layer": "roads"}, "layer"),
        ({**NEBRASKA, "formats": ["csv"]}, "formats"),
        ({**NEBRASKA, "formats": []}, "formats"),
        ({**NEBRASKA, "s3": "x"}, "s3"),
    ],
)
async def test_invalid_collection_is_refused(api: RunningApi, body: Any, field: str) -> None:
    status, problem = await request(api, "POST", "/api/collections", body)
    assert status == 422
    assert field in problem["errors"]
    assert await api.count("collection") == 0


async def test_collection_change_keeps_omitted_fields(api: RunningApi) -> None:
    number = await create_collection(api, layer="addresses")
    status, changed = await request(api, "PATCH", f"/api/collections/{number}", {"sources": ["us/ne/*"], "layer": None})
    assert status == 200
    assert changed["sources"] == ["us/ne/*"]
    assert changed["layer"] is None
    assert changed["display_name"] == "Nebraska"
    status, problem = await request(api, "PATCH", f"/api/collections/{number}", {"name": "other"})
    assert status == 422
    assert list(problem["errors"]) == ["name"]


async def test_deleted_collection_is_gone_and_its_jobs_stay(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    job = (await start_build(api, number))["job"]
    status, said = await request(api, "DELETE", f"/api/collections/{number}")
    assert status == 200
    assert said == {"status": 200, "message": "collection us-ne is deleted"}
    assert (await request(api, "GET", f"/api/collections/{number}"))[0] == 404
    assert await build(api, job, MAIN) == "Success"
    assert await api.count("collection_build") == 0


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("number", ["7", "0", "x", str(2**70)])
async def test_missing_collection_is_not_found(api: RunningApi, method: str, number: str) -> None:
    body = {} if method == "PATCH" else None
    assert (await request(api, method, f"/api/collections/{number}", body))[0] == 404


@pytest.mark.parametrize("path", ["data", "builds", f"output/{MAIN}"])
async def test_parts_of_a_missing_collection_are_not_found(api: RunningApi, path: str) -> None:
    assert (await request(api, "GET", f"/api/collections/7/{path}"))[0] == 404


async def test_build_creates_one_job_whose_plan_has_the_inputs(api: RunningApi) -> None:
    lancaster, douglas = await publish(api, "us/ne/lancaster"), await publish(api, "us/ne/douglas", count=50)
    await publish(api, "us/nebraska"), await publish(api, "us/ne/plain", with_parquet=False)
    number = await create_collection(api, deduplicate=True, formats=["geojson", "pmtiles"])
    made = await start_build(api, number)
    assert made["skipped"] is None
    assert made["inputs"] == 2
    assert made["features"] == 1050
    assert made["left_out"] == 1
    job = await api.get(f"/api/job/{made['job']}")
    assert job["kind"] == "collection"
    assert job["source_name"] == "collection/us-ne"
    assert job["layer"] == "all"
    assert job["live"] is False
    run = await api.get(f"/api/run/{job['run']}")
    assert run["closed"] is True
    assert run["jobs"]["total"] == 1
    plan = await plan_of(api, made["job"])
    assert plan["v"] == 1
    assert plan["kind"] == "collection"
    assert plan["title"] == "Nebraska"
    assert plan["layer"] is None
    assert plan["formats"] == ["geojson", "pmtiles"]
    assert plan["deduplicate"] is True
    assert plan["bbox"] is None
    assert [item["job"] for item in plan["inputs"]] == [douglas, lancaster]
    assert plan["inputs"][1] | {"license": ""} == {
        "source_name": "us/ne/lancaster",
        "layer": "addresses",
        "name": "city",
        "job": lancaster,
        "key": f"job/{lancaster}/attempt-1/source.parquet",
        "geojson_key": f"job/{lancaster}/attempt-1/source.geojson.gz",
        "sha256": f"{lancaster:064x}",
        "geojson_sha256": f"{lancaster:064x}",
        "size_bytes": 100,
        "count": 1000,
        "license": "",
        "attribution": "Town",
    }
    assert plan["inputs"][1]["license"]["text"] == "CC-BY-4.0"


async def test_build_requests_one_container_of_its_kind(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    made = await start_build(api, await create_collection(api))
    rows = await api.database.all("SELECT body FROM outbox WHERE job_id = %(job)s", {"job": made["job"]})
    assert len(rows) == 1
    assert '"job_kind": "collection"' in rows[0]["body"]


async def test_completed_build_is_offered(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    job = (await start_build(api, number))["job"]
    assert (await request(api, "GET", f"/api/collections/{number}/data"))[0] == 404
    assert await build(api, job, MAIN, "collection.pmtiles", "manifest.json") == "Success"
    found = await api.get(f"/api/collections/{number}")
    assert found["job"] == job
    assert found["count"] == 1234
    assert found["size"] == 200
    assert [file["name"] for file in found["files"]] == [MAIN, "collection.pmtiles"]
    assert found["build"]["job"] == job
    assert found["build"]["status"] == "Success"
    assert found["build"]["is_newest"] is True
    for path in (f"/api/collections/{number}/data", found["files"][0]["url"]):
        response = await api.client.get(path, headers={"Range": "bytes=0-3"})
        assert response.status == 206
        assert await response.text() == "made"
    assert (await request(api, "GET", f"/api/collections/{number}/output/other"))[0] == 404


async def test_build_of_the_same_inputs_is_skipped_with_the_reason_unless_forced(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    job = (await start_build(api, number))["job"]
    assert (await start_build(api, number))["skipped"] == f"job {job} is building the same inputs"
    await build(api, job, MAIN)
    made = await start_build(api, number)
    assert made["job"] is None
    assert made["skipped"] == f"nothing has changed since job {job}"
    assert (await start_build(api, number, force=True))["job"] > job
    builds = (await api.get(f"/api/collections/{number}/builds"))["builds"]
    assert [item["status"] for item in builds] == ["Pending", "Skipped", "Skipped", "Success"]
    assert [item["is_newest"] for item in builds] == [False, False, False, True]


async def test_build_after_a_change_of_inputs_or_collection_is_not_skipped(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    await build(api, (await start_build(api, number))["job"], MAIN)
    await publish(api, "us/ne/lancaster")
    second = (await start_build(api, number))["job"]
    await build(api, second, MAIN)
    await request(api, "PATCH", f"/api/collections/{number}", {"deduplicate": True})
    assert (await start_build(api, number))["job"] > second


async def test_build_without_inputs_is_skipped_even_if_forced(api: RunningApi) -> None:
    number = await create_collection(api)
    assert (await start_build(api, number, force=True))["skipped"] == "no published data matches"


async def test_failed_build_keeps_the_last_successful_one(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    good = (await start_build(api, number))["job"]
    await build(api, good, MAIN)
    bad = (await start_build(api, number, force=True))["job"]
    error = {"code": "source.empty", "message": "nothing in it"}
    assert await end(api, bad, status=JobStatus.FAIL, error=error) == "Fail"
    found = await api.get(f"/api/collections/{number}")
    assert found["job"] == good
    assert found["build"]["job"] == bad
    assert found["build"]["error"] == error


async def test_older_build_that_ends_later_does_not_replace_the_newer(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    older = (await start_build(api, number))["job"]
    await publish(api, "us/ne/douglas")
    newer = (await start_build(api, number))["job"]
    assert await build(api, newer, MAIN) == "Success"
    assert await build(api, older, MAIN) == "Success"
    assert (await api.get(f"/api/collections/{number}"))["job"] == newer
    assert (await request(api, "POST", f"/api/job/{older}/rerun", {}))[0] == 200
    assert await build(api, older, MAIN) == "Success"
    assert (await api.get(f"/api/collections/{number}"))["job"] == newer


async def test_rerun_of_a_build_replaces_its_own_files_once(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    job = (await start_build(api, number))["job"]
    assert [await build(api, job, MAIN), await build(api, job, MAIN)] == ["Success", "duplicate"]
    assert (await request(api, "POST", f"/api/job/{job}/rerun", {}))[1]["attempt"] == 2
    assert await build(api, job, "collection.pmtiles") == "Success"
    files = (await api.get(f"/api/collections/{number}"))["files"]
    assert [file["name"] for file in files] == ["collection.pmtiles"]


async def test_build_with_a_key_is_started_once(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    key = {"Idempotency-Key": "k"}
    first = await request(api, "POST", f"/api/collections/{number}/build", {}, **key)
    assert await request(api, "POST", f"/api/collections/{number}/build", {}, **key) == first
    assert (await request(api, "POST", f"/api/collections/{number}/build", {"force": True}, **key))[0] == 422
    assert await api.count("collection_build") == 1


async def test_builds_are_listed_in_pages(api: RunningApi) -> None:
    number = await create_collection(api)
    for _ in range(5):
        await start_build(api, number)
    response = await api.client.get(f"/api/collections/{number}/builds?limit=2")
    seen = [item["id"] for item in (await response.json())["builds"]]
    while following := response.links.get("next"):
        response = await api.client.get(str(following["url"].relative()))
        seen += [item["id"] for item in (await response.json())["builds"]]
    assert seen == [5, 4, 3, 2, 1]


async def test_actions_are_audited(api: RunningApi) -> None:
    number = await create_collection(api)
    await start_build(api, number, reason="asked for by mail")
    rows = await api.database.all(
        "SELECT action, reason FROM audit WHERE subject = %(s)s", {"s": f"collection/{number}"}
    )
    assert [(row["action"], row["reason"]) for row in rows] == [
        ("collection.create", ""),
        ("collection.build", "asked for by mail"),
    ]


async def test_jobs_of_shared_products_require_a_moderator(api: RunningApi) -> None:
    exported = await publish(api, "us/ne/lancaster")
    job = (await start_build(api, await create_collection(api)))["job"]
    await account(api, "ann", "author")
    author = await token(api, "ann", "author")
    answer = await call(api, "POST", "/api/export", {"format": "csv", "job": exported}, **author)
    assert answer.status == 200
    made = answer.json
    refused = await call(api, "POST", f"/api/job/{job}/cancel", {}, **author)
    assert refused.status == 403
    assert refused.json["code"] == "forbidden"
    assert "kind collection requires role moderator" in refused.json["detail"]
    assert "ann has role author" in refused.json["detail"]
    assert (await call(api, "POST", f"/api/job/{made['job']}/cancel", {}, **author)).status == 200
    await account(api, "mo", "moderator")
    assert (await call(api, "POST", f"/api/job/{job}/cancel", {}, **await token(api, "mo", "moderator"))).status == 200


@pytest.mark.parametrize(("code", "tier"), [("infra.storage", "large"), ("resource.out_of_memory", "huge")])
async def test_retried_build_keeps_its_kind(api: RunningApi, code: str, tier: str) -> None:
    await publish(api, "us/ne/lancaster")
    number = await create_collection(api)
    job = (await start_build(api, number))["job"]
    assert await end(api, job, status=JobStatus.FAIL, error={"code": code, "message": "x"}) == "retried"
    sent = await api.database.all("SELECT body FROM outbox WHERE job_id = %(job)s ORDER BY attempt", {"job": job})
    assert [json.loads(row["body"])["job_kind"] for row in sent] == ["collection", "collection"]
    assert [json.loads(row["body"])["tier"] for row in sent] == ["large", tier]
    assert await build(api, job, MAIN) == "Success"
    assert (await api.get(f"/api/collections/{number}"))["job"] == job
