"""The jobs and job definitions of the Batch emulation, stored as JSON files."""

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from oa_local.batch.aws_types import RegisteredDefinition
from oa_shared.ids import child_batch_job
from oa_shared.json_types import JsonMapping, JsonObject

ACCOUNT = "000000000000"
ENDED = frozenset({"SUCCEEDED", "FAILED"})
WAITING = frozenset({"SUBMITTED", "RUNNABLE"})


def now_ms() -> int:
    """Return the time in milliseconds since the epoch, as Batch gives it."""
    return int(time.time() * 1000)


@dataclass(slots=True)
class EmulatedJob:
    """A submitted job; times are in milliseconds since the epoch, `group` is its process group.

    An array job has an `array_size` and runs nothing; each of its children has an `array_index`.
    """

    name: str
    queue: str
    definition: str
    command: list[str]
    environment: dict[str, str]
    memory_mib: int
    timeout_s: int | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "RUNNABLE"
    reason: str | None = None
    container_reason: str | None = None
    exit_code: int | None = None
    created_at: int = field(default_factory=now_ms)
    started_at: int | None = None
    stopped_at: int | None = None
    group: int | None = None
    stop_reason: str | None = None
    array_size: int | None = None
    array_index: int | None = None
    share: str | None = None

    @property
    def array_id(self) -> str | None:
        """Return the id of the array job that this job is a child of."""
        return self.id.rpartition(":")[0] if self.array_index is not None else None

    def children(self) -> "list[EmulatedJob]":
        """Return the children of a new array job."""
        return [
            replace(
                self,
                id=child_batch_job(self.id, index),
                array_size=None,
                array_index=index,
                environment={
                    **self.environment,
                    "AWS_BATCH_JOB_ARRAY_INDEX": str(index),
                    "AWS_BATCH_JOB_ARRAY_SIZE": str(self.array_size),
                },
            )
            for index in range(self.array_size or 0)
        ]

    @property
    def arn(self) -> str:
        """Return the job's ARN."""
        return f"arn:aws:batch:us-east-1:{ACCOUNT}:job/{self.id}"

    def summary(self) -> JsonObject:
        """Return the job in the form of ListJobs."""
        summary: JsonObject = {
            "jobArn": self.arn,
            "jobId": self.id,
            "jobName": self.name,
            "status": self.status,
            "statusReason": self.reason,
            "createdAt": self.created_at,
            "startedAt": self.started_at,
            "stoppedAt": self.stopped_at,
            "container": self._container(),
            "arrayProperties": _without_none({"size": self.array_size, "index": self.array_index}) or None,
        }
        return _without_none(summary)

    def detail(self) -> JsonObject:
        """Return the job in the form of DescribeJobs and of state change events."""
        environment = [{"name": name, "value": value} for name, value in self.environment.items()]
        container = {
            **self._container(),
            "command": self.command,
            "environment": environment,
            "resourceRequirements": [{"type": "MEMORY", "value": str(self.memory_mib)}],
        }
        timeout = {"attemptDurationSeconds": self.timeout_s} if self.timeout_s else None
        more = {"jobQueue": self.queue, "jobDefinition": self.definition, "timeout": timeout}
        return {**self.summary(), **_without_none(more), "container": container, "attempts": []}

    def _container(self) -> JsonObject:
        return _without_none({"exitCode": self.exit_code, "reason": self.container_reason})


def _without_none(values: JsonMapping) -> JsonObject:
    return {name: value for name, value in values.items() if value is not None}


class Ledger:
    """All jobs and definitions, in memory and as files, so that they survive a killed server."""

    def __init__(self, folder: Path) -> None:
        self._jobs_folder = folder / "jobs"
        self._definitions_file = folder / "definitions.json"
        self._jobs_folder.mkdir(parents=True, exist_ok=True)
        read = (json.loads(path.read_text("utf-8")) for path in self._jobs_folder.glob("*.json"))
        self.jobs = {job.id: job for job in sorted((EmulatedJob(**fields) for fields in read), key=_age)}
        self.definitions: dict[str, RegisteredDefinition] = {}
        if self._definitions_file.exists():
            self.definitions = json.loads(self._definitions_file.read_text("utf-8"))

    def save(self, job: EmulatedJob) -> None:
        """Store a job."""
        self.jobs[job.id] = job
        _write(self._jobs_folder / f"{job.id}.json", asdict(job))

    def active_shares(self, queue: str) -> set[str]:
        """Return the shares of a queue that have a job which has not ended."""
        jobs = (job for job in self.jobs.values() if job.queue == queue and job.status not in ENDED)
        return {job.share for job in jobs if job.share is not None}

    def save_definition(self, name: str, definition: RegisteredDefinition) -> None:
        """Store a job definition under its name."""
        self.definitions[name] = definition
        _write(self._definitions_file, self.definitions)


def _age(job: EmulatedJob) -> int:
    return job.created_at


def _write(path: Path, value: object) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value), "utf-8")
    os.replace(partial, path)  # noqa: PTH105 - the atomic rename is the point
