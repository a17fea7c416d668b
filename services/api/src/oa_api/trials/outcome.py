"""The outcome of a trial: its job, its sample, why the job failed, and the published data."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from oa_api.db.database import Database
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.jobs import queries
from oa_api.jobs.pages.files import read_json
from oa_api.jobs.repair import JobFault, locate_fault
from oa_api.jobs.rows import JobRow, PreviousPublication, PublishedJob
from oa_api.settings import Settings
from oa_api.trials import trials
from oa_api.trials.definition_changes import DefinitionChange, compare_entries
from oa_api.trials.github_links import edit_url, is_in_repository, new_file_url
from oa_api.trials.remarks import Remark
from oa_api.trials.review import TrialEntryJson
from oa_api.trials.rows import TrialRow
from oa_api.trials.sample_view import SampleView, read_rows, view_sample
from oa_shared.definition_check.findings import Severity
from oa_shared.failure_details import DETAILS
from oa_shared.failure_details_schema import read_details
from oa_shared.failures import FAILURES, Failure
from oa_shared.json_positions import find_lines
from oa_shared.placement import PlacementProblem, find_move, read_problems
from oa_shared.status import JobStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialOutcome:
    """What a trial has come to; without a job, only `edit_url`.

    `remarks` are about the lines that the failure of the job names. `problems` are about the place of the data.
    `changes` compare the entry with the definition of the published data, None if nothing is published.
    """

    job: JobRow | None = None
    sample: SampleView | None = None
    failure: Failure | None = None
    remarks: list[Remark] = field(default_factory=list)
    problems: list[PlacementProblem] = field(default_factory=list)
    published: PublishedJob | None = None
    publication: PreviousPublication | None = None
    published_tiles: str | None = None
    changes: list[DefinitionChange] | None = None
    edit_url: str | None = None

    @property
    def has_ended(self) -> bool:
        """Return whether nothing more happens; true without a job."""
        return self.job is None or JobStatus(self.job.status).ended


async def read_outcome(request: web.Request, trial: TrialRow) -> TrialOutcome:
    """Return the outcome of a trial so far."""
    database, settings = request.app[DATABASE], request.app[SETTINGS]
    github_url = await _github_url(database, settings, trial)
    if trial.job_id is None:
        return TrialOutcome(edit_url=github_url)
    job = await queries.get_job(database, trial.job_id)
    published = await queries.get_published_job(database, job)
    publication = await queries.get_previous_publication(database, job)
    former = publication.result if publication else None
    rows = read_rows(await read_json(request, job, "sample.json"))
    problems = read_problems(job.result or {})
    move = find_move(job.result or {}, former) if former else None
    return TrialOutcome(
        job=job,
        sample=await asyncio.to_thread(view_sample, rows, former) if rows else None,
        failure=FAILURES.get(job.error_code or ""),
        remarks=await asyncio.to_thread(locate_failure, trial.definition, job, trial.entries),
        problems=[*problems, move] if move else problems,
        published=published,
        publication=publication,
        published_tiles=await _published_tiles(request, published),
        changes=await _compare_definitions(request, trial, job, published),
        edit_url=github_url,
    )


async def _github_url(database: Database, settings: Settings, trial: TrialRow) -> str | None:
    """Return the URL of GitHub's editor for the file of a trial; for a new source, that of its form for new files."""
    if is_in_repository(settings, trial.url) or await trials.is_known_source(database, trial.source_name):
        return edit_url(settings, trial.source_name)
    return new_file_url(settings, trial.source_name, trial.definition)


async def _compare_definitions(
    request: web.Request, trial: TrialRow, job: JobRow, published: PublishedJob | None
) -> list[DefinitionChange] | None:
    if published is None:
        return None
    before = await queries.get_definition(request.app[DATABASE], published.job)
    return await asyncio.to_thread(compare_entries, before, trial.definition, job.layer, job.name)


async def _published_tiles(request: web.Request, published: PublishedJob | None) -> str | None:
    """Return the URL of the tiles of the published data, for the map."""
    if published is None:
        return None
    return (await queries.get_job(request.app[DATABASE], published.job)).output.get("source.pmtiles")


def locate_failure(definition: str, job: JobRow, entries: Sequence[TrialEntryJson]) -> list[Remark]:
    """Return the failure of a job at each line that it names, as on the page of the job, else at that of its entry.

    The definition must be JSON; the work grows with it.
    """
    if job.error is None:
        return []
    code, message = job.error.code, job.error.message or ""
    entry = next((item for item in entries if (item["layer"], item["name"]) == (job.layer, job.name)), None)
    own_pointer = entry["pointer"] if entry else ""
    fault = JobFault(job.layer, job.name, code, message, read_details((job.result or {}).get(DETAILS)))
    places = locate_fault(json.loads(definition), own_pointer, fault)
    lines = find_lines(definition, [place.pointer for place in places] or [own_pointer])
    return [Remark(line, Severity.ERROR, code, pointer, message) for pointer, line in lines.items()]
