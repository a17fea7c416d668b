"""What requests about products say, after validation."""

from dataclasses import dataclass, field

from oa_api.http.schemas import CursorSlice
from oa_shared.products import COLLECTION_FORMATS


@dataclass(frozen=True, kw_only=True, slots=True)
class NewCollection:
    """A collection to create: `sources` are globs, None selects every layer."""

    name: str
    display_name: str
    sources: list[str]
    layer: str | None = None
    formats: list[str] = field(default_factory=lambda: list(COLLECTION_FORMATS))
    deduplicate: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionChange:
    """A change of a collection: only the fields in `given` change."""

    given: list[str]
    display_name: str | None = None
    sources: list[str] | None = None
    layer: str | None = None
    formats: list[str] | None = None
    deduplicate: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBuild:
    """A build to start; `force` builds unchanged inputs too."""

    force: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewExport:
    """An export to create: of a `job`, or of published data by a glob of sources; `bbox` clips it."""

    format: str
    job: int | None = None
    source: str | None = None
    layer: str | None = None
    bbox: list[float] | None = None


@dataclass(frozen=True, kw_only=True)
class ExportFilter(CursorSlice):
    """Which exports to list."""

    status: list[str] | None = None
    format: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportPageFilter(ExportFilter):
    """Which exports to list on the page, and the initial values of its form."""

    job: int | None = None
    source: str | None = None
    layer: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportForm:
    """The text fields of the form of an export."""

    format: str | None = None
    job: str | None = None
    source: str | None = None
    layer: str | None = None
    bbox: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionForm:
    """The fields of the form of a collection; `sources` has one glob per line, and each format is a checkbox."""

    name: str | None = None
    display_name: str = ""
    sources: str = ""
    layer: str | None = None
    geojson: bool = False
    parquet: bool = False
    pmtiles: bool = False
    deduplicate: bool = False
