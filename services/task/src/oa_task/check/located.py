"""Findings with their lines and columns in the text of the definition, in the order in which to read them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from oa_shared.definition_check.findings import LintFinding, Severity
from oa_shared.definition_places import name_places
from oa_shared.json_positions import TextPosition, find_positions
from oa_shared.json_types import JsonObject

_ORDER = list(Severity)


@dataclass(frozen=True, slots=True)
class LocatedFinding:
    """A finding in a source, which is a path or URL, and the place of its value or of the nearest one around it.

    `message` is that of the finding with places of the source in place of JSON pointers.
    """

    source: str
    position: TextPosition
    finding: LintFinding
    message: str

    @property
    def rank(self) -> tuple[int, str, int, int]:
        """Return a key that sorts errors first, then warnings, then hints, each by place."""
        position = self.position
        return _ORDER.index(self.finding.severity), self.source, position.line, position.column

    def as_json(self) -> JsonObject:
        """Return the finding as a JSON object."""
        return {"source": self.source, **asdict(self.position), **self.finding.as_json()}


def locate_findings(source: str, text: str, findings: Iterable[LintFinding]) -> list[LocatedFinding]:
    """Return the findings of a text with their places, errors first; those of a text that is not JSON, at its fault."""
    listed = list(findings)
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        places = dict.fromkeys((item.pointer for item in listed), TextPosition(problem.lineno, problem.colno))
    except (ValueError, RecursionError):
        places = dict.fromkeys((item.pointer for item in listed), TextPosition(1, 1))
    else:
        places = find_positions(text, (item.pointer for item in listed))
    located = (
        LocatedFinding(source, places[item.pointer], item, name_places(item.message, source, text)) for item in listed
    )
    return sorted(located, key=lambda item: item.rank)
