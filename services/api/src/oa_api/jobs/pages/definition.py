"""The page of the definition that a job was created from, with its entry marked."""

import asyncio
import json
from dataclasses import dataclass

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.jobs import queries
from oa_api.jobs.pages.summary import read_job
from oa_api.ui.rendering import render

_MAX_LINES = 3_000
_INDENT = "      "


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a definition; `is_mine` where it belongs to the entry of the job."""

    text: str
    is_mine: bool


async def show_definition(request: web.Request) -> web.Response:
    """Show the definition."""
    job = await read_job(request)
    text = await queries.get_definition(request.app[DATABASE], job.id)
    lines = await asyncio.to_thread(mark_lines, text, job.layer, job.name)
    visible = lines[:_MAX_LINES]
    return render(request, "jobs/job/definition.html", job=job, lines=visible, left_out=len(lines) - len(visible))


def mark_lines(text: str, layer: str, name: str) -> list[Line]:
    """Return the lines of a definition, indented by two spaces, with those of one entry marked."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [Line(line, is_mine=False) for line in text.splitlines()]
    lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    first, last = _find_entry_lines(lines, _find_entry(value, layer, name), layer)
    return [Line(line, is_mine=first <= index < last) for index, line in enumerate(lines)]


def _find_entry(value: object, layer: str, name: str) -> object:
    layers = value.get("layers") if isinstance(value, dict) else None
    entries = layers.get(layer) if isinstance(layers, dict) else None
    known = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return next((entry for entry in known if entry.get("name") == name), None)


def _find_entry_lines(lines: list[str], entry: object, layer: str) -> tuple[int, int]:
    """Return the half-open range of the lines of an entry; an empty one for an entry that does not exist."""
    if entry is None:
        return 0, 0
    expected = [_INDENT + line for line in json.dumps(entry, indent=2, ensure_ascii=False).splitlines()]
    start = next((index for index, line in enumerate(lines) if line.startswith(f'    "{layer}": [')), 0)
    for index in range(start, len(lines) - len(expected) + 1):
        candidate = lines[index : index + len(expected)]
        if [*candidate[:-1], candidate[-1].removesuffix(",")] == expected:
            return index, index + len(expected)
    return 0, 0
