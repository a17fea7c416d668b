"""Reads what version 1 shows of jobs, runs and reviews, as openaddresses/batch filters and sorts it."""

import re
from collections.abc import AsyncIterator, Collection

from oa_api.compatibility.requests import ErrorListV1, JobListV1, OrphanListV1, RunListV1, SliceV1, UserListV1
from oa_api.compatibility.rows import ExportDetailRow, JobErrorRow, UserRow
from oa_api.db.counting import COUNTED_ROWS, count_rows
from oa_api.db.database import Database
from oa_api.db.like_patterns import contains_pattern
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.jobs.rows import JobRow
from oa_api.jobs.run_rows import RunRow

_SQL = load_queries("compatibility.queries")
# Clients also write a source as a file, or as the end of its URL.
_AROUND_SOURCE = re.compile(r"^.*sources/|\.json$")
# Lists of version 1 without pages end here.
MOST_ROWS = 10_000
_PART_ROWS = 500


async def list_jobs(database: Database, job_list: JobListV1) -> Page[JobRow]:
    """Return a page of jobs with their total, counted up to 10,000."""
    values = await _job_parameters(database, job_list)
    if job_list.is_descending:
        rows = await database.all(_SQL["jobs_desc"], values, into=JobRow)
    else:
        rows = await database.all(_SQL["jobs_asc"], values, into=JobRow)
    total = await count_rows(database, _SQL["count_jobs"], values) if job_list.count else None
    return Page.cut(rows, job_list.limit, total)


async def read_jobs_of_run(database: Database, run: int) -> AsyncIterator[list[JobRow]]:
    """Yield the jobs of a run in parts, at most MOST_ROWS together: other requests run between the parts."""
    cursor = 0
    for _ in range(MOST_ROWS // _PART_ROWS):
        values = await _job_parameters(database, JobListV1(run=run, limit=_PART_ROWS, cursor=cursor))
        rows = await database.all(_SQL["jobs_asc"], values, into=JobRow)
        yield rows[:_PART_ROWS]
        if len(rows) <= _PART_ROWS:
            return
        cursor = rows[_PART_ROWS - 1].id


async def list_orphans(database: Database, orphan_list: OrphanListV1) -> Page[JobRow]:
    """Return a page of jobs of sources without a dataset."""
    values = {**window_v1(orphan_list), "before": orphan_list.before}
    rows = await database.all(_SQL["orphans"], values, into=JobRow)
    total = await count_rows(database, _SQL["count_orphans"], values) if orphan_list.count else None
    return Page.cut(rows, orphan_list.limit, total)


async def list_runs(database: Database, run_list: RunListV1) -> Page[RunRow]:
    """Return a page of runs with their total, counted up to 10,000."""
    filters = {name: getattr(run_list, name) for name in ("run", "live", "before", "after", "status")}
    values = {**window_v1(run_list), **filters}
    if run_list.is_descending:
        rows = await database.all(_SQL["runs_desc"], values, into=RunRow)
    else:
        rows = await database.all(_SQL["runs_asc"], values, into=RunRow)
    total = await count_rows(database, _SQL["count_runs"], values) if run_list.count else None
    return Page.cut(rows, run_list.limit, total)


async def list_errors(database: Database, error_list: ErrorListV1) -> Page[JobErrorRow]:
    """Return a page of jobs that need review, with their total."""
    values = {
        **window_v1(error_list),
        "job": None,
        "status": error_list.status,
        "source": source_pattern(error_list.source),
        "layers": error_list.layers,
    }
    if error_list.is_descending:
        rows = await database.all(_SQL["errors_desc"], values, into=JobErrorRow)
    else:
        rows = await database.all(_SQL["errors_asc"], values, into=JobErrorRow)
    return Page.cut(rows, error_list.limit, await count_rows(database, _SQL["count_errors"], values))


async def get_error(database: Database, job: int) -> JobErrorRow:
    """Return a job that needs review. Raises NotFoundError."""
    values = {**window_v1(SliceV1()), "job": job, "status": None, "source": None, "layers": None}
    row = await database.first(_SQL["errors_asc"], values, into=JobErrorRow)
    if row is None:
        raise NotFoundError(f"job {job} does not need review")
    return row


async def list_users(database: Database, user_list: UserListV1) -> Page[UserRow]:
    """Return a page of accounts, with their total."""
    filters = {"filter": contains_pattern(user_list.filter), "access": user_list.access, "user": None}
    values = {**window_v1(user_list), **filters}
    rows = await database.all(_SQL["users"], values, into=UserRow)
    return Page.cut(rows, user_list.limit, await count_rows(database, _SQL["count_users"], values))


async def get_user(database: Database, user: int) -> UserRow:
    """Return one account. Raises NotFoundError."""
    values = {**window_v1(SliceV1()), "filter": "%", "access": None, "user": user}
    row = await database.first(_SQL["users"], values, into=UserRow)
    if row is None:
        raise NotFoundError(f"account {user} does not exist")
    return row


async def get_export_details(database: Database, exports: Collection[int]) -> dict[int, ExportDetailRow]:
    """Return the requester of each export and the job that it is of, by ID."""
    rows = await database.all(_SQL["export_details"], {"exports": sorted(exports)}, into=ExportDetailRow)
    return {row.export: row for row in rows}


def window_v1(window: SliceV1) -> dict[str, object]:
    """Return the SQL parameters of a page: one row more than `limit` shows whether another follows."""
    return {
        "limit": window.limit + 1,
        "offset": window.offset,
        "cursor": window.cursor,
        "count_limit": COUNTED_ROWS + 1,
    }


def source_pattern(source: str | None) -> str | None:
    """Return the pattern for sources whose name contains a text, also one written as a URL or a file."""
    return None if source is None else contains_pattern(_AROUND_SOURCE.sub("", source))


async def _job_parameters(database: Database, job_list: JobListV1) -> dict[str, object]:
    filters = {name: getattr(job_list, name) for name in ("run", "status", "layers", "live", "before", "after")}
    pattern = source_pattern(job_list.source)
    sources = None
    if pattern is not None:
        sources = await database.all(_SQL["source_names"], {"pattern": pattern}, into=str)
    return {**window_v1(job_list), **filters, "sources": sources}
