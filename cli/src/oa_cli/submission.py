"""From files and URLs to the elements of a request, asking only where there is a choice."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from oa_shared.source_definition import entries, validate_definition


def element(source: str, layer: str | None, name: str | None) -> Any:
    """Return what the API is asked for one source: a URL, or a definition with its name."""
    path = Path(source)
    if source.startswith(("http://", "https://")):
        return {"source": source, **_chosen(layer, name)}
    if not path.is_file():
        raise click.UsageError(f"{source} is neither a file nor an http address")
    try:
        definition = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise click.UsageError(f"{source} is not JSON: {error}") from error
    if _may_ask(definition):
        layer, name = ask(definition, layer, name)
    return {"source": definition, "source_name": source_name(path), **_chosen(layer, name)}


def source_name(path: Path) -> str:
    """Return the path below `sources/`, or the file's own name, without its ending."""
    parts = path.absolute().with_suffix("").parts
    below = parts[len(parts) - parts[::-1].index("sources") :] if "sources" in parts else parts[-1:]
    return "/".join("".join(c if c.isalnum() or c in "._-" else "_" for c in part) for part in below)


def ask(definition: dict[str, Any], layer: str | None, name: str | None) -> tuple[str | None, str | None]:
    """Let a person choose among the entries that are left; an empty answer means all."""
    left = [e for e in entries(definition) if layer in (None, e.layer) and name in (None, e.name)]
    if len(left) < 2:  # noqa: PLR2004 - a choice is one of two
        return layer, name
    choices = [f"{entry.layer}/{entry.name}" for entry in left]
    answer = click.prompt("Which one", type=click.Choice([*choices, "all"]), default="all", err=True)
    if answer == "all":
        return layer, name
    chosen = left[choices.index(answer)]
    return chosen.layer, chosen.name


def _may_ask(definition: Any) -> bool:
    return sys.stdin.isatty() and not validate_definition(definition)


def _chosen(layer: str | None, name: str | None) -> dict[str, str]:
    return {key: value for key, value in (("layer", layer), ("name", name)) if value is not None}
