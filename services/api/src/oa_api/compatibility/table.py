"""The table of the requests of clients of openaddresses/batch (version 1), with those of this service (version 2).

table.json is its only source: docs/moving.md is generated from it, and tests compare the routes of this room with it.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from oa_shared.json_types import JsonObject


class RouteVerdict(StrEnum):
    """What a client of openaddresses/batch gets."""

    COMPATIBLE = "compatible"
    REFUSED = "on purpose not"
    MISSING = "missing"


class RecognizedBy(StrEnum):
    """The mark of a request of version 1."""

    PATH = "path"
    VERSION = "version"
    NOTHING = "same in both"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRow:
    """A request of version 1, and that of version 2 for the same; `note`: the differences, or why it is refused.

    `call` and `own_call` are examples: `path` with its query, and `body`. IDs are written as `{job}`.
    """

    version_1: str
    version_2: str | None
    verdict: RouteVerdict
    recognized_by: RecognizedBy
    note: str = ""
    clients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    call: JsonObject = field(default_factory=dict)
    own_call: JsonObject = field(default_factory=dict)

    @property
    def endpoint(self) -> tuple[str, str]:
        """Return the method and the path."""
        method, _, path = self.version_1.partition(" ")
        return method, path


@cache
def read_table() -> tuple[TableRow, ...]:
    """Return the rows of the table."""
    rows = json.loads(files("oa_api.compatibility").joinpath("table.json").read_text(encoding="utf-8"))
    return tuple(
        TableRow(
            **{**row, "verdict": RouteVerdict(row["verdict"]), "recognized_by": RecognizedBy(row["recognized_by"])}
        )
        for row in rows
    )


def count_verdicts() -> dict[RouteVerdict, int]:
    """Return the number of rows with each verdict."""
    counts = Counter(row.verdict for row in read_table())
    return {verdict: counts[verdict] for verdict in RouteVerdict}
