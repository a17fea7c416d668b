"""Jobs per second from POST to their end, through the full stack as processes, with a task that does nothing.

The task is a separate container command that only reports success. The baseline is the throughput of the queue emulator
alone: one client sends, receives and deletes one message per job.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from report import Figure, show

from oa_local.aws_client import client
from oa_local.batch.registration import register
from oa_local.client import LocalApi
from oa_local.samples import definition
from oa_local.stack import STACK, Stack

JOBS = 60
_PATIENCE_S = 240.0
_IDLE_TASK = Path(__file__).parent / "idle_task.py"
_ENDED = ("Success", "Warn", "Fail", "Canceled")


def county(place: int) -> dict[str, Any]:
    """Return the request for one job."""
    made = definition(f"http://127.0.0.1/{place}")
    layers = made["layers"]
    assert isinstance(layers, dict)
    made["layers"] = {"addresses": layers["addresses"]}
    return {"source": made, "source_name": f"xx/bench/{place}"}


def run_jobs(api: LocalApi) -> tuple[float, dict[str, int]]:
    """Post a run, wait for its end, and return jobs per second and the counts by status."""
    run = api.call("POST", "/api/run", {"live": False})["id"]
    began = time.perf_counter()
    api.call("POST", f"/api/run/{run}/jobs", {"jobs": [county(place) for place in range(JOBS)]})
    while True:
        counts: dict[str, int] = api.call("GET", f"/api/run/{run}")["jobs"]
        taken_s = time.perf_counter() - began
        if sum(counts[status] for status in _ENDED) == JOBS:
            return JOBS / taken_s, counts
        if taken_s > _PATIENCE_S:
            raise SystemExit(f"not all jobs ended within {_PATIENCE_S:.0f} s: {counts}")
        time.sleep(0.2)


def bare_queue(stack: Stack) -> float:
    """Send, receive and delete that many messages, one at a time, and return messages per second."""
    sqs = client("sqs", stack.emulator.environ)
    url = sqs.create_queue(QueueName="bench")["QueueUrl"]
    began = time.perf_counter()
    for _ in range(JOBS):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 250)
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return JOBS / (time.perf_counter() - began)


def main() -> None:
    with TemporaryDirectory(prefix="oa-bench-", ignore_cleanup_errors=True) as folder:
        stack = Stack(Path(folder))
        try:
            for _ in stack.start():
                pass
            batch = client("batch", {**stack.emulator.environ, "AWS_ENDPOINT_URL_BATCH": _batch_url(stack)})
            register(batch, STACK, command=[sys.executable, str(_IDLE_TASK)])
            bare = bare_queue(stack)
            rate, counts = run_jobs(LocalApi(stack.api_url, stack.secret))
        finally:
            stack.stop()
    ended = ", ".join(f"{jobs:,} {status}" for status, jobs in counts.items() if jobs and status != "total")
    figures = [
        Figure("jobs a second, from POST to the last end", f"{rate:.1f}/s", f"{bare:,.0f}/s", "send, receive, delete"),
        Figure("how they ended", ended),
    ]
    show(f"{JOBS:,} jobs through API, relay, dispatcher, Batch emulation, a task that does nothing, consumer", figures)


def _batch_url(stack: Stack) -> str:
    return f"http://127.0.0.1:{stack.ports['batch']}"


if __name__ == "__main__":
    main()
