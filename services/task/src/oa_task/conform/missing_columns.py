"""Columns that a definition names and the data lacks."""

from collections.abc import Collection
from dataclasses import replace

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_task.conform.rule_walk import MissingColumn, RuleWalk
from oa_task.definition.nearest_column import name_with_nearest, sure_column
from oa_task.definition.task_entry import IDENTIFYING, TaskEntry
from oa_task.runtime.failure import TaskFailure

_MAX_SHOWN = 20


def check_columns(available: Collection[str], entry: TaskEntry) -> list[str]:
    """Return a warning for each missing column that its rule does not need, with the nearest name in the data.

    Raises TaskFailure source.columns_missing for the needed ones.
    """
    missing = missing_columns(entry, available)
    needed = [item for item in missing if item.is_needed]
    if needed:
        texts = [f"{name_with_nearest(item.column, available)} at {item.pointer}" for item in needed[:_MAX_SHOWN]]
        message = f"the data lacks {', '.join(texts)}{_more(len(needed))}"
        places = [_place(item, available, entry) for item in needed[:_MAX_SHOWN]]
        raise TaskFailure("source.columns_missing", message, places=places)
    warnings = [
        f"the data lacks {name_with_nearest(item.column, available)}, named at {item.pointer}"
        for item in missing[:_MAX_SHOWN]
    ]
    if len(missing) > _MAX_SHOWN:
        warnings.append(f"the data lacks more columns that rules name:{_more(len(missing))}")
    return warnings


def _place(missing: MissingColumn, available: Collection[str], entry: TaskEntry) -> FaultyPlace:
    nearest = sure_column(missing.column, available)
    fix = Fix(FixAction.REPLACE, nearest, missing.column) if nearest is not None else None
    return FaultyPlace(missing.pointer.removeprefix(entry.pointer), fix)


def missing_columns(entry: TaskEntry, available: Collection[str]) -> list[MissingColumn]:
    """Return the columns that the rules name and neither the data nor an earlier rule provides, in rule order.

    The columns of coordinates come last, for ArcGIS servers only: the reader of CSV fails without them.
    """
    walk = RuleWalk(entry.layer, available)
    functions = {attribute: rule for attribute, rule in entry.rules.items() if isinstance(rule, list | dict)}
    others = {attribute: rule for attribute, rule in entry.rules.items() if attribute not in functions}
    missing: list[MissingColumn] = []
    for attribute, rule in [*functions.items(), *others.items()]:
        walk.missing = []
        may_fill = walk.visit(rule, f"{entry.pointer}/conform/{attribute}", attribute)
        is_lost = attribute in IDENTIFYING[entry.layer] and not may_fill
        missing += [replace(item, is_needed=True) for item in walk.missing] if is_lost else walk.missing
        if attribute in functions:
            walk.store(f"oa:{attribute}", may_fill=may_fill)
    return [*missing, *_missing_coordinates(entry, available)]


def _missing_coordinates(entry: TaskEntry, available: Collection[str]) -> list[MissingColumn]:
    named = {option: entry.conform.get(option) for option in ("lon", "lat")} if entry.is_esri else {}
    return [
        MissingColumn(f"{entry.pointer}/conform/{option}", column, is_needed=False)
        for option, column in named.items()
        if isinstance(column, str) and column not in available
    ]


def _more(count: int) -> str:
    return f" and {count - _MAX_SHOWN} more" if count > _MAX_SHOWN else ""
