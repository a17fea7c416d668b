"""The plan of a product: what a job reads, and which files it writes. The API writes it, the task reads it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property

from oa_shared.errors import OaError
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_shared.products import Bounds, ProductFormat

PLAN_VERSION = 1


class PlanError(OaError):
    """A plan is not valid; the detail names the fields by JSON pointers."""

    code = "plan.invalid"
    title = "The plan is not valid."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInput:
    """A published dataset: the keys of its files in the bucket, and its license as the definition states it.

    A backfill reads only the file of `geojson_key`, which is also its `key`; it needs no digest.
    """

    source_name: str
    layer: str
    name: str
    job: int
    key: str
    geojson_key: str | None = None
    sha256: str | None = None
    geojson_sha256: str | None = None
    size_bytes: int
    count: int
    license: str | JsonObject | None = None
    attribution: str | None = None

    @property
    def label(self) -> str:
        """Return the name of the dataset: source, layer and name."""
        return f"{self.source_name}/{self.layer}/{self.name}"


@dataclass(frozen=True)
class ProductPlan:
    """The files to build, and their inputs: a product, or the files that one result lacks.

    Anything other than a collection has one layer.
    """

    kind: JobKind
    title: str
    formats: tuple[ProductFormat, ...]
    inputs: tuple[ProductInput, ...]
    bbox: Bounds | None = None
    deduplicate: bool = False
    layer: str | None = None

    @cached_property
    def text(self) -> str:
        """Return the plan as JSON; equal plans have equal texts."""
        head = {
            "v": PLAN_VERSION,
            "kind": self.kind,
            "title": self.title,
            "formats": list(self.formats),
            "bbox": list(self.bbox) if self.bbox is not None else None,
            "deduplicate": self.deduplicate,
            "layer": self.layer,
        }
        # One dump for each input: a single dump of thousands would block the other threads.
        inputs = ", ".join(json.dumps(asdict(item), ensure_ascii=False) for item in self.inputs)
        return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "inputs": [{inputs}]}}'

    @property
    def sha256(self) -> str:
        """Return the hexadecimal digest of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Return the size of the GeoParquet files of all inputs."""
        return sum(item.size_bytes for item in self.inputs)

    @property
    def feature_count(self) -> int:
        """Return the number of features of all inputs."""
        return sum(item.count for item in self.inputs)
