"""Review of a changed definition: the entries that get jobs, problems with their lines, removed entries."""

import json
import re
from dataclasses import dataclass, field
from typing import TypedDict

from oa_api.http.safe_json import NotJsonError, UnstorableError, decode
from oa_api.jobs.planning import DefinitionText, PlannedJob, plan_entry
from oa_api.pull_requests.changed_sources import SourceChange
from oa_shared.json_positions import find_lines
from oa_shared.json_types import JsonObject
from oa_shared.large_bodies import TooManyValuesError
from oa_shared.source_definition import MAX_VALUES, entries, repeated_names, validate_definition

# What is kept of a pull request with more: its check and its comment show the first hundred.
MAX_FINDINGS, MAX_REMOVED = 300, 1000
FAILURE, WARNING = "failure", "warning"
_NAME = re.compile(r"(?!\.)[\w.-]+(/(?!\.)[\w.-]+){0,9}\Z")
# Keys next to `layers` that apply to every entry.
_TOP_LEVEL = ("schema", "coverage")


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in a file; `line` counts from 1, `pointer` is a JSON pointer."""

    path: str
    line: int
    message: str
    pointer: str = ""
    level: str = FAILURE


class FindingJson(TypedDict):
    """A finding as the database stores it."""

    path: str
    line: int
    message: str
    pointer: str
    level: str


class ReviewJson(TypedDict):
    """A review as the database stores it; each value of `lines` is a path and a line."""

    problems: list[FindingJson]
    removed: list[str]
    lines: dict[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Review:
    """The result of reviewing changed definitions. `lines` is the path and line of each entry, by `entry_key`."""

    jobs: list[PlannedJob] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    lines: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, other: "Review") -> None:
        """Add the review of another definition; of findings and removed entries, the first ones."""
        self.jobs.extend(other.jobs)
        self.findings.extend(other.findings[: MAX_FINDINGS - len(self.findings)])
        self.removed.extend(other.removed[: MAX_REMOVED - len(self.removed)])
        self.lines.update(other.lines)

    def as_json(self) -> ReviewJson:
        """Return the review as the database stores it, without its jobs."""
        problems = [
            FindingJson(path=item.path, line=item.line, message=item.message, pointer=item.pointer, level=item.level)
            for item in self.findings
        ]
        return ReviewJson(problems=problems, removed=self.removed, lines=self.lines)


class _UnusableError(Exception):
    """A definition that gets no jobs, for the reasons in `findings`."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("the definition is invalid")
        self.findings = findings


def entry_key(source_name: str, layer: str, name: str) -> str:
    """Return the name of an entry in lists."""
    return f"{source_name}/{layer}/{name}"


def review(change: SourceChange, *, url: str) -> Review:
    """Compare a definition with its previous version; only entries whose JSON differs get jobs.

    A change next to the layers (`schema`, `coverage`) applies to every entry; layout and the order of keys are ignored.
    `url` is the page of the definition.
    """
    before = _entries_before(change.before)
    if change.after is None and not change.problem:
        return Review(removed=[entry_key(change.source_name, *key) for key in before.bodies])
    try:
        definition = _validated_definition(change)
    except _UnusableError as error:
        return Review(findings=error.findings)
    return _compare(change, definition, before, url)


@dataclass(frozen=True, slots=True)
class _PreviousEntries:
    """The JSON of each entry by layer and name, and the values next to the layers."""

    bodies: dict[tuple[str, str], JsonObject]
    top_level: JsonObject


def _entries_before(text: str | None) -> _PreviousEntries:
    """Return the previous entries; an invalid definition has none."""
    try:
        definition = decode(text, max_values=MAX_VALUES) if text is not None else None
    except (NotJsonError, TooManyValuesError, UnstorableError):
        definition = None
    if not isinstance(definition, dict) or validate_definition(definition):
        return _PreviousEntries({}, {})
    return _PreviousEntries({(e.layer, e.name): e.body for e in entries(definition)}, _top_level(definition))


def _top_level(definition: JsonObject) -> JsonObject:
    return {key: definition.get(key) for key in _TOP_LEVEL}


def _validated_definition(change: SourceChange) -> JsonObject:
    """Return the decoded new definition. Raises _UnusableError."""
    text = change.after or ""
    if change.problem:
        raise _UnusableError([Finding(change.path, 1, change.problem)])
    if not _NAME.match(change.source_name):
        raise _UnusableError([Finding(change.path, 1, "the path has characters that the name of a source cannot have")])
    try:
        definition = decode(text, max_values=MAX_VALUES)
    except NotJsonError as error:
        raise _UnusableError([_not_json(change.path, error)]) from error
    except TooManyValuesError as error:
        raise _UnusableError([Finding(change.path, 1, error.detail)]) from error
    except UnstorableError as error:
        pointer = error.detail.partition(":")[0]
        line = find_lines(text, [pointer])[pointer] if pointer.startswith("/") else 1
        raise _UnusableError([Finding(change.path, line, error.detail)]) from error
    problems = validate_definition(definition)
    if problems or not isinstance(definition, dict):
        lines = find_lines(text, [problem.pointer for problem in problems])
        raise _UnusableError([Finding(change.path, lines[p.pointer], p.message, p.pointer) for p in problems])
    return definition


def _not_json(path: str, error: NotJsonError) -> Finding:
    cause = error.__cause__
    line = cause.lineno if isinstance(cause, json.JSONDecodeError) else 1
    return Finding(path, line, f"not JSON: {error.detail}")


def _compare(change: SourceChange, definition: JsonObject, before: _PreviousEntries, url: str) -> Review:
    text = change.after or ""
    new_entries, repeats = entries(definition), repeated_names(definition)
    all_changed = _top_level(definition) != before.top_level
    changed = [e for e in new_entries if all_changed or before.bodies.get((e.layer, e.name)) != e.body]
    kept = {(e.layer, e.name) for e in new_entries}
    lines = find_lines(text, [*(problem.pointer for problem in repeats), *(entry.pointer for entry in changed)])
    planned = DefinitionText.of(text, source_name=change.source_name, url=url)
    return Review(
        jobs=[plan_entry(planned, entry) for entry in changed],
        findings=[Finding(change.path, lines[p.pointer], p.message, p.pointer, WARNING) for p in repeats],
        removed=[entry_key(change.source_name, *key) for key in before.bodies if key not in kept],
        lines={entry_key(change.source_name, e.layer, e.name): (change.path, lines[e.pointer]) for e in changed},
    )
