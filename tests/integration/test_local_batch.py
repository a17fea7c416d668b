"""The Batch emulation as a process: jobs, limits and restarts."""

import json
import time
from typing import Any

from oa_local.aws_client import client
from oa_local.batch.process import BatchProcess
from oa_local.provision import Queues


def _define(batch: BatchProcess, code: str, **more: Any) -> Any:
    api = batch.client()
    memory = str(more.pop("memory", 512))
    container = {
        "image": "none",
        "command": ["python", "-c", code],
        "resourceRequirements": [{"type": "MEMORY", "value": memory}],
    }
    api.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container, **more)
    return api


def _end(api: Any, job_id: str) -> Any:
    for _ in range(600):
        (job,) = api.describe_jobs(jobs=[job_id])["jobs"]
        if job["status"] in {"SUCCEEDED", "FAILED"}:
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def _await_running(api: Any, job_id: str) -> str:
    """Return a job once it runs."""
    for _ in range(600):
        if api.describe_jobs(jobs=[job_id])["jobs"][0]["status"] == "RUNNING":
            return job_id
        time.sleep(0.1)
    raise AssertionError(job_id)


def _submit(api: Any, name: str = "one", **more: Any) -> str:
    return str(api.submit_job(jobName=name, jobQueue="q", jobDefinition="d", **more)["jobId"])


def test_job_exit_zero_succeeds_and_reports_to_the_results_queue(
    batch: BatchProcess, queues: Queues, aws: dict[str, str]
) -> None:
    api = _define(batch, "import os, sys; sys.exit(os.environ['WORD'] != 'yes')")
    job_id = _submit(api, containerOverrides={"environment": [{"name": "WORD", "value": "yes"}]})
    assert _end(api, job_id)["status"] == "SUCCEEDED"
    sqs, events, deadline = client("sqs", aws), list[Any](), time.monotonic() + 60
    while len(events) < 2 and time.monotonic() < deadline:
        answer = sqs.receive_message(QueueUrl=queues.results_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        events += [json.loads(message["Body"]) for message in answer.get("Messages", [])]
    assert {event["detail-type"] for event in events} == {"Batch Job State Change"}
    assert sorted(event["detail"]["status"] for event in events) == ["RUNNING", "SUCCEEDED"]


def test_job_over_its_memory_limit_is_killed_with_137(batch: BatchProcess) -> None:
    api = _define(batch, "import time; x = b'x' * 300_000_000; time.sleep(60)", memory=128)
    job = _end(api, _submit(api))
    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"].startswith("OutOfMemoryError")


def test_job_over_its_time_limit_is_stopped(batch: BatchProcess) -> None:
    api = _define(batch, "import time; time.sleep(60)", timeout={"attemptDurationSeconds": 1})
    job = _end(api, _submit(api))
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Job attempt duration exceeded timeout"


def test_terminated_job_has_the_reason(batch: BatchProcess) -> None:
    api = _define(batch, "import time; time.sleep(60)")
    job_id = _submit(api)
    api.terminate_job(jobId=job_id, reason="enough")
    assert _end(api, job_id)["statusReason"] == "enough"


def test_cancel_ends_a_waiting_job_and_leaves_a_running_one_to_terminate(batch: BatchProcess) -> None:
    api = _define(batch, "import time; time.sleep(60)")
    jobs = [_submit(api, f"job-{number}") for number in range(4)]
    running = _await_running(api, jobs[0])
    api.cancel_job(jobId=jobs[-1], reason="not needed")
    assert _end(api, jobs[-1])["statusReason"] == "not needed"
    api.cancel_job(jobId=running, reason="not needed")
    time.sleep(0.5)
    assert api.describe_jobs(jobs=[running])["jobs"][0]["status"] == "RUNNING"
    api.terminate_job(jobId=running, reason="enough")
    assert _end(api, running)["statusReason"] == "enough"


def test_list_jobs_by_name_finds_that_job(batch: BatchProcess) -> None:
    api = _define(batch, "pass")
    job_id = _submit(api, "wanted")
    _submit(api, "other")
    found = api.list_jobs(jobQueue="q", filters=[{"name": "JOB_NAME", "values": ["wanted"]}])
    assert [job["jobId"] for job in found["jobSummaryList"]] == [job_id]


def test_restarted_server_fails_the_jobs_that_were_running(batch: BatchProcess) -> None:
    api = _define(batch, "import time; time.sleep(60)")
    job_id = _await_running(api, _submit(api))
    batch.process.kill()
    batch.start()
    job = _end(api, job_id)
    assert job["status"] == "FAILED"
    assert job["statusReason"].startswith("Host EC2")
