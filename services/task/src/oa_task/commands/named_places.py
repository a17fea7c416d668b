"""The places of a definition in messages, named as `oa check` names them: `file:line:column`."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from oa_shared.json_positions import find_positions, find_spans
from oa_task.definition.task_entry import NotJsonFailure
from oa_task.runtime.failure import TaskFailure

# A separate JSON pointer, not a part of a path or URL: it starts after a space or an opening bracket.
_POINTER = re.compile(r"(?<![^\s(])/[^\s:;,()]*")
_MAX_DEFINITION_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class NamedPlaces:
    """The definition in a file, and the path or URL by which the user named it."""

    source: str
    path: Path

    def describe(self, failure: TaskFailure) -> str:
        """Return the message of a failure with places instead of JSON pointers, or the place that is not JSON."""
        if isinstance(failure, NotJsonFailure):
            return f"{self.source}:{failure.line}:{failure.column}: not JSON: {failure.fault}"
        return self.name(failure.message)

    def name(self, message: str) -> str:
        """Return a message with the place of each value instead of its JSON pointer.

        Only pointers of values that exist are replaced; a definition that cannot be read has none.
        """
        pointers = {pointer for pointer in _POINTER.findall(message) if pointer}
        text = self._read() if pointers else None
        if text is None:
            return message
        exists = find_spans(text, ("" if pointer == "/" else pointer for pointer in pointers))
        positions = find_positions(text, exists)

        def replace(found: re.Match[str]) -> str:
            pointer = "" if found[0] == "/" else found[0]
            if pointer not in exists:
                return found[0]
            return f"{self.source}:{positions[pointer].line}:{positions[pointer].column}"

        return _POINTER.sub(replace, message)

    def _read(self) -> str | None:
        try:
            text = self.path.read_text("utf-8-sig")
            json.loads(text)
        except (OSError, ValueError, RecursionError):
            return None
        return text if len(text) <= _MAX_DEFINITION_CHARACTERS else None
