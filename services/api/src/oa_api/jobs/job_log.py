"""The log of a job as text."""

import json

from oa_shared.json_types import JsonMapping
from oa_shared.text_lines import split_lines

_LEADING = ("timestamp", "level", "event")
LEFT_OUT = frozenset({*_LEADING, "service", "run_id", "job_id", "attempt", "source", "request_id"})


def as_text(lines: str) -> str:
    """Return a line of text for each line of JSON: time, level, event, then the other values as key=value."""
    return "".join(f"{_line(line)}\n" for line in split_lines(lines))


def other_values(entry: JsonMapping) -> str:
    """Return the values of a log line apart from the usual ones, as key=value."""
    return " ".join(f"{key}={value}" for key, value in entry.items() if key not in LEFT_OUT)


def _line(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    leading = [str(entry[key]) for key in _LEADING if key in entry]
    return " ".join([*leading, *([rest] if (rest := other_values(entry)) else [])])
