"""The page of a job's input: rows before and after conversion, and the columns of the source."""

from dataclasses import dataclass

from aiohttp import web

from oa_api.jobs.pages.files import read_json
from oa_api.jobs.pages.job_of_path import read_job
from oa_api.ui.rendering import render
from oa_shared.json_types import JsonMapping, JsonObject

_ROWS, _COLUMNS = 25, 300


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row of the source, and the attributes that it became, each with its value and its rule."""

    row: object
    raw: JsonMapping
    attributes: list[tuple[object, object, str]]
    geometry: object


@dataclass(frozen=True, slots=True)
class InputProfile:
    """The columns of the source, and in how many rows they were seen."""

    columns: list[JsonObject]
    rows: object


async def show_input(request: web.Request) -> web.Response:
    """Show the sample rows and the columns, as far as the job has stored them."""
    job = await read_job(request)
    sample, profile = await read_json(request, job, "sample.json"), await read_json(request, job, "profile.json")
    return render(request, "jobs/job/input.html", job=job, samples=_samples(sample), profile=_profile(profile))


def _samples(sample: object) -> list[SampleRow]:
    rows = sample.get("rows") if isinstance(sample, dict) else None
    return [_sample(row) for row in rows[:_ROWS] if isinstance(row, dict)] if isinstance(rows, list) else []


def _sample(row: JsonMapping) -> SampleRow:
    raw, attributes = row.get("raw"), row.get("attributes")
    traces = [trace for trace in attributes if isinstance(trace, dict)] if isinstance(attributes, list) else []
    return SampleRow(
        row=row.get("row"),
        raw=raw if isinstance(raw, dict) else {},
        attributes=[(trace.get("attribute"), trace.get("value"), _rule(trace.get("step"))) for trace in traces],
        geometry=row.get("geometry"),
    )


def _rule(step: object) -> str:
    return str(step.get("pointer") or "") if isinstance(step, dict) else ""


def _profile(profile: object) -> InputProfile:
    if not isinstance(profile, dict):
        return InputProfile([], None)
    columns = profile.get("columns")
    known = list(columns.items())[:_COLUMNS] if isinstance(columns, dict) else []
    named: list[JsonObject] = [{"name": name, **column} for name, column in known if isinstance(column, dict)]
    return InputProfile(named, profile.get("sample_rows"))
