"""The lines of a definition as its author wrote them, with those of an entry and of a failure marked."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from oa_api.jobs.repair import find_entry
from oa_shared.json_positions import find_spans

# No user reads a longer page, and an untrusted definition may have 2 MB in one line, or a line for every byte.
MAX_LINES, MAX_LINE_CHARACTERS = 3_000, 1_000
_QUOTED_AROUND = 2
_MAX_QUOTED = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a definition; `is_mine` where it belongs to the entry of the job, `is_faulty` where it failed."""

    number: int
    text: str
    is_mine: bool
    is_faulty: bool = False


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """The lines to show, and how many come before and after them."""

    lines: list[Line]
    before: int
    after: int

    def quote(self) -> list[Line]:
        """Return the faulty lines with two lines around each, at most 40 in all."""
        faulty = [line.number for line in self.lines if line.is_faulty]
        shown = {number + offset for number in faulty for offset in range(-_QUOTED_AROUND, _QUOTED_AROUND + 1)}
        return [line for line in self.lines if line.number in shown][:_MAX_QUOTED]


def readable_text(text: str) -> str:
    """Return a definition as its author wrote it; one on a single line, as programs send it, with indents.

    Raises ValueError for a text that is not JSON, RecursionError for one that is nested too deeply.
    """
    value: object = json.loads(text)
    return text if "\n" in text.strip() else json.dumps(value, indent=2, ensure_ascii=False)


def view_definition(text: str, layer: str, name: str, faulty: Collection[int] = ()) -> DefinitionView:
    """Return the first 3,000 lines of a readable definition; if its entry ends after them, the lines of the entry.

    `faulty` are the numbers of the lines to mark, from 1. A text that is not JSON has no entry.
    """
    every = _lines(text)
    first, last = _find_lines_of_entry(text, layer, name)
    start, end = (0, MAX_LINES) if last <= MAX_LINES else (first - 1, min(last, first - 1 + MAX_LINES))
    lines = [
        Line(number, _cut(line), is_mine=first <= number <= last, is_faulty=number in faulty)
        for number, line in enumerate(every[start:end], start + 1)
    ]
    return DefinitionView(lines, start, max(0, len(every) - end))


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _cut(line: str) -> str:
    line = line.removesuffix("\r")
    return line if len(line) <= MAX_LINE_CHARACTERS else f"{line[:MAX_LINE_CHARACTERS]}…"


def _find_lines_of_entry(text: str, layer: str, name: str) -> tuple[int, int]:
    """Return the first and the last line of an entry, from 1; 0 and 0 for one that does not exist."""
    try:
        pointer = find_entry(json.loads(text), layer, name)
    except (ValueError, RecursionError):
        return 0, 0
    span = find_spans(text, [pointer] if pointer else []).get(pointer or "")
    if pointer is None or span is None:
        return 0, 0
    first = 1 + text.count("\n", 0, span.value.start)
    return first, first + text.count("\n", span.value.start, span.value.end)
