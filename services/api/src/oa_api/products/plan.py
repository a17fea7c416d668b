"""The plan of a product: what is to be built from which files, as the task reads it (docs/products.md)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from oa_api.db.database import Row
from oa_api.definitions.licenses import License, normalize_license
from oa_api.jobs.planning import PlannedJob
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Tier
from oa_shared.status import ALL_LAYERS

VERSION = 1
FORMATS = ("geojson", "parquet", "pmtiles")
EXPORT_FORMATS = ("csv", "shapefile", "gpkg", "flatgeobuf", "geojson", "parquet")
_MIB = 1 << 20
_INPUT = ("source_name", "layer", "name", "job", "key", "geojson_key", "sha256", "geojson_sha256", "size_bytes")
_WRITTEN = {"attribution_name": "attribution name", "share_alike": "share-alike"}
# From how many bytes of inputs on a product needs which machine.
_TIERS = {
    JobKind.EXPORT: ((4096 * _MIB, Tier.HUGE), (256 * _MIB, Tier.LARGE), (0, Tier.STANDARD)),
    JobKind.COLLECTION: ((2048 * _MIB, Tier.HUGE), (0, Tier.LARGE)),
    JobKind.FABRIC: ((2048 * _MIB, Tier.HUGE), (0, Tier.LARGE)),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that a product is made of; `left_out` are results without a file to read."""

    items: list[Row]
    left_out: int = 0

    @property
    def features(self) -> int:
        """Return how many features there are in all."""
        return sum(item["count"] for item in self.items)

    @property
    def size_bytes(self) -> int:
        """Return how many bytes there are to read."""
        return sum(item["size_bytes"] for item in self.items)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built; `name` tells products of a kind apart."""

    kind: JobKind
    name: str
    title: str
    formats: Sequence[str]
    inputs: Inputs
    layer: str | None = None
    bbox: Sequence[float] | None = None
    deduplicate: bool = False
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self._dump())

    @property
    def sha256(self) -> str:
        """Return the digest of the text: the same for the same inputs and wishes."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def job(self) -> PlannedJob:
        """Return the job that builds it."""
        return PlannedJob(
            source_name=f"{self.kind}/{self.name}",
            source_url=None,
            sha256=self.sha256,
            definition=self.text,
            layer=self.layer or ALL_LAYERS,
            name=self.name,
            tier=self._tier(),
            kind=self.kind,
            host=None,
        )

    def _tier(self) -> Tier:
        return next(tier for least, tier in _TIERS[self.kind] if self.inputs.size_bytes >= least)

    def _dump(self) -> str:
        said: dict[str, Any] = {
            "v": VERSION,
            "kind": self.kind,
            "title": self.title,
            "formats": list(self.formats),
            "bbox": list(self.bbox) if self.bbox is not None else None,
            "deduplicate": self.deduplicate,
            "layer": self.layer,
        }
        # One input after another: a single dump of thousands would hold up every other thread.
        inputs = ", ".join(json.dumps(item, ensure_ascii=False) for item in self.inputs.items)
        return f'{json.dumps(said, ensure_ascii=False)[:-1]}, "inputs": [{inputs}]}}'


def input_of(row: Row) -> Row | None:
    """Return a result as the plan names it, or None when it has no file to read, or says too little of it."""
    if any(row[name] is None for name in _INPUT):
        return None
    licence = normalize_license(row["license"])
    return {
        **{name: row[name] for name in _INPUT},
        "count": row["count"] or 0,
        "license": _as_written(licence) if licence else None,
        "attribution": (licence.attribution_name if licence else None) or "",
    }


def _as_written(licence: License) -> dict[str, Any]:
    """Return a licence with the words that definitions use, without what it does not say."""
    said = {_WRITTEN.get(key, key): value for key, value in licence.as_json().items()}
    return {key: value for key, value in said.items() if value is not None}
