"""Rows before and after, as tables and trees on a terminal."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

_MOST_TEXT = 60


def show_rows(console: Console, rows: list[dict[str, Any]]) -> None:
    """Print a table: what was read on the left, what became of it on the right."""
    table = Table(show_lines=True, title="raw → conformed", title_justify="left")
    table.add_column("row", justify="right", style="dim")
    table.add_column("raw", overflow="fold", ratio=1)
    table.add_column("conformed", overflow="fold", ratio=1)
    for row in rows:
        made = {trace["attribute"]: trace["value"] for trace in row["attributes"]}
        table.add_row(str(row["row"]), _pairs(row["raw"]), _pairs({**made, "geometry": row["geometry"]}))
    console.print(table)


def show_explanation(console: Console, row: dict[str, Any]) -> None:
    """Print a tree: each attribute, the rule behind it, and the columns that the rule read."""
    tree = Tree(f"output row {row['row']:,}, input row {row['input_row']:,}")
    for trace in row["attributes"]:
        branch = tree.add(f"[bold]{trace['attribute']}[/] = {_value(trace['value'])}")
        if trace["step"] is None:
            branch.add("[dim]no rule[/]")
        else:
            _add_step(branch, trace["step"])
    tree.add(f"[bold]geometry[/] = {escape(shorten(row['geometry']))}")
    console.print(tree)


def _add_step(branch: Tree, step: dict[str, Any]) -> None:
    node = branch.add(f"[cyan]{step['function']}[/] made {_value(step['made'])} [dim]{escape(step['pointer'])}[/]")
    for column, value in step["read"].items():
        node.add(f"read {escape(shorten(column))} = {_value(value)}")
    for inner in step["steps"]:
        _add_step(node, inner)


def _pairs(values: dict[str, Any]) -> Text:
    text = Text()
    for place, (name, value) in enumerate(values.items()):
        text.append("\n" if place else "")
        text.append(f"{shorten(name)} ", style="dim")
        text.append(shorten(value), style="" if value not in (None, "") else "dim")
    return text


def _value(value: Any) -> str:
    return "[dim]nothing[/]" if value is None else f"[green]{escape(repr(value))}[/]"


def shorten(value: Any) -> str:
    """Return a text that fits; what could steer the terminal is shown as a question mark."""
    whole = "-" if value in (None, "") else str(value)
    text = "".join(character if character.isprintable() else "?" for character in whole)
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
