"""A comparison as tables on a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oa_task.row_preview.views import shorten

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


def show_comparison(console: Console, found: dict[str, Any], names: tuple[str, str]) -> None:
    """Print counts, how often each attribute is filled, what changed, and examples."""
    table = Table("")
    for name in names:
        table.add_column(Text(shorten(name)), justify="right")
    for word in ("count", "valid"):
        table.add_row(word, *("-" if value is None else f"{value:,}" for value in found[word]))
    for name, shares in found["fields"].items():
        style = "" if shares[0] == shares[1] else "bold"
        table.add_row(name, *("-" if share is None else f"{share:.1%}" for share in shares), style=style)
    console.print(table)
    counts = found["changes"]
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in (*_SIGNS, "unchanged"))
    console.print(told, markup=False)
    for kind, examples in found["examples"].items():
        for example in examples:
            console.print(_line(kind, example), soft_wrap=True)
        if counts[kind] > len(examples):
            console.print(f"  … {counts[kind] - len(examples):,} more {kind}", style="dim", markup=False)


def _line(kind: str, example: dict[str, Any]) -> Text:
    text = Text(f"{_SIGNS[kind]} ", style=_COLOURS[kind])
    after = _told(example["feature"])
    before = _told(example["before"]) if "before" in example else {}
    for name, value in after.items():
        earlier = before.get(name, value)
        if kind == "changed" and earlier == value and name != "id":
            continue
        shown = shorten(value) if earlier == value else f"{shorten(earlier)} → {shorten(value)}"
        text.append(f"{shorten(name)} ", style="dim").append(f"{shown}  ")
    return text


def _told(feature: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that have a value, and the place in short."""
    named = {name: value for name, value in feature["properties"].items() if name != "hash"}
    geometry = feature["geometry"]
    place = None if geometry is None else f"{geometry['type']} {geometry.get('coordinates')}"
    return {**{name: value for name, value in named.items() if value not in ("", None)}, "geometry": place}
