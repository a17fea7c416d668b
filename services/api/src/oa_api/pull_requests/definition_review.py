"""What a changed definition means: which entries get jobs, what is wrong and on which line, what is gone."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_api.jobs.planning import DefinitionText, PlannedJob, plan_entry
from oa_api.pull_requests.changed_sources import SourceChange
from oa_api.pull_requests.json_positions import line_of, lines_of
from oa_shared.source_definition import entries, repeated_names, validate_definition

FAILURE, WARNING = "failure", "warning"
_NAME = re.compile(r"(?!\.)[\w.-]+(/(?!\.)[\w.-]+){0,9}\Z")
# What lies beside the layers of a definition concerns every entry of it.
_TOP_LEVEL = ("schema", "coverage")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a file, and where: `line` counts from 1."""

    path: str
    line: int
    message: str
    pointer: str = ""
    level: str = FAILURE


@dataclass(frozen=True, slots=True)
class Review:
    """What became of some changed definitions. `lines` says where each entry stands, by source, layer and name."""

    jobs: list[PlannedJob] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, other: "Review") -> None:
        """Take in what became of another definition."""
        self.jobs.extend(other.jobs)
        self.findings.extend(other.findings)
        self.removed.extend(other.removed)
        self.lines.update(other.lines)


class _UnusableError(Exception):
    """A definition gets no jobs; `findings` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("the definition cannot be used")
        self.findings = findings


def entry_key(source_name: str, layer: str, name: str) -> str:
    """Return how an entry is called in lists."""
    return f"{source_name}/{layer}/{name}"


def review(change: SourceChange, *, address: str) -> Review:
    """Compare a definition with the one before; only entries that say something else get jobs.

    A change beside the layers (`schema`, `coverage`) concerns them all; layout and the order of keys concern none.
    `address` is where the definition can be looked at.
    """
    before = _entries_before(change.before)
    if change.after is None and not change.problem:
        return Review(removed=[entry_key(change.source_name, *key) for key in before.bodies])
    try:
        definition = _checked(change)
    except _UnusableError as error:
        return Review(findings=error.findings)
    return _compared(change, definition, before, address)


@dataclass(frozen=True, slots=True)
class _Before:
    bodies: dict[tuple[str, str], Any]
    top_level: dict[str, Any]


def _entries_before(text: str | None) -> _Before:
    """Return what was there; a definition that could not be used had no entries."""
    try:
        definition = decode(text) if text is not None else None
    except (NotJsonError, UnstorableError):
        definition = None
    if not isinstance(definition, dict) or validate_definition(definition):
        return _Before({}, {})
    return _Before({(e.layer, e.name): e.body for e in entries(definition)}, _beside_layers(definition))


def _beside_layers(definition: dict[str, Any]) -> dict[str, Any]:
    return {key: definition.get(key) for key in _TOP_LEVEL}


def _checked(change: SourceChange) -> Any:
    """Return a definition that can have jobs. Raises _UnusableError."""
    text = change.after or ""
    if change.problem:
        raise _UnusableError([Finding(change.path, 1, change.problem)])
    if not _NAME.match(change.source_name):
        raise _UnusableError([Finding(change.path, 1, "the path has letters that the name of a source may not have")])
    try:
        definition = decode(text)
    except NotJsonError as error:
        raise _UnusableError([_not_json(change.path, error)]) from error
    except UnstorableError as error:
        line = line_of(lines_of(text), error.detail.partition(":")[0])
        raise _UnusableError([Finding(change.path, line, error.detail)]) from error
    problems = validate_definition(definition)
    if problems:
        lines = lines_of(text)
        found = [Finding(change.path, line_of(lines, p.pointer), p.message, p.pointer) for p in problems]
        raise _UnusableError(found)
    return definition


def _not_json(path: str, error: NotJsonError) -> Finding:
    cause = error.__cause__
    line = cause.lineno if isinstance(cause, json.JSONDecodeError) else 1
    return Finding(path, line, f"not JSON: {error.detail}")


def _compared(change: SourceChange, definition: Any, before: _Before, address: str) -> Review:
    text = change.after or ""
    lines, here = lines_of(text), entries(definition)
    is_all = _beside_layers(definition) != before.top_level
    changed = [e for e in here if is_all or before.bodies.get((e.layer, e.name)) != e.body]
    gone = [key for key in before.bodies if key not in {(e.layer, e.name) for e in here}]
    repeats = [
        Finding(change.path, line_of(lines, p.pointer), p.message, p.pointer, WARNING)
        for p in repeated_names(definition)
    ]
    planned = DefinitionText.of(text, source_name=change.source_name, url=address)
    return Review(
        jobs=[plan_entry(planned, entry) for entry in changed],
        findings=repeats,
        removed=[entry_key(change.source_name, *key) for key in gone],
        lines={
            entry_key(change.source_name, e.layer, e.name): (change.path, line_of(lines, e.pointer)) for e in changed
        },
    )
