"""Log lines of a job, from JSON to what a person reads."""

import json
from typing import Any

_LEADING = ("timestamp", "level", "event")
LEFT_OUT = frozenset({*_LEADING, "service", "run_id", "job_id", "attempt", "source", "request_id"})


def as_text(lines: str) -> str:
    """Return a line of text for each line of JSON: time, level, event, then the rest as key=value."""
    return "".join(f"{_line(line)}\n" for line in lines.splitlines())


def _line(line: str) -> str:
    try:
        said: Any = json.loads(line)
    except ValueError:
        return line
    if not isinstance(said, dict):
        return line
    leading = [str(said[key]) for key in _LEADING if key in said]
    rest = [f"{key}={value}" for key, value in said.items() if key not in LEFT_OUT]
    return " ".join([*leading, *rest])
