"""The rows that queries return of the inputs of products, and of conversions."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, kw_only=True)
class InputRow:
    """A result from which a product can be built; without a key it has no such file."""

    source_name: str
    layer: str
    name: str
    job: int
    key: str | None
    sha256: str | None
    size_bytes: int | None
    geojson_key: str | None
    geojson_sha256: str | None
    count: int | None


@dataclass(frozen=True, kw_only=True)
class PublishedInputRow(InputRow):
    """A published result, with its license."""

    license: object


@dataclass(frozen=True, kw_only=True)
class ConvertibleRow(PublishedInputRow):
    """The published result of a dataset, with its publication and the state of the dataset."""

    publication: int
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversionRow:
    """A conversion of a publication with the state of its job; `attempt` and `result` are those of its success."""

    publication: int
    format: str
    job: int
    attempt: int | None
    result: JsonObject | None
    started_at: datetime
    ready_at: datetime | None
    status: str
    error_code: str | None
    error_message: str | None
    ended_at: datetime | None
    is_deleted: bool


@dataclass(frozen=True, kw_only=True)
class JobInputRow(InputRow):
    """The result of a job; `has_deleted_files` is true after retention deletes its files."""

    kind: str
    status: str
    has_deleted_files: bool
