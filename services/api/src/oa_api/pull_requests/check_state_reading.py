"""The state of a check from the rows of its jobs."""

from oa_api.pull_requests.admission import Hold
from oa_api.pull_requests.check_state import CheckState, Entry, JobOutcome, PublishedCounts
from oa_api.pull_requests.definition_review import Finding, entry_key
from oa_api.pull_requests.rows import CheckRuns, ClaimedCheck, EntryRow
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus


def build_state(check: ClaimedCheck, runs: CheckRuns, rows: list[EntryRow]) -> CheckState:
    """Return the state of a check from its row, its runs and the rows of its entries."""
    findings = check.findings
    return CheckState(
        head_sha=check.head_sha,
        state=check.state,
        hold=Hold(check.held),
        entries=[_entry(row, expects_full=check.state == "open") for row in rows],
        problems=[Finding(**problem) for problem in findings["problems"]],
        removed=findings["removed"],
        lines={key: (path, line) for key, (path, line) in findings["lines"].items()},
        runs=runs,
    )


def _entry(row: EntryRow, *, expects_full: bool) -> Entry:
    live = None
    if row.live_job is not None:
        live = PublishedCounts(
            row.live_job,
            _number(row.live_count),
            _numbers(row.live_fields),
            _place(row.live_bounds, row.live_placement),
        )
    return Entry(
        key=entry_key(row.source_name, row.layer, row.name),
        sample=_sample(row),
        full=_full(row),
        live=live,
        expects_full=expects_full,
    )


def _sample(row: EntryRow) -> JobOutcome:
    return JobOutcome(
        job=row.sample_job,
        attempt=row.sample_attempt,
        status=JobStatus(row.sample_status),
        code=row.sample_code,
        message=row.sample_message or "",
        count=_number(row.sample_count),
        fields=_numbers(row.sample_fields),
    )


def _full(row: EntryRow) -> JobOutcome | None:
    if row.full_job is None or row.full_attempt is None or row.full_status is None:
        return None
    return JobOutcome(
        job=row.full_job,
        attempt=row.full_attempt,
        status=JobStatus(row.full_status),
        code=row.full_code,
        message=row.full_message or "",
        count=_number(row.full_count),
        fields=_numbers(row.full_fields),
        valid=_number(row.full_valid),
        changes=row.full_changes if isinstance(row.full_changes, dict) else {},
        place=_place(row.full_bounds, row.full_placement),
        has_preview=row.has_preview,
    )


def _place(bounds: object, placement: object) -> JsonObject:
    """Return what the quality gate compares of the place of the data."""
    return {"bounds": bounds, "placement": placement}


def _number(value: object) -> int | None:
    """Return a value that a container reported if it is an integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _numbers(value: object) -> dict[str, int]:
    """Return the integers among the values that a container reported."""
    values = value if isinstance(value, dict) else {}
    return {name: number for name, item in values.items() if (number := _number(item)) is not None}
