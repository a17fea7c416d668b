"""The plan of a product: what is to be built of which published data. The API writes it, the task reads it.

The form is in docs/products.md, "The plan".
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from oa_shared.postgres_json import why_not_storable
from oa_shared.status import LAYERS
from oa_task.runtime.failure import TaskFailure

FORMATS = ("csv", "shapefile", "gpkg", "flatgeobuf", "geojson", "parquet", "pmtiles")
COLLECTION_FORMATS = ("geojson", "parquet", "pmtiles")
KINDS = ("export", "collection", "fabric")
_VERSION = 1
_MOST_BYTES = 256 * 1024 * 1024
_MOST_INPUTS = 100_000
_MOST_TEXT = 20_000
_SHOWN_PROBLEMS = 20
_WEST_EAST, _SOUTH_NORTH = 180.0, 90.0
_SIDES = 4


@dataclass(frozen=True, slots=True)
class ProductInput:
    """One published dataset: where its files lie in the bucket, and what its licence asks for."""

    source_name: str
    layer: str
    name: str
    job: int
    key: str
    sha256: str
    size_bytes: int
    count: int
    geojson_key: str | None = None
    geojson_sha256: str | None = None
    license: str | dict[str, Any] | None = None
    attribution: str | None = None

    @property
    def label(self) -> str:
        """Return how people know the dataset."""
        return f"{self.source_name}/{self.layer}/{self.name}"


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """What is to be built. `bbox` is west, south, east, north in degrees; west beyond east crosses the antimeridian."""

    kind: str
    title: str
    formats: tuple[str, ...]
    inputs: tuple[ProductInput, ...]
    bbox: tuple[float, float, float, float] | None = None
    deduplicate: bool = False
    layer: str | None = None


def read_plan(body: bytes) -> ProductPlan:
    """Return a plan that was checked. Raises TaskFailure source.schema with JSON pointers."""
    if len(body) > _MOST_BYTES:
        raise TaskFailure("source.schema", f"the plan has {len(body):,} bytes; {_MOST_BYTES:,} are allowed")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TaskFailure("source.schema", f"the plan is not JSON: {error}") from error
    reason = why_not_storable(value)
    if reason:
        raise TaskFailure("source.schema", f"the plan holds a text or number that JSON has not: {reason}")
    try:
        plan: ProductPlan = _PlanSchema().load(value)
    except ValidationError as error:
        problems = list(_flattened(error.messages))
        raise TaskFailure("source.schema", f"the plan is not valid: {'; '.join(problems[:_SHOWN_PROBLEMS])}") from error
    return plan


def _flattened(messages: Any, pointer: str = "") -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _flattened(inner, pointer if key == "_schema" else f"{pointer}/{key}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flattened(inner, pointer)
    else:
        yield f"{pointer or '/'}: {messages}"


def _text(*, required: bool = True) -> fields.String:
    return fields.String(required=required, allow_none=not required, validate=validate.Length(max=_MOST_TEXT))


def _key(*, required: bool = True) -> fields.String:
    return fields.String(required=required, allow_none=not required, validate=_check_key)


def _check_key(key: str) -> None:
    parts = key.split("/")
    if len(key) > _MOST_TEXT or not key.isprintable() or "\\" in key or {"", ".", ".."} & set(parts):
        raise ValidationError("is no key: use names with / between them, none of them empty, . or ..")


def _sha256(*, required: bool = True) -> fields.String:
    return fields.String(required=required, allow_none=not required, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


def _amount() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=2**53))


def _check_licence(value: Any) -> None:
    if value is not None and not isinstance(value, str | dict):
        raise ValidationError("is a text or an object")


class _InputSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    source_name = _text()
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS))
    name = _text()
    job = _amount()
    key = _key()
    geojson_key = _key(required=False)
    sha256 = _sha256()
    geojson_sha256 = _sha256(required=False)
    size_bytes = _amount()
    count = _amount()
    license = fields.Raw(allow_none=True, validate=_check_licence)
    attribution = _text(required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ProductInput:
        return ProductInput(**data)


class _PlanSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    v = fields.Integer(required=True, strict=True, validate=validate.Equal(_VERSION))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = _text()
    formats = fields.List(fields.String(validate=validate.OneOf(FORMATS)), load_default=list)
    bbox = fields.List(fields.Float(), allow_none=True, validate=validate.Length(equal=_SIDES), load_default=None)
    deduplicate = fields.Boolean(truthy={True}, falsy={False}, load_default=False)
    layer = fields.String(allow_none=True, validate=validate.OneOf(LAYERS), load_default=None)
    inputs = fields.List(fields.Nested(_InputSchema), required=True, validate=validate.Length(min=1, max=_MOST_INPUTS))

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        if data["kind"] != "fabric" and not data["formats"]:
            raise ValidationError("names no format to write", "formats")
        others = sorted(set(data["formats"]) - set(COLLECTION_FORMATS))
        if data["kind"] == "collection" and others:
            raise ValidationError(
                f"a collection is written as {', '.join(COLLECTION_FORMATS)}, not {others[0]}", "formats"
            )
        if data["kind"] != "collection":
            _check_one_layer(data)
        if data["bbox"] is not None:
            _check_bbox(*data["bbox"])

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ProductPlan:
        layer = data["layer"] or (data["inputs"][0].layer if data["kind"] != "collection" else None)
        bbox = tuple(data["bbox"]) if data["bbox"] is not None else None
        formats = tuple(dict.fromkeys(data["formats"]))
        return ProductPlan(
            *(data["kind"], data["title"], formats, tuple(data["inputs"])),
            bbox=bbox,
            deduplicate=data["deduplicate"],
            layer=layer,
        )


def _check_one_layer(data: dict[str, Any]) -> None:
    layers = sorted({item.layer for item in data["inputs"]} | ({data["layer"]} if data["layer"] else set()))
    if len(layers) > 1:
        raise ValidationError(f"{data['kind']} is of one layer; these are {', '.join(layers)}", "inputs")


def _check_bbox(west: float, south: float, east: float, north: float) -> None:
    is_on_earth = max(abs(west), abs(east)) <= _WEST_EAST and max(abs(south), abs(north)) <= _SOUTH_NORTH
    if not is_on_earth or south >= north or west == east:
        raise ValidationError("is west, south, east, north in degrees, south below north", "bbox")
