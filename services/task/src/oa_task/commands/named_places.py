"""The places of a definition in messages, named as `oa check` names them: `file:line:column`."""

from dataclasses import dataclass
from pathlib import Path

from oa_shared.definition_places import name_places
from oa_task.definition.task_entry import NotJsonFailure
from oa_task.runtime.failure import TaskFailure


@dataclass(frozen=True, slots=True)
class NamedPlaces:
    """The definition in a file, and the path or URL by which the user named it."""

    source: str
    path: Path

    def describe(self, failure: TaskFailure) -> str:
        """Return the message of a failure with places instead of JSON pointers, or the place that is not JSON."""
        if isinstance(failure, NotJsonFailure):
            return ":".join([self.source, *map(str, failure.position)]) + f": not JSON: {failure.fault}"
        return self.name(failure.message)

    def name(self, message: str) -> str:
        """Return a message with the place of each value instead of its JSON pointer."""
        return name_places(message, self.source, self._read())

    def _read(self) -> str | None:
        try:
            return self.path.read_text("utf-8-sig")
        except (OSError, ValueError):
            return None
