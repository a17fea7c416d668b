"""The findings of a sample run, for the page of a trial: rows, attributes and columns with shares of filled values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oa_shared.json_types import JsonMapping, JsonObject

_SHOWN_ROWS, _MAX_COLUMNS, _EXAMPLES = 12, 300, 3
_NOTABLE_LOSS, _DECIMALS = 0.1, 6


@dataclass(frozen=True, slots=True)
class AttributeFill:
    """The share of features with an attribute: in the sample, and in the published data, None if it is unknown."""

    name: str
    columns: list[str]
    filled: float
    published: float | None

    @property
    def is_lost(self) -> bool:
        """Return whether the attribute is filled notably less than in the published data."""
        return self.published is not None and round(self.published - self.filled, _DECIMALS) >= _NOTABLE_LOSS


@dataclass(frozen=True, slots=True)
class ColumnFill:
    """A column of the source: its share of values, its number of distinct values, some of them, who reads it."""

    name: str
    filled: float
    distinct: int
    examples: list[str]
    attributes: list[str]


@dataclass(frozen=True, slots=True)
class ConformedRow:
    """A feature: its values by attribute, and its row of the source."""

    number: object
    values: dict[str, object]
    raw: JsonMapping
    geometry: object


@dataclass(frozen=True, slots=True)
class SampleView:
    """The sample; `attributes` are in the order of the output."""

    count: int
    rows: list[ConformedRow]
    attributes: list[AttributeFill]
    columns: list[ColumnFill]

    @property
    def filled_attributes(self) -> list[str]:
        """Return the attributes that any of the rows has, for the table of rows."""
        return [attribute.name for attribute in self.attributes if attribute.filled]


def read_rows(sample: object) -> list[JsonObject]:
    """Return the rows of `sample.json`; none of a file that is not one."""
    rows = sample.get("rows") if isinstance(sample, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def view_sample(rows: Sequence[JsonMapping], published: JsonMapping | None) -> SampleView:
    """Return the view of sample rows, compared with the result that is published, if any."""
    return SampleView(
        count=len(rows),
        rows=[_row(row) for row in rows[:_SHOWN_ROWS]],
        attributes=list(_attributes(rows, published or {})),
        columns=list(_columns(rows))[:_MAX_COLUMNS],
    )


def _row(row: JsonMapping) -> ConformedRow:
    values = {str(trace.get("attribute")): trace.get("value") for trace in _traces(row)}
    return ConformedRow(row.get("row"), values, _raw(row), row.get("geometry"))


def _attributes(rows: Sequence[JsonMapping], published: JsonMapping) -> Iterator[AttributeFill]:
    filled: dict[str, int] = {}
    columns: dict[str, dict[str, None]] = {}
    for row in rows:
        for trace in _traces(row):
            name = str(trace.get("attribute"))
            filled[name] = filled.get(name, 0) + (trace.get("value") not in (None, "", []))
            columns.setdefault(name, {}).update(dict.fromkeys(_read_columns(trace.get("step"))))
    former = published_shares(published)
    for name in dict.fromkeys([*filled, *former]):
        share = filled.get(name, 0) / len(rows) if rows else 0.0
        if share or former.get(name) or columns.get(name):
            yield AttributeFill(name, list(columns.get(name, {})), share, former.get(name, 0.0 if former else None))


def published_shares(published: JsonMapping) -> dict[str, float]:
    """Return the share of published features that have each attribute."""
    count, fields = published.get("count"), published.get("fields")
    if not isinstance(count, int) or not count or not isinstance(fields, dict):
        return {}
    return {str(name): value / count for name, value in fields.items() if isinstance(value, int)}


def _columns(rows: Sequence[JsonMapping]) -> Iterator[ColumnFill]:
    values: dict[str, list[str]] = {}
    for row in rows:
        for name, value in _raw(row).items():
            known = values.setdefault(str(name), [])
            if value not in (None, ""):
                known.append(str(value))
    readers = _readers(rows)
    for name, known in values.items():
        distinct = list(dict.fromkeys(known))
        filled = len(known) / len(rows)
        yield ColumnFill(name, filled, len(distinct), distinct[:_EXAMPLES], readers.get(name, []))


def _readers(rows: Sequence[JsonMapping]) -> Mapping[str, list[str]]:
    """Return the attributes whose rules read each column."""
    readers: dict[str, list[str]] = {}
    for trace in _traces(rows[0]) if rows else ():
        for column in _read_columns(trace.get("step")):
            readers.setdefault(column, []).append(str(trace.get("attribute")))
    return readers


def _read_columns(step: object) -> Iterator[str]:
    """Yield the columns that a rule reads, with those of its steps; the depth is bounded as that of definitions is."""
    if not isinstance(step, dict):
        return
    columns, steps = step.get("read"), step.get("steps")
    yield from (str(name) for name in columns) if isinstance(columns, dict) else ()
    for inner in steps if isinstance(steps, list) else ():
        yield from _read_columns(inner)


def _raw(row: JsonMapping) -> JsonMapping:
    raw = row.get("raw")
    return raw if isinstance(raw, dict) else {}


def _traces(row: JsonMapping) -> list[JsonObject]:
    attributes = row.get("attributes")
    return [trace for trace in attributes if isinstance(trace, dict)] if isinstance(attributes, list) else []
