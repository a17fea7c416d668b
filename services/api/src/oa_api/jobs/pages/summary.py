"""A job at one look: how it stands, why, what came out, and how that differs from what was published before."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import path_id
from oa_api.jobs import run_statistics
from oa_api.jobs.serializers import serialize_job_detail
from oa_api.ui.rendering import render
from oa_shared.failures import FAILURES

_SQL, _READS = load_queries("status.overview_page"), load_queries("jobs.reads")
_WHAT = {
    "source.geojson.gz": "every feature, one a line",
    "validated.geojson.gz": "the valid features",
    "source.parquet": "GeoParquet",
    "source.pmtiles": "tiles for maps",
    "source.png": "a picture",
    "changes.jsonl.gz": "what differs from what was published before",
    "delta.geojson": "some of what differs, for a map",
    "cache.zip": "the data as it was fetched",
    "stats.json": "counts",
    "profile.json": "the columns of the input",
    "sample.json": "the first rows, before and after",
    "manifest.json": "digests of all files",
}
_NOTABLE = 0.1


@dataclass(frozen=True, slots=True)
class Difference:
    """One count of a result, and of what was published before."""

    name: str
    now: int | None
    before: int | None

    @property
    def change(self) -> float | None:
        """The change as a share of what was there before."""
        return (self.now - self.before) / self.before if self.before and self.now is not None else None

    @property
    def is_notable(self) -> bool:
        """Whether so much was lost that a person should look."""
        return self.change is not None and self.change <= -_NOTABLE


async def show_job(request: web.Request) -> web.Response:
    """Return the page of a job."""
    row = await job_row(request)
    database, values = request.app[DATABASE], {"job": row["id"]}
    job = serialize_job_detail(
        row,
        trusted=False,
        attempts=await database.all(_READS["attempts"], values),
        events=await database.all(_READS["events"], values),
        held_back=await database.all(_READS["review_reasons"], values),
    )
    key = {**values, "source_name": row["source_name"], "layer": row["layer"], "name": row["name"]}
    before = await database.first(_SQL["published_before"], key)
    return render(
        request,
        "jobs/job/summary.html",
        job=job,
        failure=FAILURES.get(row["error_code"] or ""),
        failures=FAILURES,
        files=_files(job, row),
        before=before,
        cost=await run_statistics.cost_of_job(database, row["id"], run_statistics.prices_of(request.app[SETTINGS])),
        published=await database.first(_SQL["published_now"], key),
        differences=differences(job["result"] or {}, (before or {}).get("result") or {}),
    )


async def job_row(request: web.Request) -> Row:
    """Return the job of the path. Raises NotFoundError."""
    job = path_id(request, "job")
    row = await request.app[DATABASE].first(_READS["job"], {"job": job})
    if row is None:
        raise NotFoundError(f"there is no job {job}")
    return row


def differences(now: dict[str, Any], before: dict[str, Any]) -> list[Difference]:
    """Compare two results: how many features, how many of them valid, and how often each attribute is filled."""
    names = dict.fromkeys([*_fields(now), *_fields(before)])
    found = [Difference("features", _count(now, "count"), _count(before, "count"))]
    found.append(Difference("valid", _count(now, "valid"), _count(before, "valid")))
    found += [Difference(name, _count(_fields(now), name), _count(_fields(before), name)) for name in names]
    return [difference for difference in found if difference.now or difference.before]


def _fields(result: dict[str, Any]) -> dict[str, Any]:
    fields = result.get("fields")
    return fields if isinstance(fields, dict) else {}


def _count(counts: dict[str, Any], name: str) -> int | None:
    value = counts.get(name)
    return value if isinstance(value, int) else None


def _files(job: Any, row: Row) -> list[dict[str, Any]]:
    outputs = (row["result"] or {}).get("outputs") or {}
    return [
        {
            "name": name,
            "href": link,
            "what": _WHAT.get(name, ""),
            "size_bytes": outputs[name].get("bytes") or outputs[name].get("size"),
            "sha256": outputs[name].get("sha256", ""),
        }
        for name, link in job["output"].items()
    ]
