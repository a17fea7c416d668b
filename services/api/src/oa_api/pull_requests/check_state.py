"""How a pull request's entries stand: what the database knows of each, as the report needs it."""

from dataclasses import dataclass, field
from typing import Any

from oa_api.db.database import Row
from oa_api.jobs.quality_gate import find_review_reasons
from oa_api.pull_requests.definition_review import FAILURE, Finding, entry_key
from oa_shared.failures import FailureClass, failure_class
from oa_shared.status import JobStatus

_SKIPPED = "source.skip"


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """A job and what came of it; `fields` counts the features that have each attribute."""

    job: int
    attempt: int
    status: JobStatus
    code: str | None
    message: str
    count: int | None
    fields: dict[str, int]
    valid: int | None = None
    changes: dict[str, int] = field(default_factory=dict)
    has_preview: bool = False

    @property
    def ended(self) -> bool:
        """Return whether nothing more is expected of it."""
        return self.status.ended

    @property
    def failed(self) -> bool:
        """Return whether it ended badly; a source that says to skip it did not."""
        return self.status in {JobStatus.FAIL, JobStatus.CANCELLED} and self.code != _SKIPPED


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that is tried: first a sample, then the whole."""

    key: str
    sample: JobOutcome
    full: JobOutcome | None
    live: dict[str, Any] | None
    live_job: int | None
    whole_follows: bool = True

    @property
    def latest(self) -> JobOutcome:
        """Return the last word on it."""
        return self.full or self.sample

    @property
    def ended(self) -> bool:
        """Return whether its last word is said: after a good sample the whole is to come, unless it was merged."""
        return self.latest.ended and (self.full is not None or not self.whole_follows or self._sample_is_final)

    @property
    def _sample_is_final(self) -> bool:
        code = self.sample.code
        return code is not None and failure_class(code) is FailureClass.SOURCE

    @property
    def failed(self) -> bool:
        """Return whether it ended badly."""
        return self.ended and self.latest.failed

    @property
    def skipped(self) -> bool:
        """Return whether the definition says to leave it."""
        return self.latest.code == _SKIPPED

    @property
    def published(self) -> bool:
        """Return whether its data is what is published now."""
        return self.full is not None and self.full.job == self.live_job

    @property
    def concerns(self) -> list[str]:
        """Return what the quality gate would have against publishing it."""
        if self.full is None or self.full.status not in {JobStatus.SUCCESS, JobStatus.WARN} or self.published:
            return []
        new = {"count": self.full.count, "valid": self.full.valid, "fields": self.full.fields}
        return [reason.message for reason in find_review_reasons(new, self.live)]


@dataclass(frozen=True, slots=True)
class CheckState:
    """A check and all its entries. `lines` has the place of each in its file."""

    head_sha: str
    state: str
    entries: list[Entry]
    problems: list[Finding]
    removed: list[str]
    lines: dict[str, tuple[str, int]]
    runs: tuple[int | None, int | None, int | None]

    @property
    def failures(self) -> list[Finding]:
        """Return what keeps definitions from being tried."""
        return [finding for finding in self.problems if finding.level == FAILURE]

    @property
    def ended(self) -> bool:
        """Return whether every entry has ended."""
        return all(entry.ended for entry in self.entries)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to tell."""
        return not (self.entries or self.problems or self.removed)


def standing_of(check: Row, rows: list[Row]) -> CheckState:
    """Return how a check stands from its row and those of its entries."""
    findings = check["findings"]
    return CheckState(
        head_sha=check["head_sha"],
        state=check["state"],
        entries=[_entry(row, whole_follows=check["state"] == "open") for row in rows],
        problems=[Finding(**problem) for problem in findings["problems"]],
        removed=findings["removed"],
        lines={key: (place[0], place[1]) for key, place in findings["lines"].items()},
        runs=(check["sample_run"], check["full_run"], check["live_run"]),
    )


def _entry(row: Row, *, whole_follows: bool) -> Entry:
    full = _try(row, "full") if row["full_job"] is not None else None
    live = {"count": _number(row["live_count"]), "fields": _numbers(row["live_fields"])}
    return Entry(
        key=entry_key(row["source_name"], row["layer"], row["name"]),
        sample=_try(row, "sample"),
        full=full,
        live=live if row["live_job"] is not None else None,
        live_job=row["live_job"],
        whole_follows=whole_follows,
    )


def _try(row: Row, which: str) -> JobOutcome:
    """Return a job; what its container said of itself is taken only as far as it is numbers."""
    is_full = which == "full"
    return JobOutcome(
        job=row[f"{which}_job"],
        attempt=row[f"{which}_attempt"],
        status=JobStatus(row[f"{which}_status"]),
        code=row[f"{which}_code"],
        message=row[f"{which}_message"] or "",
        count=_number(row[f"{which}_count"]),
        fields=_numbers(row[f"{which}_fields"]),
        valid=_number(row["full_valid"]) if is_full else None,
        changes=_numbers(row["full_changes"]) if is_full else {},
        has_preview=is_full and row["has_preview"],
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _numbers(value: Any) -> dict[str, int]:
    found = value if isinstance(value, dict) else {}
    return {name: number for name, each in found.items() if (number := _number(each)) is not None}
