"""What requests about bulk actions say, after validation."""

from dataclasses import dataclass, field
from enum import StrEnum

from oa_api.http.schemas import CursorSlice
from oa_api.jobs.requests import JobSelection

# How many jobs one bulk action takes at most.
MAX_JOBS = 5000


class BulkAction(StrEnum):
    """What a bulk action does to each of its jobs."""

    RERUN = "rerun"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REJECT = "reject"

    @property
    def label(self) -> str:
        """Return the label of its button: pages say "Publish" for confirm, as for a single job."""
        return "Publish" if self is BulkAction.CONFIRM else self.value.capitalize()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBulkAction:
    """A bulk action to preview or to start: `expected` is the number of matching jobs that its author has seen."""

    action: BulkAction
    filter: JobSelection
    limit: int = MAX_JOBS
    dry_run: bool = False
    expected: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class BulkPreview(JobSelection):
    """The page /bulk: the action and the filter to preview."""

    action: BulkAction | None = None
    limit: int = MAX_JOBS

    @property
    def selection(self) -> JobSelection:
        """Return the filter alone."""
        return select_only(self)


@dataclass(frozen=True, kw_only=True)
class BulkForm(JobSelection):
    """The form that starts a bulk action; `key` makes sending it twice harmless."""

    action: BulkAction
    expected: int
    key: str = field(repr=False)
    limit: int = MAX_JOBS
    reason: str = ""

    @property
    def new_bulk_action(self) -> NewBulkAction:
        """Return the request of the form in the shape of the API."""
        return NewBulkAction(
            action=self.action,
            filter=select_only(self),
            limit=self.limit,
            expected=self.expected,
            reason=self.reason,
        )


def select_only(request: JobSelection) -> JobSelection:
    """Return the job selection that a larger request includes."""
    return JobSelection(
        status=request.status,
        source=request.source,
        layer=request.layer,
        kind=request.kind,
        host=request.host,
        error=request.error,
        before=request.before,
        after=request.after,
        ended_after=request.ended_after,
        live=request.live,
        run=request.run,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkListFilter(CursorSlice):
    """Which bulk actions to list."""
