"""What a reader is asked for."""

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oa_task.features.bad_rows import BadRows


class AllColumns:
    """A set that has every name in it."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A file or .gdb folder, how to read it, the columns that are wanted of it, and where bad rows are counted.

    `enough` is how many features the asker wants at the most, None for all: a reader of what still grows need not wait
    for more than these.
    """

    path: Path
    conform: dict[str, Any]
    columns: Container[str]
    bad_rows: BadRows
    enough: int | None = None
