"""The result of a comparison as a table, and as a page that needs no server."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

from rich.table import Table

from oa_cli.output import table
from oa_cli.shadow.comparison import DatasetComparison, SideResult, Verdict
from oa_cli.shadow.sides import DatasetKey
from oa_shared.value_text import plural

_COLUMNS = ("source", "layer", "name", "verdict", "differences", "theirs", "ours", "shared", "nearer", "reason")
_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}"
)


def summary_line(comparisons: Sequence[DatasetComparison]) -> str:
    """Return the number of datasets with each verdict, and of those that differ by the nearer side."""
    verdicts = Counter(item.verdict for item in comparisons)
    nearer = Counter(item.nearer for item in comparisons if item.verdict is Verdict.DIFFERS)
    parts = [f"{verdicts[verdict]:,} {verdict}" for verdict in reversed(Verdict) if verdicts[verdict]]
    sides = [f"{side} {count:,}" for side, count in sorted(nearer.items())]
    text = f"{plural(len(comparisons), 'dataset')}: {', '.join(parts) or 'none'}"
    return f"{text}; nearer to the source where they differ: {', '.join(sides)}" if sides else text


def comparison_table(comparisons: Sequence[DatasetComparison]) -> Table:
    """Return the datasets that are not the same."""
    rows = [_cells(item) for item in _order(comparisons) if item.verdict is not Verdict.SAME]
    return table(f"{plural(len(rows), 'dataset')} not the same", _COLUMNS, rows)


def write_page(path: Path, comparisons: Sequence[DatasetComparison], *, theirs: str, ours: str) -> None:
    """Write an HTML page with all datasets, those that differ first. Raises OSError."""
    head = "".join(f"<th scope=col>{name}</th>" for name in _COLUMNS)
    rows = ["".join(f"<td>{escape(cell)}</td>" for cell in _cells(item)) for item in _order(comparisons)]
    sides = f"openaddresses/batch: {escape(theirs)}. This system: {escape(ours)}."
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    text = (
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Side by side</title>\n"
        f"<style>{_STYLE}</style>\n<h1>Side by side</h1>\n<p>{sides}</p>\n"
        f"<p>{escape(summary_line(comparisons))}</p>\n<table>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n</html>\n"
    )
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def progress_line(done: int, total: int, comparison: DatasetComparison) -> str:
    """Return one dataset in a line."""
    return f"{done:,}/{total:,} {' '.join(comparison.key)}: {comparison.verdict}"


def _order(comparisons: Sequence[DatasetComparison]) -> list[DatasetComparison]:
    def rank(item: DatasetComparison) -> tuple[int, DatasetKey]:
        return _ORDER[item.verdict], item.key

    return sorted(comparisons, key=rank)


def _cells(item: DatasetComparison) -> list[str]:
    shared = "" if item.shared is None else f"{item.shared:.1%}"
    counts = [_count(item.theirs), _count(item.ours)]
    return [*item.key, item.verdict, "; ".join(item.differences), *counts, shared, item.nearer, item.reason]


def _count(side: SideResult | None) -> str:
    return "" if side is None or side.count is None else f"{side.count:,}"
