"""Reading the plan of a product: every value has a type and a bound, and formats fit the kind of the product."""

import json
from typing import TypedDict, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from oa_shared.job_kinds import PRODUCTS, JobKind
from oa_shared.json_types import JsonObject
from oa_shared.postgres_json import why_not_storable
from oa_shared.product_plans import PLAN_VERSION, PlanError, ProductInput, ProductPlan
from oa_shared.products import COLLECTION_FORMATS, ProductFormat
from oa_shared.status import LAYERS
from oa_shared.validation_text import list_problems

_MAX_LONGITUDE, _MAX_LATITUDE = 180.0, 90.0
_MAX_BYTES = 256 * 1024 * 1024
_MAX_INPUTS = 100_000
_MAX_TEXT = 20_000
_MAX_PROBLEMS = 20
_SIDES = 4


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
        problems = list(list_problems(error.messages))
        raise PlanError(f"the plan is not valid: {'; '.join(problems[:_MAX_PROBLEMS])}") from error


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
