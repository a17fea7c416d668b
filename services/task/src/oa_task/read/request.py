"""The request to a reader: which file to read, and how."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from oa_task.features.bad_rows import BadRows


class AllColumns:
    """A container that holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A file or .gdb folder, its `conform`, the columns to read, and where to count bad rows.

    `limit` is the number of features after which the caller stops, None for all: a reader of a growing file need not
    wait for more. With `keeps_null_geometry`, features of GeoJSON without a geometry are read: results have such
    features, while those of a source have no use.
    """

    path: Path
    conform: Mapping[str, object]
    columns: Container[str]
    bad_rows: BadRows
    limit: int | None = None
    keeps_null_geometry: bool = False

    @property
    def format(self) -> str:
        """Return the format of the data."""
        return str(self.conform["format"])

    def option(self, name: str) -> str | None:
        """Return an option of the conform as text, None if it is missing or empty."""
        value = self.conform.get(name)
        return str(value) if value else None
