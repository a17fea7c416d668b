"""Liveness, readiness and the status of the system; runs that have ended without a job."""

import re

import pytest

from oa_api.http.app_keys import PROCESS
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_api.status.system_status import LaneWait
from support.fakes.memory_queue import MemoryQueue
from support.heartbeats import report_all_parts
from support.running_api import INTERNAL, RunningApi, definition, running_api

HTML = {"Accept": "text/html"}


async def test_empty_run_that_is_closed_has_ended(api: RunningApi) -> None:
    open_run, closed_run = await api.run(), await api.run()
    status, _ = await api.post_jobs(closed_run, {"source": {"schema": 2}, "source_name": "xx/refused"})
    assert status == 422
    await api.client.patch(f"/api/run/{closed_run}", json={"closed": True}, headers=INTERNAL)
    runs = {run["id"]: run["status"] for run in (await api.get("/api/run"))["runs"]}
    assert runs == {open_run: "Pending", closed_run: "Ended"}
    assert [run["id"] for run in (await api.get("/api/run?status=Ended"))["runs"]] == [closed_run]


async def test_empty_run_that_stays_open_is_closed_by_the_sweep(api: RunningApi) -> None:
    old, young, full = await api.run(), await api.run(), await api.run()
    await api.post_jobs(full, {"source": definition("a"), "source_name": "xx/a"})
    values = {"runs": [old, full]}
    await api.database.execute(
        "UPDATE run SET created_at = now() - interval '49 hours' WHERE id = ANY(%(runs)s)", values
    )
    sweep = Sweep(api.database, MemoryQueue(), api.storage, SweepTimes())
    await sweep.close_empty_runs()
    statuses = {run["id"]: (run["status"], run["closed"]) for run in (await api.get("/api/run"))["runs"]}
    assert statuses == {old: ("Ended", True), young: ("Pending", False), full: ("Running", False)}


async def test_health_checks_answer_for_the_process_and_for_the_system(api: RunningApi) -> None:
    live, ready = await api.client.get("/live"), await api.client.get("/ready")
    assert (live.status, ready.status) == (200, 200)
    assert (await api.client.get("/")).status == 503
    await report_all_parts(api.database)
    assert (await api.client.get("/")).status == 200


async def test_heartbeat_of_one_process_does_not_vouch_for_another(api: RunningApi) -> None:
    await report_all_parts(api.database)
    report = {"process": "dispatcher@far:1", "version": "1", "parts": [{"part": "dispatcher", "age_s": 500}]}
    assert (await api.client.post("/api/heartbeat", json=report, headers=INTERNAL)).status == 200
    answer = await api.get("/")
    assert answer["problems"] == ["worker dispatcher of dispatcher@far:1 has not run for 500 s"]
    assert answer["workers"]["dispatcher"]["age_s"] >= 500
    report["parts"] = [{"part": "dispatcher", "age_s": 1, "problem": "has failed 5 times in a row: ValueError"}]
    await api.client.post("/api/heartbeat", json=report, headers=INTERNAL)
    assert "has failed 5 times" in (await api.get("/"))["problems"][0]
    await api.database.execute(
        "UPDATE process_heartbeat SET reported_at = now() - interval '40 s' WHERE process = 'dispatcher@far:1'"
    )
    assert (await api.get("/"))["problems"] == ["process dispatcher@far:1 has not reported for 40 s"]
    await api.client.post("/api/heartbeat", json={**report, "parts": []}, headers=INTERNAL)
    assert (await api.get("/"))["problems"] == []


async def test_sweep_that_hangs_alone_is_a_problem_and_a_row_of_its_own(api: RunningApi) -> None:
    await report_all_parts(api.database)
    parts = [{"part": "dispatcher", "age_s": 1}, {"part": "dispatcher_sweep", "age_s": 500}]
    report = {"process": "dispatcher@far:1", "version": "1", "parts": parts}
    await api.client.post("/api/heartbeat", json=report, headers=INTERNAL)
    assert (await api.get("/"))["problems"] == ["worker dispatcher_sweep of dispatcher@far:1 has not run for 500 s"]
    page = await (await api.client.get("/status", headers=HTML)).text()
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    states = [re.findall(r">\s*([^<>\s][^<>]*)<", row)[:2] for row in rows if "dispatcher@far:1" in row]
    assert states == [["Dispatcher", "works"], ["Batch sweep", "does not work"]]
    for path in ("/status", "/overview"):
        page = await (await api.client.get(path, headers=INTERNAL | HTML)).text()
        (of_process,) = re.findall(r"<code>dispatcher@far:1</code>(.*)</div>", page)
        kinds = re.findall(r'<span class="status (\w+)">(\w+) ', of_process)
        assert kinds == [("good", "dispatcher"), ("bad", "dispatcher_sweep")], path


async def test_killed_process_is_a_problem_until_others_run_all_its_parts(api: RunningApi) -> None:
    await report_all_parts(api.database)

    async def report(process: str, *parts: str) -> None:
        listed = [{"part": part, "age_s": 1} for part in parts]
        body = {"process": process, "version": "1", "parts": listed}
        assert (await api.client.post("/api/heartbeat", json=body, headers=INTERNAL)).status == 200

    async def age(process: str, by: str) -> None:
        await api.database.execute(
            "UPDATE process_heartbeat SET reported_at = now() - %(by)s::interval WHERE process = %(process)s",
            {"process": process, "by": by},
        )

    await report("api@far:1", "relay", "schedules")
    await age("api@far:1", "301 s")
    await report("dispatcher@far:2", "dispatcher")
    assert (await api.get("/"))["problems"] == ["process api@far:1 has not reported for 301 s"]
    await age("api@far:1", "25 hours")
    await report("dispatcher@far:2", "dispatcher")
    assert (await api.get("/"))["problems"] == []
    await report("api@far:1", "relay", "schedules")
    await age("api@far:1", "301 s")
    await report("api@far:3", "schedules")
    assert (await api.get("/"))["problems"] == []


async def test_process_that_starts_answers_health_checks_only(database_url: str) -> None:
    async with running_api(database_url) as api:
        api.client.app[PROCESS].waiting_for = "the database"
        assert (await api.client.get("/live")).status == 200
        ready = await api.client.get("/ready")
        assert (ready.status, await ready.json()) == (
            503,
            {"status": "unready", "reason": "the start waits for the database"},
        )
        response = await api.client.get("/api/job")
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert (await response.json())["code"] == "starting"
        api.client.app[PROCESS].waiting_for = ""
        assert (await api.client.get("/api/job")).status == 200


async def test_heartbeat_that_names_a_part_twice_is_refused(api: RunningApi) -> None:
    part = {"part": "dispatcher", "age_s": 1}
    report = {"process": "dispatcher@far:1", "version": "1", "parts": [part, part]}
    response = await api.client.post("/api/heartbeat", json=report, headers=INTERNAL)
    assert response.status == 422


async def test_health_has_queues_batch_and_waits(api: RunningApi) -> None:
    await report_all_parts(api.database)
    report = {"process": "dispatcher@far:1", "version": "1", "parts": [{"part": "batch", "age_s": 4}]}
    await api.client.post("/api/heartbeat", json=report, headers=INTERNAL)
    await api.job()
    health = await api.get("/")
    assert {queue["name"] for queue in health["queues"]} == {"jobs", "results"}
    assert all(queue["waiting"] is not None for queue in health["queues"])
    assert health["database_s"] < 1
    assert 4 <= health["batch"]["answer_age_s"] < 20
    assert (health["batch"]["running"], health["batch"]["submitted"], health["batch"]["slots"]) == (0, 0, None)
    waits = {wait["lane"]: wait for wait in health["waits"]}
    assert set(waits) == {"pull_request", "manual", "weekly"}
    assert [lane for lane, wait in waits.items() if wait["oldest_s"] is not None] == ["manual"]


async def test_batch_that_does_not_answer_is_named_with_the_dispatcher_that_reports_it(api: RunningApi) -> None:
    await report_all_parts(api.database)
    text = "AWS Batch has not answered for 40 s (timeout): check that it runs"
    part = {"part": "batch", "age_s": 40, "problem": text}
    report = {"process": "dispatcher@far:1", "version": "1", "parts": [part]}
    await api.client.post("/api/heartbeat", json=report, headers=INTERNAL)
    (problem,) = (await api.get("/"))["problems"]
    assert problem == f"{text} (reported by dispatcher@far:1)"
    page = await api.client.get("/status", headers=HTML)
    assert (page.status, "does not answer" in await page.text()) == (200, True)


@pytest.mark.parametrize(
    ("oldest_s", "usual_s", "is_unusual"),
    [(None, 10, False), (599, None, False), (601, None, True), (601, 10, True), (1000, 400, False), (1300, 400, True)],
)
def test_wait_is_unusual_if_it_is_long_and_longer_than_usual(
    oldest_s: float | None, usual_s: float | None, *, is_unusual: bool
) -> None:
    assert LaneWait("weekly", oldest_s, usual_s).is_unusual is is_unusual
