"""AWS Batch in memory: jobs wait until the test ends them."""

import itertools
import json
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from oa_shared.batch import (
    MAX_ARRAY,
    MAX_DESCRIBE,
    MIN_ARRAY,
    BatchForbiddenError,
    BatchJob,
    BatchRefusedError,
    BatchUnknownError,
    SubmitRequest,
)
from oa_shared.ids import child_batch_job

# SubmitJob takes 30 KiB; a job with longer overrides is accepted, and fails before its container starts.
_MAX_REQUEST_BYTES = 30 * 1024
_MAX_OVERRIDES = 8192
_SHARE = re.compile(r"[A-Za-z0-9]{1,255}")
_TOO_LONG = "Container Overrides length must be at most 8192"


@dataclass(frozen=True, slots=True)
class Entry:
    request: SubmitRequest
    job: BatchJob


class MemoryBatch:
    """Batch without machines. `definitions` are the known job definitions; `faults` are raised, one per call.

    A BatchUnknownError of SubmitJob still starts the container: only the response is lost.
    """

    def __init__(self, *definitions: str) -> None:
        self.definitions = set(definitions)
        self.entries: dict[str, Entry] = {}
        self.faults: deque[Exception] = deque()
        self.denies_submissions = False
        self.fair_share_queues: set[str] = set()
        self.calls: list[str] = []
        self.on_submit: Callable[[SubmitRequest], None] = lambda _request: None
        self._numbers = itertools.count(1)

    async def submit(self, request: SubmitRequest) -> str:
        self.calls.append("submit")
        if self.denies_submissions:
            raise BatchForbiddenError("AccessDeniedException")
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and not isinstance(fault, BatchUnknownError):
            raise fault
        self._check_request(request)
        name = f"batch-{next(self._numbers)}"
        parts = [name, *(child_batch_job(name, place) for place in range(request.array_size or 0))]
        for part in parts:
            self.entries[part] = Entry(request, BatchJob(part, request.name, "RUNNABLE", created_at=time.time()))
        if len(_overrides(request)) > _MAX_OVERRIDES:
            self.change(name, status="FAILED", reason=_TOO_LONG)
        self.on_submit(request)
        if fault is not None:
            raise fault
        return name

    def _check_request(self, request: SubmitRequest) -> None:
        if (request.share is not None) != (request.queue in self.fair_share_queues):
            raise BatchRefusedError("ClientException: shareIdentifier belongs to a queue with a fair-share policy")
        if request.share is not None and not _SHARE.fullmatch(request.share):
            raise BatchRefusedError("ClientException: shareIdentifier must be alphanumeric")
        if request.definition not in self.definitions:
            raise BatchRefusedError(f"no definition {request.definition}")
        if "\0" in "".join(request.environment.values()) or len(_overrides(request).encode()) > _MAX_REQUEST_BYTES:
            raise BatchRefusedError("ClientException: Job size must be less than 30 KiB, and without NUL")
        if request.array_size is not None and not MIN_ARRAY <= request.array_size <= MAX_ARRAY:
            raise BatchRefusedError("ClientException: Array size must be between 2 and 10000")

    async def describe(self, ids: Sequence[str]) -> list[BatchJob]:
        self._call("describe")
        return [self.entries[job_id].job for job_id in ids[:MAX_DESCRIBE] if job_id in self.entries]

    async def find_by_name(self, queue: str, name: str) -> BatchJob | None:
        self._call("find_by_name")
        found = [
            entry.job
            for batch_job, entry in self.entries.items()
            if entry.request.queue == queue and entry.request.name == name and ":" not in batch_job
        ]
        return found[-1] if found else None

    async def terminate(self, job_id: str, reason: str) -> None:
        self._call("terminate")
        for part, entry in list(self.entries.items()):
            if (part == job_id or part.startswith(f"{job_id}:")) and not entry.job.ended:
                self.change(part, status="FAILED", reason=reason)

    def change(self, job_id: str, **changes: object) -> None:
        """Change the status of one job."""
        entry = self.entries[job_id]
        self.entries[job_id] = Entry(entry.request, replace(entry.job, **changes))  # type: ignore[arg-type]

    def forget(self, job_id: str) -> None:
        """Remove a job, like Batch does a day after its end."""
        del self.entries[job_id]

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.faults:
            raise self.faults.popleft()


def _overrides(request: SubmitRequest) -> str:
    variables = [{"name": name, "value": value} for name, value in request.environment.items()]
    return json.dumps({"environment": variables}, ensure_ascii=False)
