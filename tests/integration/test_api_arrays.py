"""Many jobs in one request of the dispatcher, arrays of attempts, and what the containers of an array get."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from oa_api.db.database import Row
from oa_api.jobs.results_consumer import ResultsHandler
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_shared.caller_identity import IdentityRefusedError, IdentityUnavailableError
from oa_shared.ids import array_job_name
from oa_shared.messages import BatchEvent, dump
from oa_shared.outcomes import Ack
from oa_shared.queue import ReceivedMessage
from oa_shared.scheduling import Lane
from oa_shared.status import JobStatus
from support.consuming import handle_one
from support.planned_jobs import create_planned_jobs
from support.publishing import job_of, report_status
from support.running_api import INTERNAL, RunningApi, running_api


class NamedSessions:
    """An identity check whose proofs are the names of sessions."""

    async def identify(self, proof: dict[str, str], purpose: str) -> str:
        if proof.get("session") == "down":
            raise IdentityUnavailableError("STS")
        if proof.get("purpose") != purpose:
            raise IdentityRefusedError("another purpose")
        return proof["session"]


@pytest.fixture
async def checking(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, identity_check=NamedSessions()) as running:
        yield running


async def post(
    api: RunningApi, path: str, body: Any = None, *, method: str = "POST", **headers: str
) -> tuple[int, Any]:
    response = await api.client.request(method, path, json=body, headers=headers or INTERNAL)
    return response.status, await response.json()


async def make_jobs(api: RunningApi, count: int = 3) -> list[Row]:
    """Return the rows of jobs that wait, in the order of their IDs."""
    names = (f"n{number}" for number in range(count))
    jobs = await create_planned_jobs(api.database, *names, lane=Lane.WEEKLY)
    return [await job_of(api.database, job) for job in jobs]


def identity(job: Row) -> dict[str, Any]:
    return {"job": job["id"], "attempt": job["attempt"], "token": job["token"]}


async def create_array(api: RunningApi, jobs: list[Row], *, turn_s: float = 60) -> Any:
    status, body = await post(api, "/api/array", {"attempts": [identity(job) for job in jobs], "turn_s": turn_s})
    assert status == 200
    return body


async def ask(api: RunningApi, array: Any, place: int, **more: Any) -> tuple[int, Any]:
    """Send the request of a container without any credential of an account."""
    body = {"token": array["token"], "place": place, "batch_job": f"b:{place}", **more}
    return await post(api, f"/api/array/{array['id']}/child", body, accept="application/json")


async def statuses(api: RunningApi, jobs: list[Row]) -> list[tuple[str, str | None]]:
    rows = [await job_of(api.database, job["id"]) for job in jobs]
    return [(row["status"], row["batch_job"]) for row in rows]


async def test_states_of_many_jobs_are_those_of_each_and_leave_out_what_does_not_exist(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    await report_status(api.database, jobs[1], JobStatus.RUNNING)
    _, body = await post(api, "/api/job/states", {"jobs": [job["id"] for job in jobs] + [2**53]})
    alone = [await api.get(f"/api/job/{job['id']}/state", **INTERNAL) for job in jobs]
    assert sorted(body["states"], key=lambda state: state["id"]) == [{**state, "array": None} for state in alone]


@pytest.mark.parametrize("jobs", [[], [0], ["x"], [1] * 1001])
async def test_states_refuse_what_is_no_selection(api: RunningApi, jobs: list[Any]) -> None:
    assert (await post(api, "/api/job/states", {"jobs": jobs}))[0] == 422


async def test_reports_of_many_jobs_have_the_outcomes_of_one_by_one(api: RunningApi) -> None:
    pending, running, ended, other = await make_jobs(api, 4)
    await report_status(api.database, running, JobStatus.RUNNING)
    await report_status(api.database, ended, JobStatus.FAIL, error={"code": "source.schema", "message": "m"})
    reports = [{**identity(job), "batch_job": f"b-{job['id']}"} for job in (pending, running, ended, other)]
    reports[3]["token"] = "f" * 32
    _, body = await post(api, "/api/job/submitted", {"attempts": [*reports, {**reports[0], "job": 2**53}]})
    outcomes = {item["job"]: item["outcome"] for item in body["outcomes"]}
    expected = ["Submitted", "already_there", "already_ended", "other_token"]
    assert list(outcomes.values()) == expected
    assert await statuses(api, [pending, running, ended, other]) == [
        ("Submitted", f"b-{pending['id']}"),
        ("Running", f"b-{running['id']}"),
        ("Fail", f"b-{ended['id']}"),
        ("Pending", None),
    ]
    for job, reason in zip((pending, running, ended, other), (None, *expected[1:]), strict=True):
        event = (await api.get(f"/api/job/{job['id']}", **INTERNAL))["events"][-1]
        assert (event["kind"], event["accepted"], event["reason"]) == ("api.patch", reason is None, reason)
    attempt = (await api.get(f"/api/job/{pending['id']}", **INTERNAL))["attempts"][0]
    assert (attempt["status"], attempt["batch_job"]) == ("Submitted", f"b-{pending['id']}")


async def test_bulk_report_equals_the_report_of_one_job(api: RunningApi) -> None:
    first, second = await make_jobs(api, 2)
    change = {"status": "Submitted", "attempt": 1, "token": first["token"], "batch_job": "b"}
    await api.client.patch(f"/api/job/{first['id']}", json=change, headers=INTERNAL)
    await post(api, "/api/job/submitted", {"attempts": [{**identity(second), "batch_job": "b"}]})
    own = {"id", "name", "token", "created_at", "updated_at", "submitted_at", "opened_at", "xid"}
    rows = [
        {k: v for k, v in (await job_of(api.database, job["id"])).items() if k not in own} for job in (first, second)
    ]
    assert rows[0] == rows[1]
    assert (await job_of(api.database, second["id"]))["submitted_at"] is not None


async def test_array_has_the_attempts_that_wait_and_reports_all_of_them(api: RunningApi) -> None:
    jobs = await make_jobs(api, 4)
    await report_status(api.database, jobs[1], JobStatus.RUNNING)
    created = await create_array(api, jobs)
    array, waiting = created["array"], [jobs[0], jobs[2], jobs[3]]
    assert created["jobs"] == [job["id"] for job in waiting]
    assert (array["size"], array["batch_job"]) == (3, None)
    _, body = await post(api, "/api/job/states", {"jobs": [job["id"] for job in jobs]})
    arrays = {state["id"]: state["array"] for state in body["states"]}
    assert [arrays[job["id"]] for job in jobs] == [array["id"], None, array["id"], array["id"]]
    _, body = await post(api, f"/api/array/{array['id']}/submitted", {"batch_job": "b"})
    assert {item["outcome"] for item in body["outcomes"]} == {"Submitted"}
    assert await statuses(api, waiting) == [("Submitted", "b:0"), ("Submitted", "b:1"), ("Submitted", "b:2")]


async def test_array_reported_twice_keeps_its_first_array_job(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    for batch_job in ("first", "second"):
        await post(api, f"/api/array/{array['id']}/submitted", {"batch_job": batch_job})
    assert await statuses(api, jobs) == [("Submitted", f"first:{place}") for place in range(3)]


async def test_canceled_child_gets_its_container_recorded_for_the_sweep(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    await post(api, f"/api/job/{jobs[1]['id']}/cancel", {})
    await post(api, f"/api/array/{array['id']}/submitted", {"batch_job": "b"})
    assert await statuses(api, jobs) == [("Submitted", "b:0"), ("Canceled", "b:1"), ("Submitted", "b:2")]
    status, body = await ask(api, array, 1)
    assert status == 409
    assert "Canceled" in body["detail"]


async def test_attempt_is_part_of_one_array_however_many_dispatchers_ask(api: RunningApi) -> None:
    jobs = await make_jobs(api, 20)
    created = await asyncio.gather(*(create_array(api, jobs) for _ in range(4)))
    children = [job for each in created for job in each["jobs"]]
    assert sorted(children) == [job["id"] for job in jobs]
    assert all(each["array"] is None or each["array"]["size"] >= len(each["jobs"]) for each in created)


async def test_too_few_attempts_are_no_array_and_stay_free(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    for job in jobs[1:]:
        await report_status(api.database, job, JobStatus.RUNNING)
    assert await create_array(api, jobs) == {"array": None, "jobs": []}
    assert await api.count("batch_array") == await api.count("array_child") == 0


async def test_turn_is_that_of_one_dispatcher_at_a_time(api: RunningApi) -> None:
    held = (await create_array(api, await make_jobs(api)))["array"]
    assert (await post(api, f"/api/array/{held['id']}/turn", {"turn_s": 60}))[0] == 409
    free = (await create_array(api, await make_jobs(api), turn_s=0))["array"]
    turns = await asyncio.gather(*(post(api, f"/api/array/{free['id']}/turn", {"turn_s": 60}) for _ in range(5)))
    assert sorted(status for status, _ in turns) == [200, 409, 409, 409, 409]
    assert next(body for status, body in turns if status == 200) == free


async def test_refused_array_is_deleted_unless_it_has_an_array_job(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    assert (await post(api, f"/api/array/{array['id']}", method="DELETE"))[0] == 200
    _, body = await post(api, "/api/job/states", {"jobs": [job["id"] for job in jobs]})
    assert {state["array"] for state in body["states"]} == {None}
    again = (await create_array(api, jobs))["array"]
    await post(api, f"/api/array/{again['id']}/submitted", {"batch_job": "b"})
    assert (await post(api, f"/api/array/{again['id']}", method="DELETE"))[0] == 409
    assert (await post(api, f"/api/array/{array['id']}/submitted", {"batch_job": "b"}))[0] == 404


async def test_child_gets_the_attempt_of_its_place_and_its_container_is_recorded(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    for place, job in enumerate(jobs):
        status, body = await ask(api, array, place)
        assert status == 200
        assert body == {
            **identity(job),
            "run": job["run_id"],
            "kind": "source",
            "layer": "addresses",
            "name": job["name"],
            "source_name": "xx/a",
            "sample": None,
            "traceparent": job["traceparent"],
        }
    assert [batch_job for _, batch_job in await statuses(api, jobs)] == ["b:0", "b:1", "b:2"]


@pytest.mark.parametrize(("place", "more", "expected"), [(0, {"token": "0" * 32}, 403), (3, {}, 409)])
async def test_child_with_another_token_or_without_an_attempt_gets_nothing(
    api: RunningApi, place: int, more: dict[str, Any], expected: int
) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    status, body = await ask(api, array, place, **more)
    assert status == expected
    assert not any(job["token"] in str(body) for job in jobs)


async def test_child_of_an_attempt_that_was_retried_has_nothing_to_do(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    await report_status(api.database, jobs[0], JobStatus.FAIL, error={"code": "infra.storage", "message": "m"})
    retried = await job_of(api.database, jobs[0]["id"])
    assert retried["attempt"] == 2
    assert (await ask(api, array, 0))[0] == 409
    _, body = await post(api, "/api/job/states", {"jobs": [jobs[0]["id"]]})
    assert body["states"][0]["array"] is None, "a retry is submitted individually"


async def test_container_gets_the_attempt_of_one_place_only(checking: RunningApi) -> None:
    jobs = await make_jobs(checking)
    array = (await create_array(checking, jobs))["array"]

    def proof(session: str, place: int) -> dict[str, Any]:
        return {"proof": {"session": session, "purpose": f"array/{array['id']}/child/{place}"}}

    assert (await ask(checking, array, 0, **proof("task-a", 0)))[0] == 200
    assert (await ask(checking, array, 0, **proof("task-a", 0)))[0] == 200
    status, body = await ask(checking, array, 1, **proof("task-a", 1))
    assert status == 403
    assert jobs[1]["token"] not in str(body)
    assert (await ask(checking, array, 1, **proof("task-a", 0)))[0] == 403
    assert (await ask(checking, array, 1))[0] == 403
    assert (await ask(checking, array, 1, **proof("down", 1)))[0] == 503
    # Batch starts a child again in another container.
    assert (await ask(checking, array, 0, **proof("task-b", 0)))[0] == 200
    assert (await ask(checking, array, 1, **proof("task-c", 1)))[0] == 200


async def test_end_of_a_child_ends_its_attempt_and_that_of_the_array_nothing(api: RunningApi) -> None:
    jobs = await make_jobs(api)
    array = (await create_array(api, jobs))["array"]
    await post(api, f"/api/array/{array['id']}/submitted", {"batch_job": "b"})
    handler = ResultsHandler(api.database, grace_s=0)
    name = array_job_name("test", array["id"], array["token"])
    events = [
        BatchEvent(batch_job, name, "FAILED", datetime.now(UTC), exit_code=137, reason="Host EC2 terminated.")
        for batch_job in ("b:1", "b", "b:7", "other:0")
    ]
    messages = [ReceivedMessage(str(n), dump(event), str(n)) for n, event in enumerate(events[:3])]
    assert [settlement.outcome for settlement in await handler.apply_batch(messages)] == [Ack()] * 3
    sweep = Sweep(api.database, api.queues["jobs"].main, api.storage, SweepTimes())
    await sweep.settle_batch_exits()
    assert [(await job_of(api.database, job["id"]))["attempt"] for job in jobs] == [1, 2, 1]
    assert await handle_one(handler.apply_batch, ReceivedMessage("x", dump(events[3]), "x")) == Ack()
    await sweep.settle_batch_exits()
    assert (await job_of(api.database, jobs[0]["id"]))["attempt"] == 2


@pytest.mark.parametrize(("token", "ends"), [("of_array", 1), ("", 1), ("f" * 32, 0)])
async def test_child_of_an_array_with_the_same_number_from_before_a_restore_ends_nothing(
    api: RunningApi, token: str, ends: int
) -> None:
    array = (await create_array(api, await make_jobs(api)))["array"]
    name = array_job_name("test", array["id"], array["token"] if token == "of_array" else token)
    event = BatchEvent("old:1", name, "FAILED", datetime.now(UTC), exit_code=1)
    handler = ResultsHandler(api.database, grace_s=60)
    assert await handle_one(handler.apply_batch, ReceivedMessage("x", dump(event), "x")) == Ack()
    assert await api.count("batch_exit") == ends


async def test_sweep_deletes_old_arrays_only(api: RunningApi) -> None:
    old = (await create_array(api, await make_jobs(api)))["array"]
    await create_array(api, await make_jobs(api))
    values = {"id": old["id"]}
    await api.database.execute(
        "UPDATE batch_array SET created_at = now() - interval '31 days' WHERE id = %(id)s", values
    )
    await Sweep(api.database, api.queues["jobs"].main, api.storage, SweepTimes()).delete_old_rows()
    assert await api.count("batch_array") == 1
    assert await api.count("array_child") == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/job/states"),
        ("POST", "/api/job/submitted"),
        ("POST", "/api/array"),
        ("POST", "/api/array/1/turn"),
        ("POST", "/api/array/1/submitted"),
        ("DELETE", "/api/array/1"),
    ],
)
async def test_endpoints_of_the_dispatcher_are_closed_to_others(api: RunningApi, method: str, path: str) -> None:
    assert (await post(api, path, {}, method=method, accept="application/json"))[0] in {401, 403}
