"""Which entry of a definition a person means, where they do not say everything."""

from pathlib import Path

from oa_shared.source_definition import SourceEntry, entries
from oa_task.definition.source_entry import read_definition
from oa_task.runtime.failure import TaskFailure


def choose_entry(source: Path, layer: str | None, name: str | None) -> SourceEntry:
    """Return the only entry of that layer and name, None meaning any. Raises TaskFailure source.schema."""
    there = entries(read_definition(source))
    found = [entry for entry in there if layer in {None, entry.layer} and name in {None, entry.name}]
    if len(found) == 1:
        return found[0]
    named = ", ".join(f"{entry.layer}/{entry.name}" for entry in (found or there)) or "no entry at all"
    words = "choose one with --layer and --name" if found else "there is none of that layer and name"
    raise TaskFailure("source.schema", f"{source.name} has {named}: {words}")
