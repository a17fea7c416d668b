"""Jobs whose source has not changed: the published files stay, nothing gets lost or doubled."""

from typing import Any

import pytest

from oa_api.db.database import Row
from oa_api.identity.principal import SERVICE
from oa_api.jobs import actions
from oa_api.retention import attempts
from oa_api.retention.rules import Rule
from oa_shared.status import JobStatus
from support.publishing import job_of, make_job, publish, report_status, result
from support.running_api import INTERNAL, RunningApi

FILE = "source.geojson.gz"


def unchanged_result(published: Row) -> dict[str, Any]:
    """Return the result of a task whose input equals that of a published job."""
    return {"unchanged": True, "same_as": {"job": published["id"], "attempt": published["attempt"]}}


async def report_unchanged(api: RunningApi, job: Row, published: Row, *, seq: int = 1) -> str:
    return await report_status(api.database, job, JobStatus.SUCCESS, seq=seq, result=unchanged_result(published))


async def dataset_of(api: RunningApi) -> dict[str, Any]:
    (dataset,) = (await api.get("/api/data?fields=all"))["data"]
    return dict(dataset)


async def kinds_of(api: RunningApi, job: Row) -> list[str]:
    values = {"job": job["id"]}
    rows = await api.database.all("SELECT kind FROM job_event WHERE job_id = %(job)s AND accepted ORDER BY id", values)
    return [row["kind"] for row in rows]


async def test_unchanged_job_succeeds_and_keeps_the_published_files(api: RunningApi) -> None:
    first = await publish(api)
    await api.database.execute("UPDATE data SET updated_at = now() - interval '40 days'")
    before = await dataset_of(api)
    second = await make_job(api)
    assert await report_unchanged(api, second, first) == "Success"
    job, dataset = await api.get(f"/api/job/{second['id']}"), await dataset_of(api)
    assert job["unchanged"] is True
    assert job["same_as"] == {"job": first["id"], "attempt": 1}
    assert job["result"]["count"] == 100
    assert job["result"]["changes"] == {"previous": True, "added": 0, "removed": 0, "changed": 0, "unchanged": 100}
    assert set(job["output"]) == {"manifest.json", FILE, "source.parquet", "validated.geojson.gz"}
    assert job["result"]["outputs"][FILE]["key"] == f"job/{first['id']}/attempt-1/{FILE}"
    assert {key: dataset[key] for key in ("job", "updated_at", "files")} == {
        key: before[key] for key in ("job", "updated_at", "files")
    }
    assert dataset["checked_at"] > before["checked_at"] == before["updated_at"]
    assert dataset["checked_job"] == second["id"]
    assert len((await api.get(dataset["history"]))["publications"]) == 1
    kinds = await kinds_of(api, second)
    assert "data.checked" in kinds
    assert "data.published" not in kinds
    assert await api.database.all("SELECT 1 FROM review_reason") == []


async def test_unchanged_job_is_healthy_and_costs_no_written_bytes(api: RunningApi) -> None:
    first = await publish(api)
    await api.database.execute("UPDATE data SET updated_at = now() - interval '400 days'")
    assert (await api.get("/api/health/sources"))["counts"]["stale"] == 1
    second = await make_job(api)
    await report_unchanged(api, second, first)
    grid = await api.get("/api/health/sources")
    assert grid["counts"] == {"healthy": 1, "stale": 0, "failing": 0, "never": 0}
    assert grid["sources"][0]["checked_at"] > grid["sources"][0]["published_at"]
    statistics = await api.get(f"/api/statistics?run={second['run_id']}")
    assert statistics["cost"]["moved"] == 0
    assert (statistics["throughput"]["unchanged"], statistics["throughput"]["features"]) == (1, 0)


async def test_unchanged_job_with_an_empty_confirmed_result_needs_no_review(api: RunningApi) -> None:
    empty = await make_job(api)
    reported = result(empty["id"], count=0)
    assert await report_status(api.database, empty, JobStatus.SUCCESS, result=reported) == "Warn"
    await api.database.run(lambda transaction: actions.confirm(transaction, empty["id"], by=SERVICE))
    assert await report_unchanged(api, await make_job(api), empty) == "Success"


async def test_unchanged_report_is_applied_once(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    assert await report_unchanged(api, second, first) == "Success"
    assert await report_unchanged(api, second, first) == "duplicate"
    assert await report_unchanged(api, second, first, seq=2) == "already_there"
    assert (await kinds_of(api, second)).count("data.checked") == 1


@pytest.mark.parametrize(
    "gone", ["replaced", "deleted", "lost", "retired", "reopened", "of_another_entry", "forced", "trial", "unnamed"]
)
async def test_unchanged_report_without_its_publication_is_retried_with_new_files(api: RunningApi, gone: str) -> None:
    first = await publish(api)
    second = await make_job(api, live=gone != "trial", force=gone == "forced")
    names = {"job": first["id"]}
    match gone:
        case "replaced":
            await publish(api)
        case "deleted":
            await api.database.execute(
                "INSERT INTO file_deletion (job_id, attempt, part, rule) VALUES (%(job)s, 1, 'files', 'superseded')",
                names,
            )
        case "retired" | "reopened":
            await api.database.execute("UPDATE data SET state = %(state)s", {"state": gone})
        case "lost":
            await api.database.execute("INSERT INTO lost_result (job_id, attempt, key) VALUES (%(job)s, 1, 'x')", names)
        case "of_another_entry":
            first = await publish(api, "us/ca/other")
    reported = {"unchanged": True} if gone == "unnamed" else unchanged_result(first)
    assert await report_status(api.database, second, JobStatus.SUCCESS, result=reported) == "retried"
    again = await api.get(f"/api/job/{second['id']}")
    assert (again["status"], again["attempt"], again["force"]) == ("Pending", 2, True)
    assert [attempt["error_code"] for attempt in again["attempts"]] == ["infra.publication_gone", None]
    attempt = await job_of(api.database, second["id"])
    reported = result(second["id"], attempt=2)
    assert await report_status(api.database, attempt, JobStatus.SUCCESS, result=reported) == "Success"
    assert (await api.get(f"/api/job/{second['id']}"))["unchanged"] is False


async def test_older_changed_result_after_an_unchanged_one_is_not_published(api: RunningApi) -> None:
    first, older, newer = await publish(api), await make_job(api), await make_job(api)
    await report_unchanged(api, newer, first)
    assert await report_status(api.database, older, JobStatus.SUCCESS, result=result(older["id"], count=5)) == "Success"
    assert (await dataset_of(api))["job"] == first["id"]


async def test_older_unchanged_job_does_not_move_the_check_back(api: RunningApi) -> None:
    first, older, newer = await publish(api), await make_job(api), await make_job(api)
    await report_unchanged(api, newer, first)
    before = await dataset_of(api)
    assert await report_unchanged(api, older, first) == "Success"
    assert (await dataset_of(api))["checked_job"] == newer["id"] == before["checked_job"]


async def test_unchanged_job_ends_the_failure_of_an_older_one(api: RunningApi) -> None:
    first, failed, newer = await publish(api), await make_job(api), await make_job(api)
    error = {"code": "source.not_found", "message": "gone"}
    await report_status(api.database, failed, JobStatus.FAIL, error=error)
    assert (await dataset_of(api))["latest_job"]["id"] == failed["id"]
    await report_unchanged(api, newer, first)
    assert (await dataset_of(api))["latest_job"] is None
    later = await make_job(api)
    await report_status(api.database, later, JobStatus.FAIL, error=error)
    assert (await dataset_of(api))["latest_job"]["id"] == later["id"]


async def test_rerun_of_an_unchanged_job_writes_and_publishes_new_files(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await report_unchanged(api, second, first)
    answer = await api.client.post(f"/api/job/{second['id']}/rerun", json={}, headers=INTERNAL)
    assert answer.status == 200
    waiting = await api.get(f"/api/job/{second['id']}")
    assert (waiting["force"], waiting["unchanged"], waiting["same_as"], waiting["output"]) == (True, False, None, {})
    again = await job_of(api.database, second["id"])
    await report_status(api.database, again, JobStatus.SUCCESS, result=result(second["id"], attempt=2))
    assert (await dataset_of(api))["job"] == second["id"]


async def test_rerun_of_the_published_job_after_a_check_replaces_its_files_and_passes_the_gate(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await report_unchanged(api, second, first)
    await api.client.post(f"/api/job/{first['id']}/rerun", json={}, headers=INTERNAL)
    again = await job_of(api.database, first["id"])
    fewer = result(first["id"], attempt=2, count=10)
    assert await report_status(api.database, again, JobStatus.SUCCESS, result=fewer) == "Warn"
    await api.database.run(lambda transaction: actions.confirm(transaction, first["id"], by=SERVICE))
    assert (await dataset_of(api))["attempt"] == 2


async def test_superseded_files_outlive_the_last_job_that_kept_them(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await report_unchanged(api, second, first)
    await publish(api)
    await api.database.execute("UPDATE publication SET published_at = now() - interval '90 days'")
    await api.database.execute("UPDATE job_attempt SET ended_at = now() - interval '90 days'")
    rule = Rule("superseded", keep_days=30, keep_last=1, enabled=True, description="")
    assert (await attempts.preview(api.database, rule)).count == 0
    assert await attempts.mark(api.database, rule) == 0
    await api.database.execute("UPDATE job SET ended_at = now() - interval '90 days'")
    assert (await attempts.preview(api.database, rule)).count == 1
    assert await attempts.mark(api.database, rule) == 1
    assert (await api.get(f"/api/job/{second['id']}"))["files_deleted_at"] is not None


async def test_files_of_an_unchanged_job_are_deleted_with_those_it_kept(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await report_unchanged(api, second, first)
    await publish(api)
    await api.database.execute(
        "INSERT INTO file_deletion (job_id, attempt, part, rule) VALUES (%(job)s, 1, 'files', 'superseded')",
        {"job": first["id"]},
    )
    job = await api.get(f"/api/job/{second['id']}")
    assert job["files_deleted_at"] is not None
    assert job["output"] == {}
    assert (await api.client.get(f"/api/job/{second['id']}/output/{FILE}")).status == 410
    refused = await api.client.post("/api/export", json={"job": second["id"], "format": "csv"}, headers=INTERNAL)
    assert refused.status == 409


async def test_export_of_an_unchanged_job_names_the_job_that_holds_its_files(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await report_unchanged(api, second, first)
    made = await api.client.post("/api/export", json={"job": second["id"], "format": "csv"}, headers=INTERNAL)
    assert made.status < 300, await made.text()
    plan = await api.database.first(
        "SELECT source.definition FROM job JOIN source ON source.sha256 = job.source_sha256 WHERE job.kind = 'export'"
    )
    assert plan is not None
    assert f'"job": {first["id"]}' in plan["definition"].replace('"job":', '"job": ').replace("  ", " ")


async def test_run_that_becomes_live_again_does_not_publish_its_unchanged_jobs(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await report_unchanged(api, second, first)
    for live in (False, True):
        body = {"live": live, "expected_jobs": 1}
        answer = await api.client.patch(f"/api/run/{second['run_id']}", json=body, headers=INTERNAL)
        assert answer.status == 200
    assert (await dataset_of(api))["job"] == first["id"]


async def test_forced_run_makes_forced_jobs(api: RunningApi) -> None:
    forced, usual = await make_job(api, force=True), await make_job(api)
    assert (await api.get(f"/api/run/{forced['run_id']}"))["force"] is True
    assert (await api.get(f"/api/job/{forced['id']}"))["force"] is True
    assert (await api.get(f"/api/job/{usual['id']}"))["force"] is False


async def test_pages_show_that_a_source_is_unchanged(api: RunningApi) -> None:
    first, second = await publish(api), await make_job(api)
    await api.database.execute("UPDATE data SET updated_at = now() - interval '2 days'")
    await report_unchanged(api, second, first)
    dataset = await dataset_of(api)
    for path in (
        f"/jobs/{second['id']}",
        f"/data/{dataset['id']}",
        "/health",
        f"/jobs?run={second['run_id']}",
    ):
        response = await api.client.get(path)
        assert response.status == 200
        assert "unchanged" in (await response.text()).casefold(), path
    changes = await (await api.client.get(f"/jobs/{second['id']}/changes")).text()
    assert "no changes since the previous publication" in changes.casefold()
    assert f"job {first['id']}" in await (await api.client.get(f"/jobs/{second['id']}")).text()
