"""Reading runs and jobs, for the API and the pages."""

from collections.abc import Collection, Mapping
from datetime import datetime

from oa_api.db.counting import Total, count_rows
from oa_api.db.database import Database, Transaction
from oa_api.db.pages import Page
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError
from oa_api.http.schemas import SUMMARY
from oa_api.jobs.filters import job_parameters, run_parameters, select_parameters, sort_key
from oa_api.jobs.output_files import OutputFile, read_output
from oa_api.jobs.requests import JobFilter, JobSelection, RunFilter
from oa_api.jobs.rows import (
    AttemptRow,
    AttemptStateRow,
    ConvertedDataset,
    JobEventRow,
    JobHistory,
    JobRow,
    PreviousPublication,
    PublishedJob,
    ReviewReasonRow,
    StatusCountRow,
    WaitingAttempt,
)
from oa_api.jobs.run_changes import comparison_parameters
from oa_api.jobs.run_rows import RelatedRow, RunRow
from oa_api.pauses.pauses import find_pause_of_job
from oa_shared.json_types import JsonObject
from oa_shared.large_bodies import decode_json
from oa_shared.licenses import License, license_of
from oa_shared.status import JobStatus

_SQL = load_queries("jobs.reads")
_PUBLISHING = load_queries("jobs.publishing")
# Statuses that no run has itself.
_JOB_STATUSES = frozenset(JobStatus) - {JobStatus.PENDING, JobStatus.RUNNING}
# Filters that the tally of jobs alone answers exactly (docs/decisions/0006-counting-jobs.md).
_TALLIED = frozenset({"run", "status"})
_NOT_FILTERS = frozenset({"cursor", "limit", "offset", "count_limit", "page", "order", "sort", "fields", "other_run"})


async def list_runs(database: Database, run_filter: RunFilter) -> Page[RunRow]:
    """Return a page of runs with their total, counted up to 10,000."""
    values = run_parameters(run_filter)
    counting = _counting_query(run_filter)
    total = await count_rows(database, _SQL[counting], values)
    rows = await database.all(_SQL[f"runs_by_{sort_key(run_filter)}_{run_filter.order}"], values, into=RunRow)
    return Page.cut(rows, run_filter.limit, total)


def _counting_query(run_filter: RunFilter) -> str:
    """Return the name of the cheapest query that counts the runs of a filter."""
    if run_filter.status is None:
        return "count_runs_without_jobs"
    return "count_runs_by_jobs" if _JOB_STATUSES.issuperset(run_filter.status) else "count_runs"


async def list_runs_by_id(database: Database, runs: Collection[int]) -> list[RunRow]:
    """Return these runs, in no order."""
    return await database.all(_SQL["runs_of_ids"], {"runs": sorted(runs)}, into=RunRow)


async def get_run(reader: Database | Transaction, run: int) -> RunRow:
    """Return a run. Raises NotFoundError."""
    row = await reader.first(_SQL["run"], {"run": run}, into=RunRow)
    if row is None:
        raise NotFoundError(f"run {run} does not exist")
    return row


async def list_jobs(database: Database, job_filter: JobFilter) -> Page[JobRow]:
    """Return a page of jobs with their total: exact where the tally has it, else counted up to 10,000.

    Raises InvalidError for a filter by change without a run.
    """
    compared = await comparison_parameters(database, job_filter)
    if compared is None:
        return Page([], has_more=False, total=Total(0))
    values = {**job_parameters(job_filter), **compared}
    total = await _count_jobs(database, values)
    rows = await database.all(_SQL[f"jobs_by_{sort_key(job_filter)}_{job_filter.order}"], values, into=JobRow)
    return Page.cut(rows, job_filter.limit, total)


async def _count_jobs(database: Database, values: Mapping[str, object]) -> Total:
    filters = {name for name, value in values.items() if value is not None} - _NOT_FILTERS
    if filters <= _TALLIED:
        return Total(await database.first(_SQL["tallied_jobs"], values, into=int) or 0)
    return await count_rows(database, _SQL["count_jobs"], values)


async def count_jobs_by_status(database: Database) -> dict[str, int]:
    """Return the number of jobs of each status that any job has."""
    rows = await database.all(_SQL["jobs_by_status"], into=StatusCountRow)
    return {row.status: row.jobs for row in rows}


async def list_oldest_jobs(database: Database, selection: JobSelection, *, limit: int) -> list[JobRow]:
    """Return the oldest jobs of a selection."""
    values = {**select_parameters(selection), "cursor": None, "offset": 0, "limit": limit, "fields": SUMMARY}
    return await database.all(_SQL["jobs_by_id_asc"], values, into=JobRow)


async def get_job(reader: Database | Transaction, job: int) -> JobRow:
    """Return a job. Raises NotFoundError."""
    row = await reader.first(_SQL["job"], {"job": job}, into=JobRow)
    if row is None:
        raise NotFoundError(f"job {job} does not exist")
    return row


async def get_history(database: Database, job: JobRow) -> JobHistory:
    """Return a job with its attempts, its first 1,000 events, the review reasons, and the pause that it waits for."""
    values = {"job": job.id}
    return JobHistory(
        job=job,
        attempts=await database.all(_SQL["attempts"], values, into=AttemptRow),
        events=await database.all(_SQL["events"], values, into=JobEventRow),
        review_reasons=await database.all(_SQL["review_reasons"], values, into=ReviewReasonRow),
        pause=await find_pause_of_job(database, job.id) if job.status == JobStatus.PENDING else None,
    )


async def get_attempt_state(database: Database, job: int) -> AttemptStateRow:
    """Return the latest attempt of a job and its status. Raises NotFoundError."""
    state = await database.first(_SQL["attempt_state"], {"job": job}, into=AttemptStateRow)
    if state is None:
        raise NotFoundError(f"job {job} does not exist")
    return state


async def get_definition(reader: Database | Transaction, job: int) -> str:
    """Return the definition that a job was created from, as text. Raises NotFoundError."""
    definition = await reader.first(_SQL["definition"], {"job": job}, into=str)
    if definition is None:
        raise NotFoundError(f"job {job} does not exist")
    return definition


async def get_license(transaction: Transaction, job: int, *, layer: str, name: str) -> License | None:
    """Return the license that the definition of a job states for one entry. Raises NotFoundError."""
    return license_of(await decode_json(await get_definition(transaction, job)), layer, name)


async def get_published_file(database: Database, *, job: int, attempt: int | None, file: str) -> OutputFile | None:
    """Return a file that an attempt of a job, or its latest, published; None if it published no such file."""
    values = {"job": job, "attempt": attempt, "file": file}
    output = await database.first(_PUBLISHING["published_file"], values, into=JsonObject)
    return read_output(output) if output is not None else None


async def get_converted_dataset(database: Database, job: int) -> ConvertedDataset | None:
    """Return the dataset that a job converts to another format, None for a job that converts none."""
    return await database.first(_PUBLISHING["converted_dataset"], {"job": job}, into=ConvertedDataset)


async def get_previous_publication(database: Database, job: JobRow) -> PreviousPublication | None:
    """Return the latest publication of the same dataset by an earlier job."""
    values = {"job": job.id, "source_name": job.source_name, "layer": job.layer, "name": job.name}
    return await database.first(_SQL["previous_publication"], values, into=PreviousPublication)


async def get_related(database: Database, *, job: int | None = None, run: int | None = None) -> RelatedRow:
    """Return what a job or a run belongs to. Raises NotFoundError."""
    what = "run" if job is None else "job"
    row = await database.first(_SQL[f"related_to_{what}"], {"job": job, "run": run}, into=RelatedRow)
    if row is None:
        raise NotFoundError(f"{what} {job or run} does not exist")
    return row


async def get_published_job(database: Database, job: JobRow) -> PublishedJob | None:
    """Return the dataset that a job belongs to, and the job whose result is published."""
    values = {"source_name": job.source_name, "layer": job.layer, "name": job.name}
    return await database.first(_SQL["published_job"], values, into=PublishedJob)


async def find_waiting_attempt(database: Database, job: int) -> WaitingAttempt | None:
    """Return the attempt of a job that waits to be sent, None if there is none."""
    return await database.first(_SQL["waiting_attempt"], {"job": job}, into=WaitingAttempt)


async def find_failing_since(database: Database, job: JobRow) -> datetime | None:
    """Return since when the dataset of a job fails, None if it does not, or if no live run has processed it."""
    values = {"source_name": job.source_name, "layer": job.layer, "name": job.name}
    return await database.first(_SQL["failing_since"], values, into=datetime)


async def count_same_failures(database: Database, job: JobRow) -> int:
    """Return how many other sources of live runs fail with the code of a job at its host now."""
    values = {"code": job.error_code, "host": job.host, "source_name": job.source_name}
    return await database.first(_SQL["same_failure"], values, into=int) or 0
