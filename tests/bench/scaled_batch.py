"""A stand-in for AWS Batch on Fargate that keeps the quotas of AWS, with time sped up; its containers do nothing."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from scaled_queue import ScaledQueue

from oa_shared.batch import ENDED_STATUSES, MAX_DESCRIBE, BatchJob, BatchRefusedError, SubmitRequest
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.queue import MAX_BATCH, OutgoingMessage
from oa_shared.status import JobStatus

# https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html; Fargate starts about 20 tasks a second.
CALLS_PER_S, STARTS_PER_S = 50, 20
# The container of a job of three minutes.
JOB_S = 180.0
_TICK_S = 0.02
_RESULT = {"count": 1, "fields": {}, "outputs": {}}


@dataclass(frozen=True, slots=True)
class Container:
    """A container to start, with the variables that it gets from Batch."""

    batch_job: str
    name: str
    environment: dict[str, str]


class Quota:
    """Calls for each second of sped-up time, after a burst of one such second."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._left, self._at = per_s, time.monotonic()

    def take(self, most: int = 1) -> int:
        """Take up to `most`, and return how many were left."""
        now = time.monotonic()
        self._left = min(self._per_s, self._left + (now - self._at) * self._per_s)
        self._at = now
        taken = min(most, int(self._left))
        self._left -= taken
        return taken


class ScaledBatch:
    """Batch in memory, `speed` times as fast: 50 calls a second, 20 starts a second, containers of three minutes.

    A container reports Running and Success to the results queue, and Batch sends the event of its end. Each call above
    the quota is throttled.
    """

    def __init__(self, results: ScaledQueue, *, speed: float) -> None:
        self._results = results
        self._speed = speed
        self._calls, self._starts = Quota(CALLS_PER_S * speed), Quota(STARTS_PER_S * speed)
        self._numbers = itertools.count(1)
        self._jobs: dict[str, BatchJob] = {}
        self._by_name: dict[tuple[str, str], str] = {}
        self._waiting: deque[Container] = deque()
        self._running: deque[tuple[float, Container]] = deque()
        self.submissions = self.throttled = self.ended = 0

    async def submit(self, request: SubmitRequest) -> str:
        self._count_call("SubmitJob")
        self.submissions += 1
        batch_job = f"batch-{next(self._numbers)}"
        self._jobs[batch_job] = BatchJob(batch_job, request.name, "RUNNABLE", created_at=time.time())
        self._by_name[request.queue, request.name] = batch_job
        self._waiting.append(Container(batch_job, request.name, dict(request.environment)))
        return batch_job

    async def describe(self, ids: Sequence[str]) -> list[BatchJob]:
        self._count_call("DescribeJobs")
        return [self._jobs[batch_job] for batch_job in ids[:MAX_DESCRIBE] if batch_job in self._jobs]

    async def find_by_name(self, queue: str, name: str) -> BatchJob | None:
        self._count_call("ListJobs")
        batch_job = self._by_name.get((queue, name))
        return self._jobs[batch_job] if batch_job else None

    async def terminate(self, job_id: str, reason: str) -> None:
        raise AssertionError(f"{job_id} is terminated: {reason}")

    async def run(self, stop: asyncio.Event) -> None:
        """Start and end containers until `stop` is set."""
        while not stop.is_set():
            starting = [self._waiting.popleft() for _ in range(self._starts.take(len(self._waiting)))]
            ends_at = time.monotonic() + JOB_S / self._speed
            for container in starting:
                self._running.append((ends_at, container))
                self._change(container, "RUNNING")
            await self._send([dump(_report(each, 1, JobStatus.RUNNING)) for each in starting])
            await self._end_due()
            await asyncio.sleep(_TICK_S)

    async def _end_due(self) -> None:
        ending = []
        while self._running and self._running[0][0] <= time.monotonic():
            ending.append(self._running.popleft()[1])
        for container in ending:
            self._change(container, "SUCCEEDED")
        self.ended += len(ending)
        bodies = [dump(_report(each, 2, JobStatus.SUCCESS)) for each in ending]
        await self._send([*bodies, *(dump(_end(each)) for each in ending)])

    async def _send(self, bodies: Sequence[str]) -> None:
        for start in range(0, len(bodies), MAX_BATCH):
            await self._results.send_batch([OutgoingMessage(body) for body in bodies[start : start + MAX_BATCH]])

    def _change(self, container: Container, status: str) -> None:
        job = replace(self._jobs[container.batch_job], status=status)
        self._jobs[container.batch_job] = replace(job, exit_code=0) if status in ENDED_STATUSES else job

    def _count_call(self, call: str) -> None:
        if not self._calls.take():
            self.throttled += 1
            raise BatchRefusedError(f"{call}: TooManyRequestsException", throttled=True)


def _report(container: Container, seq: int, status: JobStatus) -> StatusMessage:
    environment = container.environment
    return StatusMessage(
        job=int(environment["OA_JOB"]),
        attempt=int(environment["OA_ATTEMPT"]),
        token=environment["OA_TOKEN"],
        seq=seq,
        status=status,
        at=datetime.now(UTC),
        result=_RESULT if status is JobStatus.SUCCESS else None,
    )


def _end(container: Container) -> BatchEvent:
    return BatchEvent(container.batch_job, container.name, "SUCCEEDED", datetime.now(UTC), exit_code=0)
