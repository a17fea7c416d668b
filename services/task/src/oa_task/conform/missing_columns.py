"""Columns that rules name and the data has not."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from oa_task.definition.source_entry import ATTRIBUTES, SourceEntry, rule_columns
from oa_task.features.batch import FeatureBatch
from oa_task.runtime.failure import TaskFailure

_FORGIVING = frozenset({"join", "first_non_empty", "map"})
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A column that a rule at `pointer` names and that neither the data nor an earlier rule has."""

    pointer: str
    column: str
    is_needed: bool


def check_columns(batch: FeatureBatch, entry: SourceEntry) -> list[str]:
    """Return a warning for each column that is missing and that its rule can do without.

    Raises TaskFailure source.columns_missing for the others, with the nearest names that are there.
    """
    there = set(batch.available) | set(batch.columns.columns)
    missing = missing_columns(entry, there)
    texts = [f"{name_with_nearest(found.column, there)} at {found.pointer}" for found in missing if found.is_needed]
    if texts:
        more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
        raise TaskFailure("source.columns_missing", f"the data lacks {', '.join(texts[:_SHOWN])}{more}")
    return [f"the data lacks {name_with_nearest(found.column, there)}, named at {found.pointer}" for found in missing]


def missing_columns(entry: SourceEntry, there: set[str]) -> list[MissingColumn]:
    """Return what the rules of an entry name and neither the data nor an earlier rule has, in their order."""
    known = set(there)
    found: list[MissingColumn] = []
    for attribute, rule in entry.rules.items():
        if isinstance(rule, list | dict):
            pointer = f"{entry.pointer}/conform/{attribute}"
            found += _missing(rule, pointer, known, native=there, target=attribute, layer=entry.layer)
            known.add(f"oa:{attribute}")
    strings = {attribute: rule for attribute, rule in entry.rules.items() if isinstance(rule, str)}
    return found + [
        MissingColumn(f"{entry.pointer}/conform/{attribute}", column, is_needed=False)
        for attribute, column in strings.items()
        if column not in known
    ]


def _missing(
    rule: Any, pointer: str, known: set[str], *, native: set[str], target: str, layer: str
) -> Iterator[MissingColumn]:
    """Yield the missing columns of a list or a function, adding to the known ones those that a chain makes."""
    if isinstance(rule, list) or rule["function"] != "chain":
        is_needed = isinstance(rule, dict) and rule["function"] not in _FORGIVING
        yield from (MissingColumn(pointer, name, is_needed) for name in rule_columns(rule) if name not in known)
        return
    variable = own_variable(rule, native, layer) or target
    known.update({f"oa:{variable}", variable})
    for place, step in enumerate(rule["functions"]):
        yield from _missing(step, f"{pointer}/functions/{place}", known, native=native, target=variable, layer=layer)


def own_variable(rule: Mapping[str, Any], native: Collection[str], layer: str) -> str | None:
    """Return the variable by which the steps of a chain hand on what they make, None if it cannot be used.

    It must be neither an attribute of the layer nor a column of the data. The characters o, a and : at the start of a
    name do not count when it is compared with the attributes.
    """
    variable: str = rule.get("variable", "")
    is_attribute = variable.lstrip("oa:") in {"hash", *ATTRIBUTES[layer]}
    return None if not variable or is_attribute or variable in native else variable


def name_with_nearest(column: str, there: set[str]) -> str:
    """Return the name of a column that is missing, with the most similar one that is there."""
    near = get_close_matches(column, there, n=1)
    return f"{column!r} (nearest: {near[0]!r})" if near else repr(column)
