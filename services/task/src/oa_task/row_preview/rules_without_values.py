"""Rules that read values and give none: most often an expression that matches nothing."""

from collections.abc import Iterator, Sequence

from oa_shared.value_text import quote_value
from oa_task.conversion.preview_row import PreviewRow, TraceStep


def describe_rules_without_values(rows: Sequence[PreviewRow]) -> list[str]:
    """Return a text for each attribute whose rule read a value in some of these rows and gave one in none of them."""
    steps: dict[str, TraceStep] = {}
    filled: set[str] = set()
    for row in rows:
        for trace in row["attributes"]:
            step = trace["step"]
            if trace["value"] not in {None, ""}:
                filled.add(trace["attribute"])
            elif step is not None and any(_values_read(step)):
                steps.setdefault(trace["attribute"], step)
    return [_describe(name, step) for name, step in steps.items() if name not in filled]


def _describe(attribute: str, step: TraceStep) -> str:
    column, value = next(_values_read(step))
    example = f"for example for {quote_value(value)} of the column {column!r}"
    return f"no feature shown has `{attribute}`: {step['pointer']} gives no value, {example}"


def _values_read(step: TraceStep) -> Iterator[tuple[str, str]]:
    """Yield the columns that a step and the steps inside it read, with their values, without empty ones."""
    yield from ((column, value) for column, value in step["read"].items() if value)
    for inner in step["steps"]:
        yield from _values_read(inner)
