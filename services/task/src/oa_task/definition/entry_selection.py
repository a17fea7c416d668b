"""Selecting an entry where the user does not name both layer and name."""

from pathlib import Path

from oa_shared.source_definition import DefinitionEntry, entries
from oa_task.definition.task_entry import read_definition
from oa_task.runtime.failure import TaskFailure


def choose_entry(source: Path, layer: str | None, name: str | None) -> DefinitionEntry:
    """Return the only entry with that layer and name; None matches any. Raises TaskFailure source.schema."""
    existing = entries(read_definition(source))
    matching = [entry for entry in existing if layer in {None, entry.layer} and name in {None, entry.name}]
    if len(matching) == 1:
        return matching[0]
    listed = ", ".join(f"{entry.layer}/{entry.name}" for entry in (matching or existing)) or "no entries"
    advice = "choose one with --layer and --name" if matching else "no entry matches --layer and --name"
    raise TaskFailure("source.schema", f"{source.name} has {listed}: {advice}")
