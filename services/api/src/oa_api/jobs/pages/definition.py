"""The definition that a job ran, with the lines of its entry."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.jobs.pages.summary import job_row
from oa_api.jobs.serializers import serialize_job
from oa_api.ui.rendering import render

_READS = load_queries("jobs.reads")
_SHOWN_LINES = 3_000
_INDENT = "      "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a definition; `is_mine` where it belongs to the entry of the job."""

    text: str
    is_mine: bool


async def show_definition(request: web.Request) -> web.Response:
    """Return the definition as a page."""
    row = await job_row(request)
    found = await request.app[DATABASE].first(_READS["definition"], {"job": row["id"]})
    text = found["definition"] if found else ""
    lines = await asyncio.to_thread(marked_lines, text, row["layer"], row["name"])
    shown = lines[:_SHOWN_LINES]
    return render(
        request, "jobs/job/definition.html", job=serialize_job(row), lines=shown, left_out=len(lines) - len(shown)
    )


def marked_lines(text: str, layer: str, name: str) -> list[Line]:
    """Return a definition line by line, two spaces to a level, the lines of one entry marked."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [Line(line, is_mine=False) for line in text.splitlines()]
    lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    first, last = _span(lines, _entry(value, layer, name), layer)
    return [Line(line, is_mine=first <= place < last) for place, line in enumerate(lines)]


def _entry(value: Any, layer: str, name: str) -> Any:
    layers = value.get("layers") if isinstance(value, dict) else None
    entries = layers.get(layer) if isinstance(layers, dict) else None
    known = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return next((entry for entry in known if entry.get("name") == name), None)


def _span(lines: list[str], entry: Any, layer: str) -> tuple[int, int]:
    """Return where the lines of an entry begin and end; nowhere for one that is not there."""
    if entry is None:
        return 0, 0
    wanted = [_INDENT + line for line in json.dumps(entry, indent=2, ensure_ascii=False).splitlines()]
    start = next((place for place, line in enumerate(lines) if line.startswith(f'    "{layer}": [')), 0)
    for place in range(start, len(lines) - len(wanted) + 1):
        there = lines[place : place + len(wanted)]
        if [*there[:-1], there[-1].removesuffix(",")] == wanted:
            return place, place + len(wanted)
    return 0, 0
