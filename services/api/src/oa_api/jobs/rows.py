"""The rows that the queries of jobs return."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.jobs.output_files import OutputFile, output_files
from oa_api.jobs.run_rows import title_of_run
from oa_api.pauses.rows import PauseNotice
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus
from oa_shared.transitions import JobState


@dataclass(frozen=True, slots=True)
class ExistingJobRow:
    """The job that a run has for the entry at `place`, from 1, of some; `sha256` is the digest of its definition."""

    place: int
    job: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AttemptError:
    """Why an attempt failed: a code of oa_shared.failures, and the details."""

    code: str
    message: str | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with its latest attempt. `files_deleted_at` is when retention marked the files of its result.

    `force`: it writes new files even if its source has not changed. Otherwise it may keep those of a published attempt,
    `kept_job` and `kept_attempt`.
    """

    id: int
    run: int
    kind: str
    host: str | None
    source_name: str
    source_url: str | None
    layer: str
    name: str
    tier: str
    status: str
    attempt: int
    token: str
    batch_job: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    error_code: str | None
    error_message: str | None
    progress: JsonObject | None
    result: JsonObject | None
    force: bool
    kept_job: int | None
    kept_attempt: int | None
    live: bool
    lane: str
    owner: str
    run_name: str
    files_deleted_at: datetime | None

    @property
    def run_title(self) -> str:
        """Return the name of the run, or its number if it has none."""
        return title_of_run(self.run, self.run_name)

    @property
    def is_unchanged(self) -> bool:
        """Return whether the source had not changed, so that the published files stay."""
        return self.kept_job is not None

    @property
    def same_as(self) -> dict[str, int] | None:
        """Return the job and the attempt whose files stay, if the source had not changed."""
        if self.kept_job is None or self.kept_attempt is None:
            return None
        return {"job": self.kept_job, "attempt": self.kept_attempt}

    @property
    def error(self) -> AttemptError | None:
        """Return why the latest attempt failed, if it did."""
        return AttemptError(self.error_code, self.error_message) if self.error_code else None

    @property
    def files(self) -> dict[str, OutputFile]:
        """Return the files of the result by name."""
        return output_files(self.result)

    @property
    def output(self) -> dict[str, str]:
        """Return the URL of each file by name; none after the files are deleted."""
        names = sorted(self.files) if self.files_deleted_at is None else []
        return {name: f"/api/job/{self.id}/output/{name}" for name in names}


@dataclass(frozen=True, slots=True)
class AttemptStateRow:
    """The state of a job that the dispatcher compares with a message of the jobs queue, and whom the job is for."""

    id: int
    run: int
    attempt: int
    token: str
    status: str
    owner: str


@dataclass(frozen=True, slots=True)
class LockedJob:
    """A job that no other transaction can change until this one ends, with what its run says about it."""

    id: int
    run_id: int
    kind: str
    source_name: str
    layer: str
    name: str
    tier: str
    status: str
    rank: int
    attempt: int
    token: str
    error_code: str | None
    result: JsonObject | None
    traceparent: str | None
    live: bool
    lane: str
    sample: int | None
    owner: str

    @property
    def state(self) -> JobState:
        """Return what decides which reports the job accepts."""
        return JobState(JobStatus(self.status), self.attempt, self.token, self.error_code)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt of a job."""

    attempt: int
    tier: str
    status: str
    batch_job: str | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobEventRow:
    """A report about a job, or a decision; an ignored report has a `reason`."""

    created_at: datetime
    attempt: int
    kind: str
    accepted: bool
    reason: str | None
    detail: JsonObject | None


@dataclass(frozen=True, slots=True)
class ReviewReasonRow:
    """A reason of the quality gate to hold a job for review."""

    code: str
    message: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JobHistory:
    """A job with its attempts, its events, the review reasons, and the pause that it waits for."""

    job: JobRow
    attempts: list[AttemptRow]
    events: list[JobEventRow]
    review_reasons: list[ReviewReasonRow]
    pause: PauseNotice | None


@dataclass(frozen=True, slots=True)
class PreviousPublication:
    """The publication that a job is compared with."""

    job: int
    published_at: datetime
    result: JsonObject | None


@dataclass(frozen=True, slots=True)
class ConvertedDataset:
    """The dataset that a job converts to another format."""

    source_name: str
    layer: str
    name: str


@dataclass(frozen=True, slots=True)
class PublishedJob:
    """The dataset of a job's source, layer and name; `job` is the one whose result is published."""

    data: int
    job: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingAttempt:
    """An attempt that has not been sent to the dispatcher; with a pause, it waits for the end of that."""

    attempt: int
    starts_at: datetime
    is_paused: bool


@dataclass(frozen=True, slots=True)
class StatusCountRow:
    """How many jobs have a status."""

    status: str
    jobs: int
