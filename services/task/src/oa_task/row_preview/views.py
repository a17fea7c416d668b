"""Sample rows as tables and trees on a terminal."""

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from oa_task.conversion.preview_row import PreviewRow, TraceStep

_MAX_TEXT = 60


def show_rows(console: Console, rows: Sequence[PreviewRow]) -> None:
    """Print a table with each row as read and as conformed; long values are cut on a terminal only."""
    longest = longest_text(console)
    table = Table(show_lines=True, title="raw → conformed", title_justify="left")
    table.add_column("row", justify="right", style="dim")
    table.add_column("raw", overflow="fold", ratio=1)
    table.add_column("conformed", overflow="fold", ratio=1)
    for row in rows:
        conformed = {trace["attribute"]: trace["value"] for trace in row["attributes"]}
        geometry = {**conformed, "geometry": row["geometry"]}
        table.add_row(str(row["row"]), _pairs(row["raw"], longest), _pairs(geometry, longest))
    console.print(table)


def show_explanation(console: Console, row: PreviewRow, *, name_places: Callable[[str], str]) -> None:
    """Print a tree: each attribute, its rule with its place as `name_places` writes it, and the columns it read."""
    longest = longest_text(console)
    tree = Tree(f"output row {row['row']:,}, input row {row['input_row']:,}")
    for trace in row["attributes"]:
        branch = tree.add(f"[bold]{trace['attribute']}[/] = {_value(trace['value'])}")
        if trace["step"] is None:
            branch.add("[dim]no rule[/]")
        else:
            _add_step(branch, trace["step"], longest, name_places)
    tree.add(f"[bold]geometry[/] = {escape(shorten(row['geometry'], longest))}")
    console.print(tree)


def _add_step(branch: Tree, step: TraceStep, longest: int | None, name_places: Callable[[str], str]) -> None:
    place = escape(name_places(step["pointer"]))
    node = branch.add(f"[cyan]{step['function']}[/] → {_value(step['result'])} [dim]{place}[/]")
    for column, value in step["read"].items():
        node.add(f"column {escape(shorten(column, longest))} = {_value(value)}")
    for inner in step["steps"]:
        _add_step(node, inner, longest, name_places)


def _pairs(values: Mapping[str, object], longest: int | None) -> Text:
    text = Text()
    for index, (name, value) in enumerate(values.items()):
        text.append("\n" if index else "")
        text.append(f"{shorten(name, longest)} ", style="dim")
        text.append(shorten(value, longest), style="" if value not in (None, "") else "dim")
    return text


def _value(value: object) -> str:
    return "[dim]empty[/]" if value is None else f"[green]{escape(repr(value))}[/]"


def longest_text(console: Console) -> int | None:
    """Return the most characters of a value on a terminal, None elsewhere: a file or a program gets all of them."""
    return _MAX_TEXT if console.is_terminal else None


def shorten(value: object, longest: int | None) -> str:
    """Return a text of at most `longest` characters, None for any number.

    Characters that could control the terminal become question marks.
    """
    full = "-" if value in (None, "") else str(value)
    text = "".join(character if character.isprintable() else "?" for character in full)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
