"""The counts of the first rows as lines on a terminal."""

from collections.abc import Callable, Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oa_shared.json_types import JsonMapping
from oa_shared.json_values import json_integer, json_object
from oa_task.row_preview.views import longest_text, shorten

_MAX_REASONS = 10


def show_summary(
    console: Console, summary: JsonMapping, *, elapsed_s: float, name_places: Callable[[str], str]
) -> None:
    """Print what became of the rows: read, written and rejected, filled attributes, validity, place and time.

    `name_places` writes the places in a reason as text.
    """
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, text in _lines(summary, longest_text(console), name_places):
        table.add_row(name, Text(text))
    table.add_row("time", f"{elapsed_s:.1f} s")
    console.print(table)


def _lines(summary: JsonMapping, longest: int | None, name_places: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    rows, count = json_object(summary["rows"]), json_integer(summary["count"])
    yield "rows", f"{json_integer(rows['read']):,} read, {count:,} written"
    for reason, report in list(json_object(rows["bad"]).items())[:_MAX_REASONS]:
        yield "bad rows", _describe_bad(name_places(reason), json_object(report), longest)
    for reason, number in _counts(rows["left_out"]).items():
        yield "left out", f"{number:,}: {reason}"
    shares = (f"{name} {number / max(count, 1):.0%}" for name, number in _counts(summary["fields"]).items())
    yield "filled", ", ".join(shares) or "no attributes"
    invalid = [f"{number:,} {rule}" for rule, number in _counts(summary["invalid"]).items() if number]
    reasons = f" (not valid: {', '.join(invalid)})" if invalid else ""
    yield "valid", f"{json_integer(summary['valid']):,} of {count:,}{reasons}"
    yield "place", _describe_place(summary)


def _describe_bad(reason: str, report: JsonMapping, longest: int | None) -> str:
    examples = report["examples"]
    first = json_object(examples[0]) if isinstance(examples, list) and examples else {}
    value = f" has {shorten(repr(first['value']), longest)}" if first.get("value") else ""
    example = f" (row {first['row']}{value})" if first else ""
    return f"{json_integer(report['count']):,}: {shorten(reason, None)}{example}"


def _describe_place(summary: JsonMapping) -> str:
    bounds, coverage = summary["bounds"], json_object(summary["placement"]).get("coverage")
    if not isinstance(bounds, list):
        return "no feature has a geometry"
    sides = ", ".join(f"{float(side):.5f}" for side in bounds)
    return f"{sides} (west, south, east, north); coverage: {coverage or 'not stated'}"


def _counts(value: object) -> Mapping[str, int]:
    return {name: json_integer(number) for name, number in json_object(value).items()}
