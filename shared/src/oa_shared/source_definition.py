"""Source definitions, schema 2: what a volunteer may write, and the (layer, name) entries in it.

The rules live in `source_definition.schema.json`; it takes every definition that the engine can read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import jsonschema_rs

from oa_shared.scheduling import Tier, tier_of
from oa_shared.status import LAYERS

SCHEMA_VERSION = 2
MAX_PROBLEMS = 20
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a definition and where: `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One (layer, name) of a definition, with the JSON pointer of its place."""

    layer: str
    name: str
    pointer: str
    tier: Tier
    body: dict[str, Any]


def validate_definition(definition: Any) -> list[Problem]:
    """Return what is wrong with a decoded definition; an empty list when nothing is."""
    if not isinstance(definition, dict):
        return [Problem("", "a source definition is a JSON object")]
    if _depth(definition) > MAX_DEPTH:
        return [Problem("", f"nested more than {MAX_DEPTH} levels deep")]
    version = definition.get("schema")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        return [Problem("/schema", f"schema {version!r} is not supported: use schema {SCHEMA_VERSION}")]
    if _fast_validator().is_valid(definition):
        return []
    from oa_shared.schema_violations import violations  # noqa: PLC0415 - slow to load and seldom needed

    return [Problem(pointer, message) for pointer, message in violations(definition, _rules(), most=MAX_PROBLEMS)]


def prepare_validation() -> None:
    """Load now what the first validations would load: a service does it before its first request."""
    _fast_validator()
    import_module("oa_shared.schema_violations")


def repeated_names(definition: dict[str, Any]) -> list[Problem]:
    """Return the entries whose name an earlier entry of the same layer has: only the first one can have a job."""
    problems: list[Problem] = []
    for layer in _layers(definition):
        first: dict[str, int] = {}
        for place, body in enumerate(definition["layers"][layer]):
            name = body["name"]
            if name in first:
                text = f"the name {name!r} repeats that of /layers/{layer}/{first[name]}: give it a name of its own"
                problems.append(Problem(f"/layers/{layer}/{place}/name", text))
            first.setdefault(name, place)
    return problems


def entries(definition: dict[str, Any]) -> list[Entry]:
    """Return the entries of a valid definition in order, the first one of each (layer, name)."""
    found: dict[tuple[str, str], Entry] = {}
    for layer in _layers(definition):
        for place, body in enumerate(definition["layers"][layer]):
            entry = Entry(layer, body["name"], f"/layers/{layer}/{place}", _tier(body), body)
            found.setdefault((layer, entry.name), entry)
    return list(found.values())


def _layers(definition: dict[str, Any]) -> Iterator[str]:
    return (layer for layer in LAYERS if layer in definition.get("layers", {}))


def _tier(body: dict[str, Any]) -> Tier:
    return tier_of((body.get("conform") or {}).get("size"))


@cache
def _rules() -> Any:
    return json.loads(files("oa_shared").joinpath("source_definition.schema.json").read_text(encoding="utf-8"))


@cache
def _fast_validator() -> jsonschema_rs.Draft202012Validator:
    """Return the one that only says yes or no: a request may bring thousands of definitions, nearly all good."""
    return jsonschema_rs.Draft202012Validator(_rules())


def _depth(value: Any) -> int:
    """Count levels without recursion: a hostile definition may nest deeper than the stack."""
    deepest, level = 0, [value]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [item for node in level for item in _children(node)]
    return deepest


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
