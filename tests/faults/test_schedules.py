"""The weekly run and the cleanup, whose process dies midway: nothing is duplicated or left half done."""

import json
import time
from typing import Any
from urllib.error import HTTPError

import pytest

from faults.system import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_SOURCES = ("schedule.after_snapshot", "schedule.before_commit", "schedule.after_chunk")
_CLEANUP = ("cleanup.before_mark", "cleanup.after_delete")
PLACES = (*_SOURCES, *_CLEANUP)
_TIMEOUT_S = 120


def wait_until_done(system: System, schedule_run: int) -> dict[str, Any]:
    """Restart what dies until a schedule run is done, and return it."""
    deadline = time.monotonic() + _TIMEOUT_S
    found: dict[str, Any] = {}
    while found.get("state") != "Done":
        assert time.monotonic() < deadline, found
        system.restart_dead()
        time.sleep(0.2)
        try:
            found = system.call("GET", f"/api/schedule/{schedule_run}")
        except HTTPError as error:
            error.close()
        except OSError:
            continue
    return found


def test_weekly_run_whose_process_dies_repeatedly_has_each_job_once(system: System) -> None:
    folder = system.stack.folder / "repository" / "sources" / "xx"
    folder.mkdir(parents=True)
    for number in range(3):
        body = {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [system.entry()]}}
        (folder / f"weekly{number}.json").write_text(json.dumps(body))
    system.crash_at(*_SOURCES)
    schedule_run = system.call_until_answered("POST", "/api/schedule", {"type": "sources", "period": "trial"})["id"]
    run = wait_until_done(system, schedule_run)["run"]
    jobs = [job["id"] for job in system.call("GET", f"/api/run/{run}/jobs")["jobs"]]
    assert len(jobs) == 3
    history = system.check(jobs)
    assert set(history.statuses()) == {"Success"}
    assert system.collect_crashes() == set(_SOURCES)


def test_cleanup_whose_process_dies_keeps_rows_and_objects_consistent(system: System) -> None:
    run = system.call_until_answered("POST", "/api/run", {"live": False})["id"]
    body = {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [system.entry(), system.entry()]}}
    jobs_request = {"jobs": [{"source": body, "source_name": "xx/old"}]}
    jobs: list[int] = system.call_until_answered("POST", f"/api/run/{run}/jobs", jobs_request)["jobs"]
    history = system.wait(jobs)
    assert set(history.statuses()) == {"Success"}
    key = f"job/{jobs[0]}/attempt-1/source.geojson.gz"
    assert system.read_object(key)
    system.execute("UPDATE job_attempt SET ended_at = now() - interval '61 days' WHERE job_id = ANY(%s)", jobs)
    system.crash_at(*_CLEANUP)
    schedule_run = system.call_until_answered("POST", "/api/cleanup", {"dry_run": False})["schedule_run"]["id"]
    wait_until_done(system, schedule_run)
    assert system.collect_crashes() == set(_CLEANUP)
    assert system.read_object(key) is None
    for job in jobs:
        with pytest.raises(HTTPError) as refused:
            system.call("GET", f"/api/job/{job}/output/source.geojson.gz")
        assert refused.value.code == 410
        refused.value.close()
