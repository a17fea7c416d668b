"""The page of the definition that a job was created from, with its entry marked."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from aiohttp import web

from oa_api.http.app_keys import DATABASE
from oa_api.jobs import queries
from oa_api.jobs.pages.summary import read_job
from oa_api.ui.rendering import render

# No user reads a longer page, and an untrusted definition may have 2 MB in one line, or a line for every byte.
MAX_LINES, MAX_LINE_CHARACTERS = 3_000, 1_000
_INDENT = "      "
_ENCODER = json.JSONEncoder(indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a definition; `is_mine` where it belongs to the entry of the job."""

    text: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """The lines to show, and how many come before and after them."""

    lines: list[Line]
    before: int
    after: int


async def show_definition(request: web.Request) -> web.Response:
    """Show the definition."""
    job = await read_job(request)
    text = await queries.get_definition(request.app[DATABASE], job.id)
    view = await asyncio.to_thread(view_definition, text, job.layer, job.name)
    return render(request, "jobs/job/definition.html", job=job, view=view)


def view_definition(text: str, layer: str, name: str) -> DefinitionView:
    """Return the first 3,000 lines of a definition, indented by two spaces, with those of one entry marked.

    For an entry that ends after them, these are its own lines. The work grows with the values of the definition once,
    and with the shown lines.
    """
    try:
        value: object = json.loads(text)
        first, entry = _find_entry(value, layer, name)
        total, last = _count_lines(value), first + (_count_lines(entry) if entry is not None else 0)
        if last <= MAX_LINES:
            shown = _cut(islice(_dump(value), MAX_LINES))
            lines = [Line(line, is_mine=first <= place < last) for place, line in enumerate(shown)]
            return DefinitionView(lines, 0, total - len(lines))
        lines = [Line(line, is_mine=True) for line in _cut(_INDENT + line for line in islice(_dump(entry), MAX_LINES))]
        return DefinitionView(lines, first, total - first - len(lines))
    except (ValueError, RecursionError):
        every = text.splitlines()
        lines = [Line(line, is_mine=False) for line in _cut(every[:MAX_LINES])]
        return DefinitionView(lines, 0, len(every) - len(lines))


def _cut(lines: "Iterator[str] | list[str]") -> list[str]:
    return [line if len(line) <= MAX_LINE_CHARACTERS else f"{line[:MAX_LINE_CHARACTERS]}…" for line in lines]


def _find_entry(value: object, layer: str, name: str) -> tuple[int, object]:
    """Return the first line of an entry, from 0, and its value; 0 and None for an entry that does not exist."""
    layers = value.get("layers") if isinstance(value, dict) else None
    entries = layers.get(layer) if isinstance(layers, dict) else None
    known = entries if isinstance(entries, list) else []
    place = next((i for i, each in enumerate(known) if isinstance(each, dict) and each.get("name") == name), None)
    if place is None or not isinstance(value, dict) or not isinstance(layers, dict):
        return 0, None
    # The line of each container, one for its opening bracket, and those of what comes before.
    first = 3 + _lines_before(value, "layers") + _lines_before(layers, layer) + sum(map(_count_lines, known[:place]))
    return first, known[place]


def _lines_before(parent: dict[str, object], key: str) -> int:
    lines = 0
    for name, value in parent.items():
        if name == key:
            break
        lines += _count_lines(value)
    return lines


def _count_lines(value: object) -> int:
    """Return the lines of a value as `_dump` writes it. Raises RecursionError."""
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 2 + sum(map(_count_lines, parts)) if parts else 1


def _dump(value: object) -> Iterator[str]:
    """Yield the lines of a value, each when it is needed. Raises RecursionError."""
    line = ""
    for part in _ENCODER.iterencode(value):
        *ended, rest = part.split("\n")
        for piece in ended:
            yield line + piece
            line = ""
        line += rest
    yield line
