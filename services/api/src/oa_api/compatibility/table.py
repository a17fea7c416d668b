"""The table of all that clients of openaddresses/batch call, with ours beside it.

table.json is its only source: docs/moving.md is generated from it, the routes of this room and the tests are held
against it.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from oa_shared.json_types import JsonObject


class Verdict(StrEnum):
    """What a client of openaddresses/batch gets."""

    COMPATIBLE = "compatible"
    REFUSED = "on purpose not"
    MISSING = "missing"


class ToldBy(StrEnum):
    """What tells a request in the form of openaddresses/batch from one in ours."""

    PATH = "path"
    VERSION = "version"
    NOTHING = "same in both"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRow:
    """A request of openaddresses/batch, and ours for the same; `note` has the differences, or the reason of a refusal.

    `call` and `own_call` are examples: `path` with its query, and `body`. IDs are written as `{job}`.
    """

    theirs: str
    ours: str | None
    verdict: Verdict
    told_by: ToldBy
    note: str = ""
    clients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    call: JsonObject = field(default_factory=dict)
    own_call: JsonObject = field(default_factory=dict)

    @property
    def endpoint(self) -> tuple[str, str]:
        """Return the method and the path."""
        method, _, path = self.theirs.partition(" ")
        return method, path


@cache
def read_table() -> tuple[TableRow, ...]:
    """Return the rows of the table."""
    rows = json.loads(files("oa_api.compatibility").joinpath("table.json").read_text(encoding="utf-8"))
    return tuple(
        TableRow(**{**row, "verdict": Verdict(row["verdict"]), "told_by": ToldBy(row["told_by"])}) for row in rows
    )


def count_verdicts() -> dict[Verdict, int]:
    """Return the number of rows with each verdict."""
    counts = Counter(row.verdict for row in read_table())
    return {verdict: counts[verdict] for verdict in Verdict}
