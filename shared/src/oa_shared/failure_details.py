"""Details of a failure besides its code and message: the place in the definition, and the answer of the server.

A container reads untrusted data, so every value has a type and a bound here. Texts of servers are shown as text.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import islice

from oa_shared.json_types import JsonObject

# The key of the details in the result of a failed attempt.
DETAILS = "failure"
MAX_PLACES = 20
ANSWER_BYTES = 500
MAX_DETAIL_TEXT = 1000


class FixAction(StrEnum):
    """How a fix changes the definition at a place."""

    REPLACE = "replace"
    """Each text `old` in the value becomes `new`."""
    RENAME = "rename"
    """The key becomes `new`."""
    ADD = "add"
    """The key, which does not exist, is added with the value `new`."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the definition that is sure to lead past the failure; `old` is empty unless the action replaces."""

    action: FixAction
    new: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class FaultyPlace:
    """A place in the definition: a JSON pointer within the entry, such as `/conform/number`, and its fix, if sure."""

    pointer: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server answered: its URL, the status, some headers, and the first 500 bytes of the body as text."""

    url: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    start: str = ""


@dataclass(frozen=True, slots=True)
class FailureDetails:
    """The details of one failure; empty if nothing is known."""

    places: list[FaultyPlace] = field(default_factory=list)
    answer: ServerAnswer | None = None

    def __bool__(self) -> bool:
        """Return whether anything is known."""
        return bool(self.places or self.answer)

    def as_json(self) -> JsonObject:
        """Return the details as a result has them."""
        return asdict(self)


def bound_places(places: Iterable[FaultyPlace]) -> list[FaultyPlace]:
    """Return the first 20 places; a fix with a text that is too long is left out."""
    return [
        FaultyPlace(place.pointer, place.fix if place.fix and _is_short(place.fix) else None)
        for place in islice(places, MAX_PLACES)
    ]


def _is_short(fix: Fix) -> bool:
    return max(len(fix.old), len(fix.new)) <= MAX_DETAIL_TEXT
