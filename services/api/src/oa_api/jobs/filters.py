"""The SQL parameters of filtered lists of runs and jobs."""

from oa_api.db import counting
from oa_api.db.like_patterns import starts_with_pattern
from oa_api.db.rows import as_parameters
from oa_api.http.schemas import CursorSlice
from oa_api.jobs.requests import JobFilter, JobSelection, RunFilter


def job_parameters(job_filter: JobFilter) -> dict[str, object]:
    """Return the SQL parameters of a list of jobs: one row more than `limit` shows whether a page follows.

    A filter by change also needs those of run_changes.comparison_parameters().
    """
    return {**_select(job_filter), **window_parameters(job_filter)}


def run_parameters(run_filter: RunFilter) -> dict[str, object]:
    """Return the SQL parameters of a list of runs: one row more than `limit` shows whether a page follows."""
    return {**as_parameters(run_filter), **window_parameters(run_filter)}


def select_parameters(selection: JobSelection) -> dict[str, object]:
    """Return the SQL parameters that select jobs; `count_limit` bounds the count of them."""
    return {**_select(selection), "count_limit": counting.COUNTED_ROWS + 1}


def sort_key(list_filter: JobFilter | RunFilter) -> str:
    """Return the column to sort by: the time where the filter is by time, so that one index serves both."""
    is_by_time = list_filter.before is not None or list_filter.after is not None
    return list_filter.sort or ("created_at" if is_by_time else "id")


def _select(selection: JobSelection) -> dict[str, object]:
    values = {
        **dict.fromkeys(("source_like", "bulk", "rerun", "acknowledged", "change", "other_run")),
        **as_parameters(selection),
    }
    return {**values, **_by_prefix(selection.source)}


def window_parameters(window: CursorSlice) -> dict[str, object]:
    """Return the SQL parameters of a page: one row more than `limit` shows whether another follows."""
    offset = 0 if window.cursor else window.page * window.limit
    return {
        "limit": window.limit + 1,
        "cursor": window.cursor,
        "offset": offset,
        "count_limit": counting.COUNTED_ROWS + 1,
    }


def _by_prefix(source: str | None) -> dict[str, str | None]:
    """Return the parameters that a source with a trailing slash changes: it is a prefix."""
    if source is None or not source.endswith("/"):
        return {}
    return {"source": None, "source_like": starts_with_pattern(source)}
