"""A simulation of AWS Batch on Fargate that keeps the quotas of AWS, with time sped up; its containers do nothing."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from scaled_queue import ScaledQueue

from oa_shared.batch import (
    ENDED_STATUSES,
    MAX_ARRAY,
    MAX_DESCRIBE,
    MIN_ARRAY,
    BatchJob,
    BatchRefusedError,
    SubmitRequest,
)
from oa_shared.ids import child_batch_job
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.queue import MAX_BATCH, OutgoingMessage
from oa_shared.status import JobStatus

# https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html; Fargate starts about 20 tasks a second.
CALLS_PER_S, STARTS_PER_S = 50, 20
# The container of a job of three minutes.
JOB_S = 180.0
_TICK_S = 0.02
# The request of a child of an array to the API: its variables, its place and its Batch ID.
Assign = Callable[[Mapping[str, str], int, str], Awaitable[Mapping[str, object]]]
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
    """Batch in memory, `speed` times as fast.

    50 calls a second, containers of three minutes, and, after `hurry`, 20
    starts a second; before, they are as slow as on AWS, so that they take no more from the submissions than there.

    The container of a child asks the API for its attempt. A container reports Running and Success to the results queue,
    and Batch sends the event of its end. Each call above the quota is throttled.
    """

    def __init__(self, results: ScaledQueue, *, speed: float, assign: Assign) -> None:
        self._results = results
        self._assign = assign
        self._speed = speed
        self._calls, self._starts = Quota(CALLS_PER_S * speed), Quota(STARTS_PER_S)
        self._numbers = itertools.count(1)
        self._jobs: dict[str, BatchJob] = {}
        self._by_name: dict[tuple[str, str], str] = {}
        self._waiting: deque[Container] = deque()
        self._running: deque[tuple[float, Container]] = deque()
        self.submissions = self.throttled = self.ended = 0

    def hurry(self) -> None:
        """Speed up the starts too: a week's run starts containers for hours after the last job is submitted."""
        self._starts = Quota(STARTS_PER_S * self._speed)

    async def submit(self, request: SubmitRequest) -> str:
        self._count_call("SubmitJob")
        self.submissions += 1
        batch_job = f"batch-{next(self._numbers)}"
        self._by_name[request.queue, request.name] = batch_job
        if request.array_size is not None and not MIN_ARRAY <= request.array_size <= MAX_ARRAY:
            raise BatchRefusedError("SubmitJob: ClientException: Array size must be between 2 and 10,000")
        children = [child_batch_job(batch_job, place) for place in range(request.array_size or 0)]
        for each in [batch_job, *children]:
            self._jobs[each] = BatchJob(each, request.name, "RUNNABLE", created_at=time.time())
        for each in children or [batch_job]:
            self._waiting.append(Container(each, request.name, dict(request.environment)))
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
            starting = await asyncio.gather(*map(self._with_attempt, starting))
            for container in starting:
                self._running.append((ends_at, container))
                self._change(container, "RUNNING")
            await self._send([dump(_report(each, 1, JobStatus.RUNNING)) for each in starting])
            await self._end_due()
            await asyncio.sleep(_TICK_S)

    async def _with_attempt(self, container: Container) -> Container:
        """Return a container with the variables of its attempt, which a child of an array asks the API for."""
        if "OA_ARRAY" not in container.environment:
            return container
        place = int(container.batch_job.rpartition(":")[2])
        attempt = await self._assign(container.environment, place, container.batch_job)
        own = {f"OA_{name.upper()}": str(value) for name, value in attempt.items()}
        return replace(container, environment={**container.environment, **own})

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
