"""The result of an attempt: counts and files, as the task reports them on the results queue.

A container reads untrusted data. What it reports is stored, shown and served, so every value has a type and a
bound here. It names its files only: the API builds their keys from the attempt (`with_attempt_keys`), so that no result
can point to a file of another job.
"""

import re
from collections.abc import Mapping

from marshmallow import EXCLUDE, INCLUDE, Schema, fields, validate

from oa_shared.failure_details_schema import FailureDetailsSchema
from oa_shared.ids import attempt_prefix
from oa_shared.json_types import JsonObject

# A task whose input equals that of the published result reports no counts and files: that it is unchanged, and the job
# and attempt of that result.
UNCHANGED, SAME_AS = "unchanged", "same_as"
_MAX_COUNT = 2**53
_MAX_BIGINT, _MAX_INTEGER = 2**63 - 1, 2**31 - 1
_MAX_NAMES = 200
_MAX_MESSAGE, _MAX_PROBLEMS = 1000, 10
_COUNT = validate.Range(min=0, max=_MAX_COUNT)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}\Z", re.ASCII)


def _count() -> fields.Integer:
    return fields.Integer(strict=True, validate=_COUNT, allow_none=True)


def _counts(data_key: str | None = None) -> fields.Dict:
    return fields.Dict(
        data_key=data_key,
        keys=fields.String(validate=validate.Length(max=100)),
        values=fields.Integer(strict=True, validate=_COUNT),
        validate=validate.Length(max=_MAX_NAMES),
        allow_none=True,
    )


class OutputFileSchema(Schema):
    """A file of a result; a key that a task of an earlier version sends is dropped."""

    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE

    bytes = _count()
    size = _count()
    sha256 = fields.String(validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class FieldDifferenceSchema(Schema):
    """How many of the changed features lost their value of a field, have another one, or gained one."""

    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE

    lost = _count()
    changed = _count()
    gained = _count()


class ChangesSchema(Schema):
    """How a result differs from the published one; `previous` is false without one."""

    class Meta:
        """Keep what a newer task adds."""

        unknown = INCLUDE

    previous = fields.Boolean()
    added = _count()
    removed = _count()
    changed = _count()
    unchanged = _count()
    moved = _count()
    not_compared = _count()
    fields_ = fields.Dict(
        data_key="fields",
        attribute="fields",
        keys=fields.String(validate=validate.Length(max=100)),
        values=fields.Nested(FieldDifferenceSchema),
        validate=validate.Length(max=_MAX_NAMES),
        allow_none=True,
    )


class SameAsSchema(Schema):
    """The published attempt whose files stay."""

    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE

    job = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=_MAX_BIGINT))
    attempt = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=_MAX_INTEGER))


class ReportedProblemSchema(Schema):
    """A problem with the place of the data (oa_shared.placement)."""

    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE

    code = fields.String(required=True, validate=validate.Regexp(r"[a-z_]{1,40}\Z"))
    message = fields.String(required=True, validate=validate.Length(max=_MAX_MESSAGE))


class ReportedPlacementSchema(Schema):
    """Where most of the data is, the area of its coverage, and what is wrong with its place."""

    class Meta:
        """Drop unknown fields."""

        unknown = EXCLUDE

    bounds = fields.List(fields.Float(allow_nan=False), validate=validate.Length(equal=4), allow_none=True)
    coverage = fields.String(validate=validate.Length(max=_MAX_MESSAGE), allow_none=True)
    problems = fields.List(fields.Nested(ReportedProblemSchema), validate=validate.Length(max=_MAX_PROBLEMS))


class ResultSchema(Schema):
    """The values that the API reads; others are kept unchanged."""

    class Meta:
        """Keep what a newer task adds."""

        unknown = INCLUDE

    count = _count()
    valid = _count()
    without_geometry = _count()
    bounds = fields.List(fields.Float(allow_nan=False), validate=validate.Length(equal=4), allow_none=True)
    fields_ = _counts("fields")
    invalid = _counts()
    changes = fields.Nested(ChangesSchema, allow_none=True)
    placement = fields.Nested(ReportedPlacementSchema, allow_none=True)
    failure = fields.Nested(FailureDetailsSchema, allow_none=True)
    sample = fields.Raw()
    unchanged = fields.Boolean(truthy={True}, falsy={False})
    same_as = fields.Nested(SameAsSchema)
    warnings = fields.List(fields.String(), validate=validate.Length(max=_MAX_NAMES))
    outputs = fields.Dict(
        keys=fields.String(validate=validate.Regexp(_NAME, error="must be the name of a file, without a folder")),
        values=fields.Nested(OutputFileSchema),
        validate=validate.Length(max=_MAX_NAMES),
        allow_none=True,
    )


_SCHEMA = ResultSchema()


def read_result(value: Mapping[str, object]) -> JsonObject:
    """Return a reported result with its known values converted to their types. Raises marshmallow.ValidationError."""
    loaded: JsonObject = _SCHEMA.load(value)
    if "fields_" in loaded:
        loaded["fields"] = loaded.pop("fields_")
    return loaded


def with_attempt_keys(result: JsonObject, *, job: int, attempt: int) -> JsonObject:
    """Return a result with the keys of its files in the folder of the attempt."""
    outputs = result.get("outputs")
    if not isinstance(outputs, dict):
        return result
    prefix = attempt_prefix(job, attempt)
    return {**result, "outputs": {name: {**facts, "key": prefix + name} for name, facts in outputs.items()}}
