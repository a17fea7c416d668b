"""Paused jobs are not sent until the pause ends, and their deadline waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oa_api.jobs.outbox_relay import relay_once
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_api.pauses import pauses
from oa_shared.messages import parse_job_message
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.running_api import INTERNAL, RunningApi, definition


async def pause(api: RunningApi, scope: str, value: str = "", **more: Any) -> tuple[int, Any]:
    body = {"scope": scope, "value": value, "reason": "a test", **more}
    response = await api.client.post("/api/pause", json=body, headers=INTERNAL)
    return response.status, await response.json()


async def resume(api: RunningApi, number: int) -> None:
    response = await api.client.delete(f"/api/pause/{number}", json={"reason": "done"}, headers=INTERNAL)
    assert response.status == 200, await response.text()


async def job_of(api: RunningApi, source: str, host: str = "x", **run: Any) -> int:
    made = definition("a")
    made["layers"]["addresses"][0]["data"] = f"http://{host}/a.csv"
    _, answer = await api.post_jobs(await api.run(**run), {"source": made, "source_name": source})
    return int(answer["jobs"][0])


async def relay(api: RunningApi) -> list[int]:
    """Run the relay until nothing is left to send, and return the jobs whose messages the queue received."""
    queue = MemoryQueue()
    await pauses.release(api.database)
    while await relay_once(api.database, queue):
        pass
    return sorted(parse_job_message(stored.message.body).job for stored in queue._stored.values())


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("all", ""),
        ("lane", "manual"),
        ("source", "us/ca/berkeley"),
        ("source", "us/ca/"),
        ("host", "GIS.example.org"),
    ],
)
async def test_paused_job_is_not_sent_until_the_pause_ends(api: RunningApi, scope: str, value: str) -> None:
    status, made = await pause(api, scope, value)
    assert status == 200
    job = await job_of(api, "us/ca/berkeley", "gis.example.org:8080")
    assert await relay(api) == []
    assert (await api.get(f"/api/pause/{made['id']}"))["waiting"] == 1
    await resume(api, made["id"])
    assert await relay(api) == [job]


@pytest.mark.parametrize(
    ("scope", "value"),
    [("lane", "weekly"), ("source", "us/ca"), ("source", "us/c/"), ("source", "us/ca/berk"), ("host", "example.org")],
)
async def test_pause_of_another_lane_source_or_host_has_no_effect(api: RunningApi, scope: str, value: str) -> None:
    await pause(api, scope, value)
    job = await job_of(api, "us/ca/berkeley", "gis.example.org")
    assert await relay(api) == [job]


async def test_many_paused_messages_do_not_delay_others(api: RunningApi) -> None:
    await pause(api, "source", "xx/slow")
    names = [f"n{number}" for number in range(250)]
    await api.post_jobs(await api.run(), {"source": definition(*names), "source_name": "xx/slow"})
    job = await job_of(api, "xx/quick")
    assert await relay(api) == [job]


async def test_job_with_two_pauses_waits_for_both(api: RunningApi) -> None:
    _, first = await pause(api, "all")
    _, second = await pause(api, "source", "xx/a")
    job = await job_of(api, "xx/a")
    assert await relay(api) == []
    await resume(api, first["id"])
    assert await relay(api) == []
    await resume(api, second["id"])
    assert await relay(api) == [job]


async def test_rerun_of_a_paused_source_waits(api: RunningApi) -> None:
    job = await job_of(api, "xx/a")
    assert await relay(api) == [job]
    _, made = await pause(api, "source", "xx/a")
    for action in ("cancel", "rerun"):
        await api.client.post(f"/api/job/{job}/{action}", headers=INTERNAL)
    assert await relay(api) == []
    await resume(api, made["id"])
    assert await relay(api) == [job]


async def test_expired_pause_has_no_effect_and_can_be_created_again(api: RunningApi) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    _, made = await pause(api, "all", until=until)
    job = await job_of(api, "xx/a")
    assert await relay(api) == []
    await api.database.execute("UPDATE pause SET until = now()")
    assert await relay(api) == [job]
    assert (await api.get("/api/pause"))["pauses"] == []
    (over,) = (await api.get("/api/pause?ended=true"))["pauses"]
    assert over["id"] == made["id"]
    assert bool(over["ended_at"])
    assert (await pause(api, "all"))[0] == 200


async def test_time_in_a_pause_does_not_count_toward_the_deadline(api: RunningApi) -> None:
    _, made = await pause(api, "all")
    job = await job_of(api, "xx/a")
    await relay(api)
    old = "UPDATE job SET opened_at = now() - interval '50 hours'"
    held = "UPDATE outbox SET paused_at = now() - interval '49 hours'"
    await api.database.execute(old)
    await api.database.execute(held)
    sweep = Sweep(api.database, MemoryQueue(), MemoryStorage(), SweepTimes())
    await sweep.fail_overdue()
    assert (await api.get(f"/api/job/{job}"))["status"] == "Pending"
    await resume(api, made["id"])
    assert await relay(api) == [job]
    await sweep.fail_overdue()
    assert (await api.get(f"/api/job/{job}"))["status"] == "Pending"
    await api.database.execute("UPDATE job SET paused_for = '1 hour'")
    await sweep.fail_overdue()
    assert (await api.get(f"/api/job/{job}"))["error"]["code"] == "infra.deadline"


async def test_paused_messages_do_not_count_as_backlog(api: RunningApi) -> None:
    await pause(api, "all")
    await job_of(api, "xx/a")
    await relay(api)
    text = await (await api.client.get("/metrics")).text()
    assert "\noa_outbox_waiting 0.0\n" in text


async def test_health_lists_the_pauses(api: RunningApi) -> None:
    await pause(api, "host", "gis.example.org")
    assert (await api.get("/"))["paused"] == ["host gis.example.org"]


async def test_pause_is_audited_with_its_reason(api: RunningApi) -> None:
    _, made = await pause(api, "lane", "weekly")
    await resume(api, made["id"])
    rows = await api.database.all("SELECT action, actor, reason, detail->>'of' AS of FROM audit ORDER BY id")
    assert [(row["action"], row["reason"], row["of"]) for row in rows] == [
        ("pause.begin", "a test", "lane weekly"),
        ("pause.end", "done", "lane weekly"),
    ]


async def test_second_pause_of_a_target_and_second_resume_are_conflicts(api: RunningApi) -> None:
    _, made = await pause(api, "all")
    assert (await pause(api, "all"))[0] == 409
    await resume(api, made["id"])
    assert (await api.client.delete(f"/api/pause/{made['id']}", headers=INTERNAL)).status == 409
    assert (await api.client.delete("/api/pause/99", headers=INTERNAL)).status == 404


@pytest.mark.parametrize(
    ("scope", "value", "more", "field"),
    [
        ("all", "x", {}, "value"),
        ("lane", "", {}, "value"),
        ("lane", "fast", {}, "value"),
        ("planet", "x", {}, "scope"),
        ("host", "x", {"reason": ""}, "reason"),
        ("host", "x", {"until": "2001-01-01T00:00:00Z"}, "until"),
    ],
)
async def test_invalid_pause_is_refused(
    api: RunningApi, scope: str, value: str, more: dict[str, Any], field: str
) -> None:
    status, answer = await pause(api, scope, value, **more)
    assert status == 422
    assert field in answer["errors"]


@pytest.mark.parametrize("data", ["http://[x/a.csv", 7, "", "ftp:///a"])
async def test_definition_without_a_host_in_its_url_still_has_a_job(api: RunningApi, data: Any) -> None:
    made = definition("a")
    made["layers"]["addresses"][0]["data"] = data
    status, answer = await api.post_jobs(await api.run(), {"source": made, "source_name": "xx/a"})
    if status == 200:
        assert (await api.get(f"/api/job/{answer['jobs'][0]}"))["host"] is None
    else:
        assert status == 422
