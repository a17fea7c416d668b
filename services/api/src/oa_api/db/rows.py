"""From rows of the driver to typed values, and from typed values to the parameters of a statement."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import TypeVar, cast

_Value = TypeVar("_Value")


def make_row(into: type[_Value], row: Mapping[str, object]) -> _Value:
    """Return a row as an instance of a dataclass with a field for each column, or its only column as a plain value.

    tests/integration/test_query_columns.py holds the columns of every statement against its class.
    """
    if is_dataclass(into):
        return into(**row)
    (value,) = row.values()
    return cast("_Value", value)


def make_rows(into: type[_Value], rows: Iterable[Mapping[str, object]]) -> list[_Value]:
    """Return rows as `make_row` returns each."""
    return [make_row(into, row) for row in rows]


def as_parameters(value: object) -> dict[str, object]:
    """Return the fields of a dataclass by name, as the parameters of a statement; nested values are unchanged."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is not a dataclass")
    return {field.name: getattr(value, field.name) for field in fields(value)}
