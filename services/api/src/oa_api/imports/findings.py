"""What an import reports about a row, and a row in the form of this system."""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum

from oa_shared.json_types import JsonObject


class Outcome(StrEnum):
    """The outcome of a row that did not fit unchanged."""

    LEFT_OUT = "left_out"
    ADAPTED = "adapted"


class NotImportableError(Exception):
    """A row does not fit; the message is the reason."""


@dataclass(frozen=True, slots=True)
class ConvertedRow:
    """A row for a table of this system: its ID, its values by column, and what was changed to make it fit.

    `once` are values that differ each time, such as random tokens: they do not count as a difference.
    """

    id: int
    values: JsonObject
    adaptations: list[str] = field(default_factory=list)
    once: JsonObject = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the values."""
        text = json.dumps(self.values, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def record(self) -> JsonObject:
        """Return the row as JSON, with its ID."""
        return {"id": self.id, **self.values, **self.once}
