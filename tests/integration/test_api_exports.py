"""Exports over HTTP: of a job, of a selection, their limits, their file and its expiry."""

from typing import Any

import pytest

from oa_api.jobs.locks import lock_job
from oa_api.jobs.publishing import publish as publish_job
from oa_shared.products import EXPORT_FORMATS
from oa_shared.status import JobStatus
from support.product_jobs import build, end, plan_of, publish, request
from support.running_api import RunningApi, running_api

FILE = "export.gpkg"


async def export(api: RunningApi, **asked: Any) -> Any:
    status, made = await request(api, "POST", "/api/export", {"format": "gpkg", **asked})
    assert status == 200, made
    return made


@pytest.mark.parametrize("form", EXPORT_FORMATS)
async def test_export_of_a_job_reads_only_its_result(api: RunningApi, form: str) -> None:
    job = await publish(api, "us/ne/lancaster")
    await publish(api, "us/ne/lancaster")
    made = await export(api, job=job, format=form, bbox=[-96.5, 40.0, -96.0, 41.0])
    assert made["status"] == "Pending"
    assert made["format"] == form
    assert made["inputs"] == 1
    assert made["features"] == 1000
    assert made["asked"] == {"job": job, "format": form, "bbox": [-96.5, 40.0, -96.0, 41.0]}
    plan = await plan_of(api, made["job"])
    assert plan["kind"] == "export"
    assert plan["formats"] == [form]
    assert plan["layer"] == "addresses"
    assert plan["bbox"] == [-96.5, 40.0, -96.0, 41.0]
    assert [item["job"] for item in plan["inputs"]] == [job]
    row = await api.get(f"/api/job/{made['job']}")
    assert row["kind"] == "export"
    assert row["source_name"] == f"export/{made['id']}"
    assert row["lane"] == "manual"


@pytest.mark.parametrize(
    ("asked", "sources"),
    [
        ({"source": "us/ne"}, ["us/ne/douglas", "us/ne/lancaster"]),
        ({"source": "us/ne/lancaster"}, ["us/ne/lancaster"]),
        ({"source": "us/*/d*"}, ["us/ne/douglas", "us/wy/d"]),
        ({"source": "**", "layer": "parcels"}, ["us/ne/lancaster"]),
        ({"source": "**", "layer": "addresses", "bbox": [-110, 40, -100, 45]}, ["us/wy/d"]),
        ({"source": "**", "layer": "addresses", "bbox": [170, -20, -105, 45]}, ["fj/suva", "us/wy/d"]),
    ],
)
async def test_export_of_a_selection_reads_its_published_data(
    api: RunningApi, asked: dict[str, Any], sources: list[str]
) -> None:
    await publish(api, "us/ne/lancaster")
    await publish(api, "us/ne/lancaster", layer="parcels")
    await publish(api, "us/ne/douglas")
    await publish(api, "us/wy/d", bounds=(-106.0, 41.0, -105.5, 42.0))
    await publish(api, "fj/suva", bounds=(178.0, -18.2, 178.5, -18.0))
    if asked == {"source": "us/ne"} or "lancaster" in asked["source"]:
        asked = {**asked, "layer": "addresses"}
    made = await export(api, **asked)
    assert [item["source_name"] for item in (await plan_of(api, made["job"]))["inputs"]] == sources


async def test_export_of_several_layers_is_refused_with_their_names(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    await publish(api, "us/ne/lancaster", layer="parcels")
    status, problem = await request(api, "POST", "/api/export", {"format": "csv", "source": "us/ne"})
    assert status == 422
    assert problem["errors"] == {"layer": ["Choose one of addresses, parcels."]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": "us"}, "format"),
        ({"format": "doc", "source": "us"}, "format"),
        ({"format": "csv"}, "source"),
        ({"format": "csv", "job": 1, "source": "us"}, "source"),
        ({"format": "csv", "job": 1, "layer": "parcels"}, "layer"),
        ({"format": "csv", "job": 0}, "job"),
        ({"format": "csv", "source": "/us"}, "source"),
        ({"format": "csv", "source": "us;drop"}, "source"),
        ({"format": "csv", "source": "us", "bbox": [1, 2, 3]}, "bbox"),
        ({"format": "csv", "source": "us", "bbox": [1, 5, 3, 4]}, "bbox"),
        ({"format": "csv", "source": "us", "bbox": [1, 2, 300, 4]}, "bbox"),
        ({"format": "csv", "source": "us", "bbox": ["NaN", 2, 3, 4]}, "bbox"),
        ({"format": "csv", "source": "nobody/has/this"}, "source"),
    ],
)
async def test_invalid_export_is_refused_and_writes_nothing(api: RunningApi, body: Any, field: str) -> None:
    status, problem = await request(api, "POST", "/api/export", body)
    assert status == 422
    assert field in problem["errors"]
    assert await api.count("export") == 0
    assert await api.count("job") == 0


async def test_export_of_an_unusable_job_is_refused_with_the_reason(api: RunningApi) -> None:
    made = await export(api, job=await publish(api, "us/ne/lancaster"))
    waiting, old = await api.job(), await publish(api, "us/ne/old")
    gone = "INSERT INTO file_deletion (job_id, attempt, part, rule) VALUES (%(job)s, 1, 'files', 'superseded')"
    await api.database.execute(gone, {"job": old})
    for job, code, reason in (
        (old, "conflict", "deleted"),
        (4711, "not_found", "does not exist"),
        (waiting["id"], "conflict", "Pending"),
        (made["job"], "conflict", "(export)"),
    ):
        status, problem = await request(api, "POST", "/api/export", {"format": "csv", "job": job})
        assert status == (404 if code == "not_found" else 409)
        assert problem["code"] == code
        assert f"job {job} " in problem["detail"]
        assert reason in problem["detail"]


@pytest.mark.parametrize("limits", [{"export_features": 1999}, {"export_inputs": 1}])
async def test_too_large_export_is_refused_with_its_size(database_url: str, limits: dict[str, int]) -> None:
    async with running_api(database_url, **limits) as api:
        await publish(api, "us/ne/lancaster"), await publish(api, "us/ne/douglas")
        status, problem = await request(api, "POST", "/api/export", {"format": "csv", "source": "us"})
        assert status == 422
        assert "2 datasets with 2,000 features" in problem["detail"]
        assert "source" in problem["errors"]
        assert await api.count("export") == 0


async def test_completed_export_has_a_file_until_it_expires(api: RunningApi) -> None:
    made = await export(api, job=await publish(api, "us/ne/lancaster"))
    path = f"/api/export/{made['id']}"
    assert made["files"] == []
    assert made["expiry"] is None
    assert (await request(api, "GET", f"{path}/output/{FILE}"))[0] == 404
    assert await build(api, made["job"], FILE, "ATTRIBUTION.txt", "manifest.json") == "Success"
    done = await api.get(path)
    assert done["status"] == "Success"
    assert done["count"] == 1234
    assert done["size"] == 200
    assert done["is_expired"] is False
    assert [file["name"] for file in done["files"]] == ["ATTRIBUTION.txt", FILE]
    assert done["expiry"] > done["ready_at"] > done["created"]
    response = await api.client.get(done["files"][1]["url"])
    assert response.status == 200
    assert await response.text() == f"made by job {made['job']}"
    await api.database.execute("UPDATE export SET expires_at = now()")
    gone = await api.get(path)
    assert gone["is_expired"] is True
    assert gone["files"] == []
    status, problem = await request(api, "GET", f"{path}/output/{FILE}")
    assert status == 404
    assert f"export {made['id']} has expired" in problem["detail"]


async def test_failed_export_has_the_error_and_can_run_again(api: RunningApi) -> None:
    made = await export(api, job=await publish(api, "us/ne/lancaster"))
    error = {"code": "source.empty", "message": "nothing lies in the box"}
    await end(api, made["job"], status=JobStatus.FAIL, error=error)
    found = await api.get(f"/api/export/{made['id']}")
    assert found["status"] == "Fail"
    assert found["error"] == error
    assert found["files"] == []
    assert (await request(api, "POST", f"/api/job/{made['job']}/rerun", {}))[0] == 200
    assert await build(api, made["job"], FILE) == "Success"
    assert (await api.get(f"/api/export/{made['id']}"))["status"] == "Success"


async def test_export_of_a_canceled_job_is_canceled(api: RunningApi) -> None:
    made = await export(api, job=await publish(api, "us/ne/lancaster"))
    assert (await request(api, "POST", f"/api/job/{made['job']}/cancel", {}))[0] == 200
    assert await build(api, made["job"], FILE) == "already_ended"
    assert (await api.get(f"/api/export/{made['id']}"))["status"] == "Canceled"


async def test_exports_are_listed_filtered_and_in_pages(api: RunningApi) -> None:
    job = await publish(api, "us/ne/lancaster")
    made = [await export(api, job=job, format=form) for form in ("csv", "gpkg", "csv")]
    await build(api, made[0]["job"], "export.csv.gz")
    listed = await api.get("/api/export?format=csv")
    assert [item["id"] for item in listed["exports"]] == [3, 1]
    assert listed["total"] == 2
    assert [item["id"] for item in (await api.get("/api/export?status=Success,Fail"))["exports"]] == [1]
    response = await api.client.get("/api/export?limit=2")
    assert [item["id"] for item in (await response.json())["exports"]] == [3, 2]
    following = await api.client.get(str(response.links["next"]["url"].relative()))
    assert [item["id"] for item in (await following.json())["exports"]] == [1]


async def test_export_with_a_key_is_started_once(api: RunningApi) -> None:
    body = {"format": "csv", "job": await publish(api, "us/ne/lancaster")}
    first = await request(api, "POST", "/api/export", body, **{"Idempotency-Key": "k"})
    assert await request(api, "POST", "/api/export", body, **{"Idempotency-Key": "k"}) == first
    assert await api.count("export") == 1


async def test_export_of_a_run_that_becomes_live_publishes_nothing(api: RunningApi) -> None:
    made = await export(api, job=await publish(api, "us/ne/lancaster"))
    assert await build(api, made["job"], FILE) == "Success"
    assert (await api.make_live(made["run"])).status == 200
    assert [row["source_name"] for row in (await api.get("/api/data"))["data"]] == ["us/ne/lancaster"]
    async with api.database.transaction() as transaction:
        row = await lock_job(transaction, made["job"])
        assert not await publish_job(transaction, row)
