"""A comparison as tables on a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.json_values import json_object
from oa_shared.value_text import plural
from oa_task.diff.comparison import OutputComparison
from oa_task.row_preview.views import longest_text, shorten
from oa_task.write.field_changes import FieldChange

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
    for line in _field_lines(comparison, longest):
        console.print(line, soft_wrap=True)
    for kind, examples in comparison["examples"].items():
        for example in examples:
            console.print(_line(kind, example, longest), soft_wrap=True)
        if counts[kind] > len(examples):
            console.print(f"  … {counts[kind] - len(examples):,} more {kind}", style="dim", markup=False)


def _field_lines(comparison: OutputComparison, longest: int | None) -> Iterator[Text]:
    """Yield a line for each kind of change of each field: "number: 10,000 lost", with an example."""
    if comparison["moved"]:
        yield Text(f"{comparison['moved']:,} of the changed features moved and are equal otherwise", style="bold")
    for name, changes in comparison["changed_fields"].items():
        examples = comparison["field_examples"].get(name, [])
        for kind in FieldChange:
            if changes[kind]:
                text = Text(f"{name}: ", style="bold").append(f"{changes[kind]:,} {kind}")
                example = next((item for item in examples if item["change"] == kind), None)
                yield text if example is None else text.append(_example_text(example, longest), style="dim")
    if comparison["not_compared"]:
        yield Text(f"{plural(comparison['not_compared'], 'feature')} not compared: too many differ", style="yellow")


def _example_text(example: JsonObject, longest: int | None) -> str:
    before, after = (_shorten_side(example[side], longest) for side in ("before", "after"))
    distance = f", {example['moved_m']:,} m" if "moved_m" in example else ""
    return f", for example {before} → {after}{distance}"


def _shorten_side(value: object, longest: int | None) -> str:
    return "nothing" if value is None else shorten(value, longest)


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
