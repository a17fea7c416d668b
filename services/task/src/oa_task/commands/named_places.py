"""The places of a definition in messages, named as `oa check` names them: `file:line:column`."""

import re
from dataclasses import dataclass
from pathlib import Path

from oa_shared.definition_places import name_places


@dataclass(frozen=True, slots=True)
class NamedPlaces:
    """The definition in a file, and the path or URL by which the user named it."""

    source: str
    path: Path

    def name(self, message: str) -> str:
        """Return a message with the place of each value instead of its JSON pointer.

        A definition that is not JSON is named with the place where it stops being JSON.
        """
        if fault := re.match(rf"{re.escape(self.path.name)} is not JSON: line ([\d,]+), column ([\d,]+): ", message):
            line, column = (number.replace(",", "") for number in fault.groups())
            return f"{self.source}:{line}:{column}: not JSON: {message[fault.end() :]}"
        if message.startswith(head := f"{self.path.name} is not JSON: "):
            return f"{self.source}: not JSON: {message.removeprefix(head)}"
        return name_places(message, self.source, self._read())

    def _read(self) -> str | None:
        try:
            return self.path.read_text("utf-8-sig")
        except (OSError, ValueError):
            return None
