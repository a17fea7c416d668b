"""Products of published data: their formats and files, and the plan that describes what to build (docs/products.md).

The API writes a plan, the task reads it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypedDict, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from oa_shared.errors import OaError
from oa_shared.job_kinds import PRODUCTS, JobKind
from oa_shared.json_types import JsonObject
from oa_shared.postgres_json import why_not_storable
from oa_shared.status import LAYERS

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees; a west greater than east crosses the antimeridian."""

PLAN_VERSION = 1
_MAX_BYTES = 256 * 1024 * 1024
_MAX_INPUTS = 100_000
_MAX_TEXT = 20_000
_MAX_PROBLEMS = 20
_MAX_LONGITUDE, _MAX_LATITUDE = 180.0, 90.0
_SIDES = 4


class ProductFormat(StrEnum):
    """A format in which a product can be written."""

    CSV = "csv"
    SHAPEFILE = "shapefile"
    GPKG = "gpkg"
    FLATGEOBUF = "flatgeobuf"
    GEOJSON = "geojson"
    PARQUET = "parquet"
    PMTILES = "pmtiles"


EXPORT_FILES = {
    ProductFormat.CSV: "export.csv.gz",
    ProductFormat.SHAPEFILE: "export.shp.zip",
    ProductFormat.GPKG: "export.gpkg",
    ProductFormat.FLATGEOBUF: "export.fgb",
    ProductFormat.GEOJSON: "export.geojson.gz",
    ProductFormat.PARQUET: "export.parquet",
    ProductFormat.PMTILES: "export.pmtiles",
}
# The formats that the API and the CLI offer for exports. The task also writes tiles, for plans made by hand.
EXPORT_FORMATS = tuple(format_ for format_ in EXPORT_FILES if format_ is not ProductFormat.PMTILES)
COLLECTION_FILES = {
    ProductFormat.GEOJSON: "collection.geojson.zip",
    ProductFormat.PARQUET: "collection.parquet.zip",
    ProductFormat.PMTILES: "collection.pmtiles",
}
DEDUPLICATED_COLLECTION_FILES = {
    format_: name.replace("collection", "collection-deduplicated") for format_, name in COLLECTION_FILES.items()
}
COLLECTION_FORMATS = tuple(COLLECTION_FILES)
FABRIC_FILE = "fabric.pmtiles"
FABRIC_FORMATS = (ProductFormat.PMTILES,)
ATTRIBUTION_FILE = "ATTRIBUTION.txt"
LICENSES_FILE = "licenses.csv"
PRODUCT_FILES = frozenset(
    {
        *EXPORT_FILES.values(),
        *COLLECTION_FILES.values(),
        *DEDUPLICATED_COLLECTION_FILES.values(),
        FABRIC_FILE,
        ATTRIBUTION_FILE,
        LICENSES_FILE,
    }
)
"""The files that the build of a product may leave."""


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
    """What to build of which inputs: a product, or the files that one result lacks.

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


def read_plan(body: bytes) -> ProductPlan:
    """Return a validated plan. Raises PlanError with JSON pointers."""
    if len(body) > _MAX_BYTES:
        raise PlanError(f"the plan has {len(body):,} bytes; the limit is {_MAX_BYTES:,}")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"the plan is not JSON: {error}") from error
    reason = why_not_storable(value)
    if reason:
        raise PlanError(f"the plan has a text or number that is not valid in JSON: {reason}")
    try:
        return cast("ProductPlan", _PlanSchema().load(value))
    except ValidationError as error:
        problems = list(_flatten(error.messages))
        raise PlanError(f"the plan is not valid: {'; '.join(problems[:_MAX_PROBLEMS])}") from error


def _flatten(messages: object, pointer: str = "") -> Iterator[str]:
    """Yield `pointer: message` for each of marshmallow's nested messages."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _flatten(inner, pointer if key == "_schema" else f"{pointer}/{key}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(inner, pointer)
    else:
        yield f"{pointer or '/'}: {messages}"


def _text(*, required: bool = True) -> fields.String:
    validator = validate.Length(max=_MAX_TEXT)
    return fields.String(required=required, allow_none=not required, validate=validator)


def _key(*, required: bool = True) -> fields.String:
    return fields.String(required=required, allow_none=not required, validate=_check_key)


def _check_key(key: str) -> None:
    parts = key.split("/")
    if len(key) > _MAX_TEXT or not key.isprintable() or "\\" in key or {"", ".", ".."} & set(parts):
        raise ValidationError("not a valid key: use names separated by /, none of them empty, . or ..")


def _sha256(*, required: bool = True) -> fields.String:
    validator = validate.Regexp(r"[0-9a-f]{64}\Z")
    return fields.String(required=required, allow_none=not required, validate=validator)


def _amount() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=2**53))


def _check_license(value: object) -> None:
    if value is not None and not isinstance(value, str | dict):
        raise ValidationError("must be a text or an object")


class _InputSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    source_name = _text()
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS))
    name = _text()
    job = _amount()
    key = _key()
    geojson_key = _key(required=False)
    sha256 = _sha256(required=False)
    geojson_sha256 = _sha256(required=False)
    size_bytes = _amount()
    count = _amount()
    license = fields.Raw(allow_none=True, validate=_check_license)
    attribution = _text(required=False)

    @post_load
    def make(self, data: JsonObject, **_: object) -> ProductInput:
        return ProductInput(**data)  # type: ignore[arg-type] # the schema has checked each field


class _PlanSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    v = fields.Integer(required=True, strict=True, validate=validate.Equal(PLAN_VERSION))
    kind = fields.String(required=True, validate=validate.OneOf((*PRODUCTS, JobKind.BACKFILL)))
    title = _text()
    formats = fields.List(fields.String(validate=validate.OneOf(list(ProductFormat))), load_default=list)
    bbox = fields.List(fields.Float(), allow_none=True, validate=validate.Length(equal=_SIDES), load_default=None)
    deduplicate = fields.Boolean(truthy={True}, falsy={False}, load_default=False)
    layer = fields.String(allow_none=True, validate=validate.OneOf(LAYERS), load_default=None)
    inputs = fields.List(fields.Nested(_InputSchema), required=True, validate=validate.Length(min=1, max=_MAX_INPUTS))

    @post_load
    def make(self, data: JsonObject, **_: object) -> ProductPlan:
        read = cast("_PlanFields", data)
        kind, inputs, bbox = JobKind(read["kind"]), tuple(read["inputs"]), read["bbox"]
        return ProductPlan(
            kind=kind,
            title=read["title"],
            formats=tuple(map(ProductFormat, dict.fromkeys(read["formats"]))),
            inputs=inputs,
            bbox=(bbox[0], bbox[1], bbox[2], bbox[3]) if bbox is not None else None,
            deduplicate=read["deduplicate"],
            layer=read["layer"] or (inputs[0].layer if kind is not JobKind.COLLECTION else None),
        )

    @validates_schema
    def check(self, data: JsonObject, **_: object) -> None:
        read = cast("_PlanFields", data)
        _check_digests(JobKind(read["kind"]), read["inputs"])
        _check_formats(JobKind(read["kind"]), read["formats"])
        if read["kind"] != JobKind.COLLECTION:
            _check_one_layer(read)
        if read["bbox"] is not None:
            _check_bbox(read["bbox"])


class _PlanFields(TypedDict):
    """The fields of `_PlanSchema` as marshmallow loads them."""

    kind: str
    title: str
    formats: list[str]
    inputs: list[ProductInput]
    bbox: list[float] | None
    deduplicate: bool
    layer: str | None


def _check_digests(kind: JobKind, inputs: list[ProductInput]) -> None:
    if kind is JobKind.BACKFILL and len(inputs) != 1:
        raise ValidationError(f"a backfill has one input; the plan has {len(inputs)}", "inputs")
    if kind is not JobKind.BACKFILL and any(item.sha256 is None for item in inputs):
        raise ValidationError("missing `sha256`: products are built from files with known digests", "inputs")


def _check_formats(kind: JobKind, formats: list[str]) -> None:
    if kind not in {JobKind.FABRIC, JobKind.BACKFILL} and not formats:
        raise ValidationError("missing: name at least one format", "formats")
    others = sorted(set(formats) - set(COLLECTION_FORMATS))
    if kind is JobKind.COLLECTION and others:
        raise ValidationError(
            f"a collection cannot be written as {others[0]}: use {', '.join(COLLECTION_FORMATS)}", "formats"
        )


def _check_one_layer(plan: _PlanFields) -> None:
    layers = sorted({item.layer for item in plan["inputs"]} | ({plan["layer"]} if plan["layer"] else set()))
    if len(layers) > 1:
        raise ValidationError(f"{plan['kind']} accepts one layer; the plan has {', '.join(layers)}", "inputs")


def is_valid_bbox(west: float, south: float, east: float, north: float) -> bool:
    """Return whether the sides, in degrees, enclose an area; west may be greater than east across the date line."""
    is_on_earth = max(abs(west), abs(east)) <= _MAX_LONGITUDE and max(abs(south), abs(north)) <= _MAX_LATITUDE
    return is_on_earth and south < north and west != east


def _check_bbox(bbox: list[float]) -> None:
    if not is_valid_bbox(*bbox):
        raise ValidationError("must be west, south, east, north in degrees, with south less than north", "bbox")
