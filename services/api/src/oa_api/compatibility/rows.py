"""The rows that the queries of this room return."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DatasetV1Row:
    """A dataset in a list; `files` are the names of its files, `map` is the ID of its place.

    A dataset that was never published has a negative `id`: that of its latest failed job.
    """

    id: int
    map: int | None
    source_name: str
    layer: str
    name: str
    job: int
    updated_at: datetime | None
    latest_job: int | None
    size_bytes: int | None
    files: list[str]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """The extent of all data of a source, with the layers that it has; `id` is that of its oldest dataset."""

    id: int
    name: str
    has_addresses: bool
    has_parcels: bool
    has_buildings: bool
    west: float
    south: float
    east: float
    north: float

    @property
    def bounds(self) -> list[float]:
        """Return west, south, east, north."""
        return [self.west, self.south, self.east, self.north]


@dataclass(frozen=True, slots=True)
class ExportDetailRow:
    """The requester of an export, and the job that it is of, if it is of one."""

    export: int
    owner: str
    job: int | None
    source_name: str | None
    layer: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class JobErrorRow:
    """A job that needs review, with the messages of the open reasons."""

    job: int
    status: str
    messages: list[str]
    source_name: str
    layer: str
    name: str


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account."""

    id: int
    login: str
    email: str | None
    role: str
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class LicensedSourceRow:
    """A source with the license of one of its datasets."""

    source_name: str
    license: object
