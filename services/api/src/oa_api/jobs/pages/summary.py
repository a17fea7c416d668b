"""The page of a job: its status, its result, and how the result differs from the published one."""

from dataclasses import dataclass

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.jobs import queries, run_statistics
from oa_api.jobs.output_files import FILE_DESCRIPTIONS, SOURCE_FILE, VALIDATED_FILE
from oa_api.jobs.pages.event_labels import event_label
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.jobs.pages.repair_bench import find_retry, read_bench
from oa_api.jobs.rows import JobRow
from oa_api.ui.rendering import render
from oa_shared.failures import FAILURES
from oa_shared.json_types import JsonMapping
from oa_shared.status import JobStatus

_NOTABLE_LOSS = 0.1


@dataclass(frozen=True, slots=True)
class Difference:
    """A count of a result, compared with the previously published result."""

    name: str
    now: int | None
    before: int | None

    @property
    def change(self) -> float | None:
        """The change as a share of the former count."""
        return (self.now - self.before) / self.before if self.before and self.now is not None else None

    @property
    def is_notable(self) -> bool:
        """Whether a tenth or more was lost, which deserves a review."""
        return self.change is not None and self.change <= -_NOTABLE_LOSS


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a job, as the list of files shows it."""

    name: str
    href: str
    what: str
    size_bytes: int | None
    sha256: str


async def show_job(request: web.Request) -> web.Response:
    """Show a job with its attempts, events and files."""
    job, database = await read_job(request), request.app[DATABASE]
    previous = await queries.get_previous_publication(database, job)
    published = await queries.get_published_job(database, job)
    history = await queries.get_history(database, job)
    # The result of a failed job has no counts.
    now = (job.result or {}) if job.status != JobStatus.FAIL else None
    before = (previous.result if previous else None) or {}
    return render(
        request,
        "jobs/job/summary.html",
        job=job,
        history=history,
        bench=await read_bench(request, job),
        retry=await find_retry(request, history),
        published=published,
        related=await queries.get_related(database, job=job.id),
        failure=FAILURES.get(job.error_code or ""),
        failures=FAILURES,
        event_label=event_label,
        files=_files(job),
        previous=previous,
        cost=await run_statistics.cost_of_job(database, job.id, run_statistics.prices_of(request.app[SETTINGS])),
        is_published=published is not None and published.job in (job.id, job.kept_job),
        differences=compare_results(now, before) if now is not None else [],
    )


def compare_results(now: JsonMapping, before: JsonMapping) -> list[Difference]:
    """Return the differences of two results: features, valid features, and how many have each attribute."""
    names = dict.fromkeys([*_fields(now), *_fields(before)])
    compared = [
        Difference("features", _count(now, "count"), _count(before, "count")),
        Difference("valid", _count(now, "valid"), _count(before, "valid")),
        *(Difference(name, _count(_fields(now), name), _count(_fields(before), name)) for name in names),
    ]
    return [difference for difference in compared if difference.now or difference.before]


def _fields(result: JsonMapping) -> JsonMapping:
    fields = result.get("fields")
    return fields if isinstance(fields, dict) else {}


def _count(counts: JsonMapping, name: str) -> int | None:
    value = counts.get(name)
    return value if isinstance(value, int) else None


def _files(job: JobRow) -> list[FileView]:
    """Return the files of a job, without the valid features if those are all features: the bytes are the same."""
    files = job.files
    digests = {name: file.sha256 for name, file in files.items()}
    is_same = digests.get(VALIDATED_FILE, "") == digests.get(SOURCE_FILE) != ""
    return [
        FileView(name, href, FILE_DESCRIPTIONS.get(name, ""), files[name].size_bytes, files[name].sha256)
        for name, href in job.output.items()
        if not (is_same and name == VALIDATED_FILE)
    ]
