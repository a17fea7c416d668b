"""The rows that the queries of products return."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oa_api.db.rows import make_row
from oa_api.jobs.rows import AttemptError
from oa_api.products.product_files import ProductFile, ProductResult
from oa_shared.json_types import JsonObject
from oa_shared.products import COLLECTION_FILES, FABRIC_FILE, ProductFormat
from oa_shared.status import JobStatus

SKIPPED = "Skipped"
_BUILD_TIMES = ("created_at", "ended_at")


@dataclass(frozen=True, kw_only=True)
class BuildRow:
    """A build of a product by a job."""

    job: int | None
    status: str | None
    created_at: datetime
    ended_at: datetime | None
    error_code: str | None
    error_message: str | None

    @property
    def state(self) -> str:
        """Return the status of the job."""
        return self.status or JobStatus.PENDING

    @property
    def error(self) -> AttemptError | None:
        """Return why the build failed, if it did."""
        return AttemptError(self.error_code, self.error_message) if self.error_code else None


@dataclass(frozen=True, kw_only=True)
class CollectionBuildRow(BuildRow):
    """A build of a collection; `skipped` is why it has no job, `is_newest` whether its files are the current ones."""

    id: int
    collection: int
    skipped: str | None
    inputs: int
    features: int
    is_newest: bool

    @property
    def state(self) -> str:
        """Return the status of the job, or that the build was skipped."""
        return SKIPPED if self.skipped else self.status or JobStatus.PENDING


@dataclass(frozen=True, kw_only=True)
class CollectionRow(ProductResult):
    """A collection with its latest successful build; `build` is the latest build as JSON."""

    id: int
    name: str
    display_name: str
    sources: list[str]
    layer: str | None
    formats: list[str]
    deduplicate: bool
    created_at: datetime
    updated_at: datetime
    built_at: datetime | None
    build: JsonObject | None

    @property
    def url_prefix(self) -> str:
        """Return the path below which the files are."""
        return f"/api/collections/{self.id}/output"

    @property
    def latest_build(self) -> CollectionBuildRow | None:
        """Return the latest build, successful or not."""
        return make_row(CollectionBuildRow, _with_times(self.build)) if self.build else None

    @property
    def tiles_url(self) -> str | None:
        """Return the URL of its tiles, if it has any."""
        return self.url_of(COLLECTION_FILES[ProductFormat.PMTILES])


@dataclass(frozen=True, kw_only=True)
class FabricRow(ProductResult):
    """A layer of the fabric with its latest successful build; `build` is the latest build as JSON."""

    layer: str
    built_at: datetime | None
    build: JsonObject | None

    @property
    def url_prefix(self) -> str:
        """Return the path below which the files are."""
        return f"/api/fabric/{self.layer}/output"

    @property
    def latest_build(self) -> BuildRow | None:
        """Return the latest build, successful or not."""
        return make_row(BuildRow, _with_times(self.build)) if self.build else None

    @property
    def tiles_url(self) -> str | None:
        """Return the URL of its tiles, if it is built."""
        return self.url_of(FABRIC_FILE)


@dataclass(frozen=True, kw_only=True)
class ExportRow(ProductResult):
    """An export with the state of its job; `asked` is the request."""

    id: int
    job: int
    format: str
    asked: JsonObject
    inputs: int
    features: int
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    is_expired: bool
    run: int
    status: str
    progress: JsonObject | None
    error_code: str | None
    error_message: str | None

    @property
    def url_prefix(self) -> str:
        """Return the path below which the files are."""
        return f"/api/export/{self.id}/output"

    @property
    def kept_files(self) -> list[ProductFile]:
        """Return the listed files until the export expires."""
        return [] if self.is_expired else self.files

    @property
    def error(self) -> AttemptError | None:
        """Return why the job failed, if it did."""
        return AttemptError(self.error_code, self.error_message) if self.error_code else None

    @property
    def label(self) -> str:
        """Return what is exported: the job or the sources, the layer, the bbox."""
        job, bbox = self.asked.get("job"), self.asked.get("bbox")
        sides = ", ".join(str(side) for side in bbox) if isinstance(bbox, list) else ""
        parts = [f"job {job}" if job else self.asked.get("source"), self.asked.get("layer"), sides]
        return " · ".join(str(part) for part in parts if part)


@dataclass(frozen=True, slots=True)
class LockedCollection:
    """A collection that no other transaction can change; `built_sha256` is the digest of the plan of its last build."""

    id: int
    name: str
    display_name: str
    sources: list[str]
    layer: str | None
    formats: list[str]
    deduplicate: bool
    job_id: int | None
    built_sha256: str | None


@dataclass(frozen=True, slots=True)
class LastBuild:
    """The job of the last successful build of a product, and the digest of its plan."""

    job_id: int
    built_sha256: str


def _with_times(build: Mapping[str, object]) -> dict[str, object]:
    """Return a build that came as JSON, with its times parsed."""
    times = {name: datetime.fromisoformat(text) for name in _BUILD_TIMES if isinstance(text := build.get(name), str)}
    return {**build, **times}
