"""The rows that the queries of sources return."""

from dataclasses import dataclass
from datetime import datetime

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class ExistenceRow:
    """Whether a name is that of a source, and whether sources are below it."""

    is_source: bool
    is_prefix: bool


@dataclass(frozen=True, slots=True)
class NameStepRow:
    """What follows a prefix in the names of sources: a source, a prefix of `below` further ones, or both."""

    step: str
    is_source: bool
    below: int
    entries: int
    published: int
    failing: int
    features: int


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """The newest definition of a source, the job that ran it, and where its run came from."""

    job: int
    run: int
    source_url: str | None
    created_at: datetime
    github: object
    definition: str


@dataclass(frozen=True, slots=True)
class OriginRow:
    """Where the definition of a job came from."""

    job: int
    source_url: str | None
    github: object


@dataclass(frozen=True, slots=True)
class WithdrawnDatasetRow:
    """A dataset of a source that an admin has retired, deleted or reopened."""

    id: int
    layer: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class SourcePublicationRow:
    """A publication of a dataset of a source."""

    id: int
    data: int
    job: int
    run: int
    published_at: datetime
    github: object
    layer: str
    name: str
    count: int | None
    changes: JsonObject | None


@dataclass(frozen=True, slots=True)
class TiledRow:
    """A dataset with vector tiles."""

    layer: str
    name: str


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """What has an ID: the names of the job and of the dataset, the type of the run; None if it does not exist."""

    job: str | None
    run: str | None
    data: str | None


@dataclass(frozen=True, slots=True)
class NamedDatasetRow:
    """The first of the datasets with a name, and their number."""

    id: int
    name: str
    datasets: int


@dataclass(frozen=True, slots=True)
class MatchingSourceRow:
    """A source whose name matches a search; `total` is the number of such sources."""

    source_name: str
    entries: int
    published: int
    failing: int
    total: int


@dataclass(frozen=True, slots=True)
class BoxCountRow:
    """The number of datasets in a box."""

    place: int
    datasets: int
