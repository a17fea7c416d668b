"""Columns that rules name and the data lacks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from oa_task.conform.values import Function
from oa_task.definition.task_entry import ATTRIBUTES, TaskEntry, rule_columns
from oa_task.features.batch import FeatureBatch
from oa_task.runtime.failure import TaskFailure

_ACCEPTING_ABSENCE = frozenset({"join", "first_non_empty", "map"})
_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A column that the rule at `pointer` names and that neither the data nor an earlier rule provides."""

    pointer: str
    column: str
    is_needed: bool


def check_columns(batch: FeatureBatch, entry: TaskEntry) -> list[str]:
    """Return a warning for each missing column that its rule does not need.

    Raises TaskFailure source.columns_missing for the needed ones, with the nearest names in the data.
    """
    available = set(batch.available) | set(batch.columns.columns)
    missing = missing_columns(entry, available)
    texts = [f"{name_with_nearest(item.column, available)} at {item.pointer}" for item in missing if item.is_needed]
    if texts:
        more = f" and {len(texts) - _MAX_SHOWN} more" if len(texts) > _MAX_SHOWN else ""
        raise TaskFailure("source.columns_missing", f"the data lacks {', '.join(texts[:_MAX_SHOWN])}{more}")
    return [f"the data lacks {name_with_nearest(item.column, available)}, named at {item.pointer}" for item in missing]


def missing_columns(entry: TaskEntry, available: set[str]) -> list[MissingColumn]:
    """Return the columns that the rules name and neither the data nor an earlier rule provides, in rule order."""
    known = set(available)
    missing: list[MissingColumn] = []
    for attribute, rule in entry.rules.items():
        if isinstance(rule, list | dict):
            pointer = f"{entry.pointer}/conform/{attribute}"
            missing += _missing(rule, pointer, known, native=available, target=attribute, layer=entry.layer)
            known.add(f"oa:{attribute}")
    strings = {attribute: rule for attribute, rule in entry.rules.items() if isinstance(rule, str)}
    return missing + [
        MissingColumn(f"{entry.pointer}/conform/{attribute}", column, is_needed=False)
        for attribute, column in strings.items()
        if column not in known
    ]


def _missing(
    rule: list[str] | Function, pointer: str, known: set[str], *, native: set[str], target: str, layer: str
) -> Iterator[MissingColumn]:
    """Yield the missing columns of a list or a function; add the variables of chains to `known`."""
    if isinstance(rule, list) or rule["function"] != "chain":
        is_needed = not isinstance(rule, list) and rule["function"] not in _ACCEPTING_ABSENCE
        yield from (MissingColumn(pointer, name, is_needed) for name in rule_columns(rule) if name not in known)
        return
    variable = own_variable(rule, native, layer) or target
    known.update({f"oa:{variable}", variable})
    for index, step in enumerate(rule["functions"]):
        yield from _missing(step, f"{pointer}/functions/{index}", known, native=native, target=variable, layer=layer)


def own_variable(rule: Function, native: Collection[str], layer: str) -> str | None:
    """Return the variable that passes results between the steps of a chain, None if it is missing or not allowed.

    It must be neither an attribute of the layer nor a column of the data. The comparison with the attributes ignores
    the characters o, a and : at the start of the name.
    """
    variable: str = rule.get("variable", "")
    is_attribute = variable.lstrip("oa:") in {"hash", *ATTRIBUTES[layer]}
    return None if not variable or is_attribute or variable in native else variable


def name_with_nearest(column: str, available: set[str]) -> str:
    """Return the name of a missing column with the most similar available one."""
    nearest = get_close_matches(column, available, n=1)
    return f"{column!r} (nearest: {nearest[0]!r})" if nearest else repr(column)
