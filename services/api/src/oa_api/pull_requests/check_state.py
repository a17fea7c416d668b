"""The state of a check: each entry with its jobs and its published data, as the report shows it."""

from dataclasses import dataclass, field
from enum import StrEnum, auto

from oa_api.jobs.quality_gate import find_review_reasons
from oa_api.pull_requests.admission import Hold
from oa_api.pull_requests.definition_review import FAILURE, Finding
from oa_api.pull_requests.rows import CheckRuns
from oa_shared.failures import FailureClass, failure_class
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus

_SKIPPED = "source.skip"


class EntryOutcome(StrEnum):
    """The outcome of an entry so far."""

    SAMPLE_RUNNING = auto()
    SAMPLE_RETRYING = auto()
    FULL_NEXT = auto()
    FULL_QUEUED = auto()
    FULL_RUNNING = auto()
    SKIPPED = auto()
    FAILED = auto()
    PASSED = auto()
    WOULD_NEED_REVIEW = auto()
    NEEDS_REVIEW = auto()
    PUBLISHED = auto()


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """A job and its result; `fields` counts the features that have each attribute, `place` is what places them."""

    job: int
    attempt: int
    status: JobStatus
    code: str | None
    message: str
    count: int | None
    fields: dict[str, int]
    valid: int | None = None
    changes: JsonObject = field(default_factory=dict)
    place: JsonObject = field(default_factory=dict)
    has_preview: bool = False

    @property
    def ended(self) -> bool:
        """Return whether the job has ended."""
        return self.status.ended

    @property
    def failed(self) -> bool:
        """Return whether the job failed or was canceled; a source that sets `skip` has not failed."""
        return self.status in {JobStatus.FAIL, JobStatus.CANCELED} and self.code != _SKIPPED


@dataclass(frozen=True, slots=True)
class PublishedCounts:
    """The published data of an entry: its job, its features, those that have each attribute, and their place."""

    job: int
    count: int | None
    fields: dict[str, int]
    place: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that runs, first a sample, then in full; `expects_full` is false when no full job will follow."""

    key: str
    sample: JobOutcome
    full: JobOutcome | None
    live: PublishedCounts | None
    expects_full: bool = True

    @property
    def latest(self) -> JobOutcome:
        """Return the full job, or the sample job while there is none."""
        return self.full or self.sample

    @property
    def ended(self) -> bool:
        """Return whether no more jobs of the entry will run: a full job follows a sample that passed."""
        return self.latest.ended and (self.full is not None or not self.expects_full or self._sample_is_final)

    @property
    def _sample_is_final(self) -> bool:
        code = self.sample.code
        return code is not None and failure_class(code) is FailureClass.SOURCE

    @property
    def failed(self) -> bool:
        """Return whether the entry has ended with a failure."""
        return self.ended and self.latest.failed

    @property
    def skipped(self) -> bool:
        """Return whether the definition sets `skip`."""
        return self.latest.code == _SKIPPED

    @property
    def published(self) -> bool:
        """Return whether its data is the published one."""
        return self.full is not None and self.live is not None and self.full.job == self.live.job

    @property
    def review_reasons(self) -> list[str]:
        """Return the reasons of the quality gate against publishing the result."""
        if self.full is None or self.full.status not in {JobStatus.SUCCESS, JobStatus.WARN} or self.published:
            return []
        full = self.full
        result = {
            "count": full.count,
            "valid": full.valid,
            "fields": full.fields,
            "changes": full.changes,
            **full.place,
        }
        live = self.live
        published = {"count": live.count, "fields": live.fields, **live.place} if live else None
        return [reason.message for reason in find_review_reasons(result, published)]

    @property
    def outcome(self) -> EntryOutcome:
        """Return the outcome; the quality gate acts on live runs only, so other results only would need review."""
        if self.skipped:
            return EntryOutcome.SKIPPED
        if self.failed:
            return EntryOutcome.FAILED
        if self.published:
            return EntryOutcome.PUBLISHED
        if not self.ended:
            return self._progress
        if not self.review_reasons:
            return EntryOutcome.PASSED
        is_held = self.latest.status is JobStatus.WARN
        return EntryOutcome.NEEDS_REVIEW if is_held else EntryOutcome.WOULD_NEED_REVIEW

    @property
    def _progress(self) -> EntryOutcome:
        if self.full is not None:
            is_running = self.full.status is JobStatus.RUNNING
            return EntryOutcome.FULL_RUNNING if is_running else EntryOutcome.FULL_QUEUED
        if self.sample.status is JobStatus.SUCCESS:
            return EntryOutcome.FULL_NEXT
        return EntryOutcome.SAMPLE_RETRYING if self.sample.attempt > 1 else EntryOutcome.SAMPLE_RUNNING


@dataclass(frozen=True, slots=True)
class CheckState:
    """A check and all of its entries. `lines` has the path and line of each entry; `hold` is why none runs yet."""

    head_sha: str
    state: str
    hold: Hold
    entries: list[Entry]
    problems: list[Finding]
    removed: list[str]
    lines: dict[str, tuple[str, int]]
    runs: CheckRuns

    @property
    def failures(self) -> list[Finding]:
        """Return the findings for which definitions get no jobs."""
        return [finding for finding in self.problems if finding.level == FAILURE]

    @property
    def ended(self) -> bool:
        """Return whether every entry has ended."""
        return all(entry.ended for entry in self.entries)

    @property
    def is_empty(self) -> bool:
        """Return whether the pull request changes no sources."""
        return not (self.entries or self.problems or self.removed or self.hold)
