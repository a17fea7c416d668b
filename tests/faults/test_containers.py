"""Containers that are killed for their memory, canceled, terminated, duplicated or lost."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from faults.history import History
from faults.system import System
from oa_local.stack import STACK
from oa_shared.scheduling import Lane

_BY_ITSELF = "Essential container in task exited"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def endless_data_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of data that never arrives during the test."""
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"N,S,LON,LAT\n")
            is_over.wait()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/data.csv"
    is_over.set()
    server.shutdown()
    server.server_close()


def is_running(history: History) -> bool:
    return all(job["status"] == "Running" and job["batch_job"] for job in history.jobs)


def test_container_killed_for_its_memory_is_retried_on_the_next_tier(system: System) -> None:
    batch = system.stack.service("batch")
    api = system.batch
    small = api.describe_job_definitions(jobDefinitionName=f"oa-{STACK}-small")["jobDefinitions"][0]
    container = small["containerProperties"]
    tiny = {**container, "resourceRequirements": [{"type": "MEMORY", "value": "8"}]}
    assert batch.process.running
    _define(api, tiny)
    try:
        history = system.check(system.submit(1))
    finally:
        _define(api, container)
    (job,) = history.jobs
    first, second = history.attempts[job["id"]]
    assert first["tier"] == "small"
    assert first["error_code"] == "resource.out_of_memory"
    assert second["tier"] == "standard"
    assert second["status"] == "Success"


def _define(api: object, container: dict[str, object]) -> None:
    api.register_job_definition(  # type: ignore[attr-defined]
        jobDefinitionName=f"oa-{STACK}-small", type="container", containerProperties=container
    )


def test_canceled_job_terminates_its_container(system: System, endless_data_url: str) -> None:
    jobs = system.submit(1, data=endless_data_url)
    history = system.wait(jobs, is_running)
    batch_job = history.jobs[0]["batch_job"]
    system.call("POST", f"/api/job/{jobs[0]}/cancel")
    assert system.check(jobs).statuses() == ["Canceled"]
    assert _wait_for_batch_failure(system, batch_job) == "oa: canceled"


def test_canceled_child_of_an_array_job_ends_and_no_other_does(system: System, endless_data_url: str) -> None:
    jobs = system.submit(6, lane=Lane.WEEKLY, data=endless_data_url)
    history = system.wait(jobs, lambda now: _running_array(now.jobs) is not None)
    running = _running_array(history.jobs)
    assert running is not None
    canceled, *others = running
    system.call("POST", f"/api/job/{canceled['id']}/cancel")
    assert _wait_for_batch_failure(system, canceled["batch_job"]) == "oa: canceled"
    described = system.batch.describe_jobs(jobs=[job["batch_job"] for job in others])["jobs"]
    assert {job["status"] for job in described} <= {"RUNNABLE", "STARTING", "RUNNING"}
    for job in jobs:
        if job != canceled["id"]:
            system.call("POST", f"/api/job/{job}/cancel")
    assert system.check(jobs).statuses() == ["Canceled"] * 6
    for job in others:
        # A container that starts between its cancellation and the next sweep finds no work, and ends by itself.
        assert _wait_for_batch_end(system, job["batch_job"]) in {("FAILED", "oa: canceled"), ("SUCCEEDED", _BY_ITSELF)}


def _running_array(jobs: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the jobs of the largest array, a running one first: one that has not started ends without a signal.

    None before all jobs are submitted. The messages may arrive in several deliveries, each of which is an array.
    """
    if not all(job["batch_job"] for job in jobs):
        return None
    arrays: dict[str, list[dict[str, Any]]] = {}
    for job in jobs:
        arrays.setdefault(job["batch_job"].partition(":")[0], []).append(job)
    array = sorted(max(arrays.values(), key=len), key=lambda job: job["status"] != "Running")
    return array if len(array) > 1 and array[0]["status"] == "Running" else None


def test_failed_child_of_an_array_job_is_retried_by_itself(system: System) -> None:
    system.crash_at("claim.after")
    history = system.check(system.submit(4, lane=Lane.WEEKLY))
    assert system.collect_crashes() == {"claim.after"}
    assert history.statuses() == ["Success"] * 4
    (retried,) = (job for job in history.jobs if job["attempt"] == 2)
    first, second = history.attempts[retried["id"]]
    assert first["error_code"] == "infra.host_lost"
    assert ":" not in second["batch_job"]
    assert sum(":" in history.attempts[job["id"]][0]["batch_job"] for job in history.jobs) > 1


def _wait_for_batch_failure(system: System, batch_job: str) -> str:
    status, reason = _wait_for_batch_end(system, batch_job)
    assert status == "FAILED"
    return reason


def _wait_for_batch_end(system: System, batch_job: str) -> tuple[str, str]:
    for _ in range(600):
        (job,) = system.batch.describe_jobs(jobs=[batch_job])["jobs"]
        if job["status"] in {"FAILED", "SUCCEEDED"}:
            return job["status"], job["statusReason"]
        time.sleep(0.2)
    raise AssertionError(job)


def test_job_past_its_deadline_fails_with_the_last_known_status(system: System, endless_data_url: str) -> None:
    jobs = system.submit(1, data=endless_data_url)
    system.wait(jobs, is_running)
    system.execute("UPDATE job SET opened_at = now() - interval '49 hours' WHERE id = %s", jobs[0])
    (job,) = system.check(jobs).jobs
    assert job["status"] == "Fail"
    assert job["error_code"] == "infra.deadline"
    assert "Running" in job["error_message"]
    system.batch.terminate_job(jobId=job["batch_job"], reason="over")


def test_attempt_unknown_to_batch_is_lost_and_retried(system: System, endless_data_url: str) -> None:
    jobs = system.submit(1, data=endless_data_url)
    history = system.wait(jobs, is_running)
    batch_job = history.jobs[0]["batch_job"]
    # First the claim, which names the working container: a sweep that reads it would find the attempt again.
    system.s3.delete_object(Bucket=f"oa-{STACK}", Key=f"job/{jobs[0]}/attempt-1/claim.json")
    system.execute("UPDATE job SET batch_job = 'never-heard-of' WHERE id = %s", jobs[0])
    history = system.wait(jobs, lambda now: now.jobs[0]["attempt"] == 2)
    assert history.attempts[jobs[0]][0]["error_code"] == "infra.lost"
    system.batch.terminate_job(jobId=batch_job, reason="over")
    system.call("POST", f"/api/job/{jobs[0]}/cancel")
    assert system.check(jobs).statuses() == ["Canceled"]


def test_second_container_of_an_attempt_exits_without_ending_the_attempt(system: System, endless_data_url: str) -> None:
    jobs = system.submit(1, data=endless_data_url)
    history = system.wait(jobs, is_running)
    (job,) = history.jobs
    (worker,) = system.batch.describe_jobs(jobs=[job["batch_job"]])["jobs"]
    double = system.batch.submit_job(
        jobName=worker["jobName"],
        jobQueue=worker["jobQueue"],
        jobDefinition=worker["jobDefinition"],
        containerOverrides={"environment": worker["container"]["environment"]},
    )["jobId"]
    system.execute("UPDATE job SET batch_job = %s WHERE id = %s", double, jobs[0])
    history = system.wait(jobs, lambda now: now.jobs[0]["batch_job"] == worker["jobId"])
    assert history.jobs[0]["status"] == "Running"
    assert history.jobs[0]["attempt"] == 1
    system.call("POST", f"/api/job/{jobs[0]}/cancel")
    assert _wait_for_batch_failure(system, worker["jobId"]) == "oa: canceled"


def test_missing_data_fails_at_once_with_its_code(system: System) -> None:
    jobs = system.submit(1, data=f"{system.stack.files_url}/absent.csv")
    (job,) = system.check(jobs).jobs
    assert job["status"] == "Fail"
    assert job["attempt"] == 1
    assert job["error_code"] == "source.not_found"


def test_rerun_keeps_the_published_result_until_it_succeeds(system: System) -> None:
    jobs = system.submit(1)
    (first,) = system.check(jobs).jobs
    with system.down("batch"):  # so that the second attempt does not end before it is seen
        system.call("POST", f"/api/job/{jobs[0]}/rerun")
        during = system.wait(jobs, lambda now: now.jobs[0]["attempt"] == 2)
    assert during.data[0]["result"] == first["result"]
    history = system.check(jobs)
    assert history.statuses() == ["Success"]
    assert history.data[0]["attempt"] == 2
