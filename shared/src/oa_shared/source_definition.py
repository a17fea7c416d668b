"""Source definitions of schema 2: their validation and their (layer, name) entries.

`source_definition.schema.json` has the rules; it accepts every definition that the engine can read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import jsonschema_rs

from oa_shared.failure_details import FaultyPlace, bound_places
from oa_shared.json_types import JsonObject
from oa_shared.scheduling import Tier, tier_of
from oa_shared.status import LAYERS

SCHEMA_VERSION = 2
MAX_PROBLEMS = 20
MAX_DEPTH = 64
# A definition takes a job for each entry, and memory for each value, far more than its text.
MAX_ENTRIES = 500
MAX_VALUES = 200_000
MAX_KEY = 500
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class DefinitionProblem:
    """A problem of a definition; `pointer` is a JSON pointer (RFC 6901) to its place."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class DefinitionEntry:
    """A (layer, name) entry of a definition; `pointer` is the JSON pointer to it."""

    layer: str
    name: str
    pointer: str
    tier: Tier
    body: dict[str, Any]


def validate_definition(definition: object) -> list[DefinitionProblem]:
    """Return the problems of a decoded definition, at most 20; an empty list if it is valid."""
    if not isinstance(definition, dict):
        return [DefinitionProblem("", "a source definition is a JSON object")]
    if excess := _find_excess(definition):
        return [DefinitionProblem("", excess)]
    version = definition.get("schema")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        given = repr(version)[:_SHOWN]
        return [DefinitionProblem("/schema", f"schema {given} is not supported: use schema {SCHEMA_VERSION}")]
    if _has_half_character(definition):
        return [
            DefinitionProblem("", "a text contains half of a character, such as \\ud800: write the character itself")
        ]
    if _fast_validator().is_valid(definition):
        return []
    from oa_shared.schema_violations import violations  # noqa: PLC0415 - slow to load and rarely needed

    return [
        DefinitionProblem(pointer, message) for pointer, message in violations(definition, _rules(), most=MAX_PROBLEMS)
    ]


def _has_half_character(definition: JsonObject) -> bool:
    """Return whether a text or key has a lone surrogate, which no encoding has and the validator does not take."""
    try:
        json.dumps(definition, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def fix_definition(definition: object) -> list[FaultyPlace]:
    """Return the places of the problems of a definition that is not valid, with a fix where one is sure."""
    if not isinstance(definition, dict) or _find_excess(definition) or _has_half_character(definition):
        return []
    if _fast_validator().is_valid(definition):
        return []
    from oa_shared.schema_violations import sure_fixes  # noqa: PLC0415 - slow to load and rarely needed

    return bound_places(sure_fixes(definition, _rules(), most=MAX_PROBLEMS))


def prepare_validation() -> None:
    """Load the validators, so that the first request of a service does not wait for them."""
    _fast_validator()
    import_module("oa_shared.schema_violations")


def repeated_names(definition: dict[str, Any]) -> list[DefinitionProblem]:
    """Return a problem for each entry whose layer has an earlier entry with its name; only the first gets a job."""
    problems: list[DefinitionProblem] = []
    for layer in _layers(definition):
        first: dict[str, int] = {}
        for index, body in enumerate(definition["layers"][layer]):
            name = body["name"]
            if name in first:
                text = f"duplicate name {name!r}: /layers/{layer}/{first[name]} has it already; use another name"
                problems.append(DefinitionProblem(f"/layers/{layer}/{index}/name", text))
            first.setdefault(name, index)
    return problems


def entries(definition: dict[str, Any]) -> list[DefinitionEntry]:
    """Return the entries of a valid definition in order; of several with the same layer and name, the first."""
    by_name: dict[tuple[str, str], DefinitionEntry] = {}
    for layer in _layers(definition):
        for index, body in enumerate(definition["layers"][layer]):
            entry = DefinitionEntry(layer, body["name"], f"/layers/{layer}/{index}", _tier(body), body)
            by_name.setdefault((layer, entry.name), entry)
    return list(by_name.values())


def _layers(definition: dict[str, Any]) -> Iterator[str]:
    return (layer for layer in LAYERS if layer in definition.get("layers", {}))


def _tier(body: dict[str, Any]) -> Tier:
    return tier_of((body.get("conform") or {}).get("size"))


@cache
def _rules() -> JsonObject:
    text = files("oa_shared").joinpath("source_definition.schema.json").read_text(encoding="utf-8")
    rules: JsonObject = json.loads(text)
    return rules


@cache
def _fast_validator() -> jsonschema_rs.Draft202012Validator:
    """Return the validator that only accepts or rejects: a request may hold thousands of definitions, mostly valid."""
    return jsonschema_rs.Draft202012Validator(_rules())


def _find_excess(definition: dict[str, Any]) -> str | None:
    """Return which limit a definition exceeds, if any, without recursion: it may nest deeper than the stack."""
    depth, values = 0, 0
    level: list[object] = [definition]
    while level:
        depth, values = depth + 1, values + len(level)
        if depth > MAX_DEPTH:
            return f"nested more than {MAX_DEPTH} levels deep"
        if values > MAX_VALUES:
            return f"more than {MAX_VALUES:,} values"
        children: list[object] = []
        for node in level:
            # Not isinstance: a request has 5,000 definitions of a hundred values each, and JSON has no subclasses.
            if type(node) is dict:
                if any(map(_is_long_key, node)):
                    return f"a key has more than {MAX_KEY} characters"
                children += node.values()
            elif type(node) is list:
                children += node
        level = children
    return _find_too_many_entries(definition.get("layers"))


def _find_too_many_entries(layers: object) -> str | None:
    lists = [value for value in layers.values() if isinstance(value, list)] if isinstance(layers, dict) else []
    count = sum(map(len, lists))
    return f"{count:,} entries, limit {MAX_ENTRIES}: split the definition" if count > MAX_ENTRIES else None


def _is_long_key(key: str) -> bool:
    return len(key) > MAX_KEY
