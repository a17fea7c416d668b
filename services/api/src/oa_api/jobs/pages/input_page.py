"""What a job was given: rows before and after, and what the columns hold."""

from typing import Any

from aiohttp import web

from oa_api.jobs.pages.files import read_json
from oa_api.jobs.pages.summary import job_row
from oa_api.jobs.serializers import serialize_job
from oa_api.ui.rendering import render

_ROWS, _COLUMNS = 25, 300


async def show_input(request: web.Request) -> web.Response:
    """Return the samples and the profile of a job, as far as it has made them."""
    row = await job_row(request)
    sample, profile = await read_json(request, row, "sample.json"), await read_json(request, row, "profile.json")
    return render(request, "jobs/job/input.html", job=serialize_job(row), samples=_samples(sample), **_profile(profile))


def _samples(sample: Any) -> list[dict[str, Any]]:
    rows = sample.get("rows") if isinstance(sample, dict) else None
    return [_sample(row) for row in rows[:_ROWS] if isinstance(row, dict)] if isinstance(rows, list) else []


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    raw = row.get("raw")
    traces = [trace for trace in row.get("attributes") or [] if isinstance(trace, dict)]
    made = [(trace.get("attribute"), trace.get("value"), _rule(trace.get("step"))) for trace in traces]
    return {
        "row": row.get("row"),
        "raw": raw if isinstance(raw, dict) else {},
        "made": made,
        "geometry": row.get("geometry"),
    }


def _rule(step: Any) -> str:
    return str(step.get("pointer") or "") if isinstance(step, dict) else ""


def _profile(profile: Any) -> dict[str, Any]:
    columns = profile.get("columns") if isinstance(profile, dict) else None
    known = columns if isinstance(columns, dict) else {}
    shown = [{"name": name, **column} for name, column in list(known.items())[:_COLUMNS] if isinstance(column, dict)]
    return {"columns": shown, "looked_at": profile.get("sample_rows") if isinstance(profile, dict) else None}
