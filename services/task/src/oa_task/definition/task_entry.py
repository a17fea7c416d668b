"""One entry of a source definition, in the form that the engine uses."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NotRequired, TypedDict

from oa_shared.failure_details import FaultyPlace
from oa_shared.json_faults import describe_json_fault
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.json_values import json_object
from oa_shared.layer_attributes import LAYER_ATTRIBUTES
from oa_shared.licenses import stated_license
from oa_shared.postgres_json import why_not_storable
from oa_shared.source_definition import entries, validate_definition
from oa_task.runtime.failure import TaskFailure

ATTRIBUTES = LAYER_ATTRIBUTES
IDENTIFYING: Mapping[str, frozenset[str]] = {
    "addresses": frozenset({"number", "street"}),
    "buildings": frozenset(),
    "parcels": frozenset({"pid"}),
    "centerlines": frozenset({"name"}),
}
"""The attributes that identify a feature of a layer. A source need not have a rule for each."""
MEASURES = frozenset({"height", "levels", "speed", "accuracy"})
"""The attributes whose values are measured or counted: a whole number keeps the decimals of its column."""
Rule = str | int | list[str] | JsonMapping
"""A column, a number, columns to join, or a function."""


class AcceptanceTest(TypedDict):
    """A test in a definition: a row's values by column, and the expected values by attribute."""

    description: NotRequired[str]
    inputs: JsonObject
    expected: JsonObject


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """A (layer, name) of a definition.

    `rules` are those of the layer's attributes, in the definition's order; `pointer` is the JSON pointer of the entry.
    `license` has what a credit needs of the entry; `coverage` is that of the definition.
    """

    layer: str
    name: str
    urls: tuple[str, ...]
    protocol: str
    compression: str | None
    conform: JsonObject
    rules: Mapping[str, Rule]
    tests: list[AcceptanceTest] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    license: object = None
    year: object = None
    coverage: JsonMapping = field(default_factory=dict)
    pointer: str = ""

    @property
    def format(self) -> str:
        """Return the format of the data."""
        return str(self.conform["format"])

    @property
    def is_esri(self) -> bool:
        """Return whether the data comes page by page from an ArcGIS server."""
        return self.protocol.casefold() == "esri"

    @property
    def has_schema(self) -> bool:
        """Return whether the data lists its columns; features of GeoJSON have their own properties."""
        return self.is_esri or self.format != "geojson"


class NotJsonFailure(TaskFailure):
    """A definition is not JSON: `position` is the line and the column of its `fault`, from 1; empty if unknown."""

    def __init__(self, path: Path, error: ValueError | RecursionError) -> None:
        super().__init__("source.schema", f"{path.name} is not JSON: {describe_json_fault(error)}")
        self.position = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else ()
        self.fault = describe_json_fault(error, with_place=False)


def read_definition(path: Path) -> JsonObject:
    """Return a validated definition. Raises TaskFailure source.schema with JSON pointers."""
    try:
        definition: JsonObject = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotJsonFailure(path, error) from error
    problems = validate_definition(definition)
    if problems:
        text = "; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in problems)
        raise TaskFailure("source.schema", text)
    return definition


def select_entry(definition: JsonObject, layer: str, name: str) -> TaskEntry:
    """Return the first entry with that layer and name. Raises TaskFailure source.schema or source.skip."""
    by_name = {(entry.layer, entry.name): entry for entry in entries(definition)}
    if (layer, name) not in by_name:
        existing = ", ".join("/".join(key) for key in by_name) or "no entries"
        raise TaskFailure("source.schema", f"missing entry {layer}/{name}; the definition has {existing}")
    reason = why_not_storable(definition)
    if reason:
        raise TaskFailure("source.schema", f"the definition has a text or number that is not valid in JSON: {reason}")
    entry = by_name[layer, name]
    body = entry.body
    if body.get("skip"):
        raise TaskFailure("source.skip", f"{entry.pointer}/skip is set", places=[FaultyPlace("/skip")])
    conform = body.get("conform")
    if not conform or "format" not in conform:
        text = f"{entry.pointer}: missing `conform` with a `format`"
        raise TaskFailure("source.schema", text, places=[FaultyPlace("/conform")])
    test = body.get("test") or {}
    data = body["data"]
    return TaskEntry(
        layer=layer,
        name=name,
        urls=(data,) if isinstance(data, str) else tuple(data),
        protocol=body["protocol"],
        compression=body.get("compression"),
        conform=conform,
        rules={key: conform[key] for key in conform if key in ATTRIBUTES[layer]},
        tests=test.get("acceptance-tests", []) if test.get("enabled", True) else [],
        headers=(body.get("request") or {}).get("headers", {}),
        license=stated_license(body),
        year=body.get("year"),
        coverage=json_object(definition.get("coverage")),
        pointer=entry.pointer,
    )


def rule_columns(rule: object) -> Iterator[str]:
    """Yield the columns that a rule reads."""
    if isinstance(rule, str):
        yield rule
    elif isinstance(rule, list):
        yield from rule
    elif isinstance(rule, Mapping):
        yield from (rule[key] for key in ("field", "field_to_remove") if key in rule)
        yield from rule.get("fields", [])
        for step in rule.get("functions", []):
            yield from rule_columns(step)


def needed_columns(entry: TaskEntry) -> set[str]:
    """Return the columns that an entry's rules and coordinates read."""
    columns = {column for rule in entry.rules.values() for column in rule_columns(rule)}
    coordinates = (entry.conform.get(key) for key in ("lat", "lon"))
    return columns | {name for name in coordinates if isinstance(name, str)}
