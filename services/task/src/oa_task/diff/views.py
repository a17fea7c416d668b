"""A comparison as tables on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oa_shared.json_types import JsonMapping, JsonObject
from oa_task.diff.comparison import OutputComparison
from oa_task.row_preview.views import longest_text, shorten
from oa_task.runtime.json_values import json_object

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_COLORS = {"added": "green", "removed": "red", "changed": "yellow"}


def show_comparison(console: Console, comparison: OutputComparison, names: tuple[str, str]) -> None:
    """Print counts, attribute coverage, changes and examples; `names` head the columns."""
    longest = longest_text(console)
    table = Table("")
    for name in names:
        table.add_column(Text(shorten(name, longest)), justify="right")
    for label, numbers in (("count", comparison["count"]), ("valid", comparison["valid"])):
        table.add_row(label, *("-" if number is None else f"{number:,}" for number in numbers))
    for name, shares in comparison["fields"].items():
        style = "" if shares[0] == shares[1] else "bold"
        table.add_row(name, *("-" if share is None else f"{share:.1%}" for share in shares), style=style)
    console.print(table)
    counts = comparison["changes"]
    console.print(", ".join(f"{counts[kind]:,} {kind}" for kind in (*_SIGNS, "unchanged")), markup=False)
    for kind, examples in comparison["examples"].items():
        for example in examples:
            console.print(_line(kind, example, longest), soft_wrap=True)
        if counts[kind] > len(examples):
            console.print(f"  … {counts[kind] - len(examples):,} more {kind}", style="dim", markup=False)


def _line(kind: str, example: JsonObject, longest: int | None) -> Text:
    text = Text(f"{_SIGNS[kind]} ", style=_COLORS[kind])
    after = _filled_values(json_object(example["feature"]))
    before = _filled_values(json_object(example["before"])) if "before" in example else {}
    for name, value in after.items():
        earlier = before.get(name, value)
        if kind == "changed" and earlier == value and name != "id":
            continue
        label = shorten(value, longest)
        if earlier != value:
            label = f"{shorten(earlier, longest)} → {label}"
        text.append(f"{shorten(name, longest)} ", style="dim").append(f"{label}  ")
    return text


def _filled_values(feature: JsonMapping) -> JsonObject:
    """Return the attributes that are not empty, and a short text for the geometry."""
    named = {name: value for name, value in json_object(feature["properties"]).items() if name != "hash"}
    geometry = json_object(feature["geometry"])
    place = f"{geometry['type']} {geometry.get('coordinates')}" if geometry else None
    return {**{name: value for name, value in named.items() if value not in ("", None)}, "geometry": place}
