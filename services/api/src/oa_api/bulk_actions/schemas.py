"""Bulk actions: what is asked and how far they are."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.bulk_actions.bulk_actions import MAX_JOBS, BulkAction
from oa_api.db.counting import COUNTED_ROWS
from oa_api.http.fields import StrictSchema, Time, about, identifier
from oa_api.http.schemas import ReasonSchema, ResponseSchema
from oa_api.jobs.request_schemas import JobSelectionSchema

_EXPECTED = "How many jobs match, as was shown before: nothing is done when it is another number by now."


class NewBulkSchema(ReasonSchema):
    """POST /api/job/bulk."""

    action = fields.Enum(BulkAction, by_value=True, required=True, metadata=about("What to do.", "rerun"))
    filter = fields.Nested(JobSelectionSchema, required=True, metadata=about("Which jobs.", {"error": "upstream"}))
    limit = fields.Integer(
        load_default=MAX_JOBS,
        validate=validate.Range(min=1, max=MAX_JOBS),
        metadata=about("How many at most; the oldest ones come first.", 500),
    )
    dry_run = fields.Boolean(load_default=False, metadata=about("Only count.", True))
    expected = fields.Integer(
        load_default=None, validate=validate.Range(min=0, max=COUNTED_ROWS), metadata=about(_EXPECTED, 12)
    )

    @validates_schema
    def check_expected(self, data: dict[str, Any], **_: Any) -> None:
        """Nothing is done to many jobs unless it has been seen how many they are."""
        if not data.get("dry_run") and data.get("expected") is None:
            raise ValidationError("Say how many you expect to match; `dry_run` counts them.", "expected")


class BulkQuestionSchema(JobSelectionSchema):
    """The page /bulk: what would be done to which jobs."""

    action = fields.Enum(BulkAction, by_value=True, load_default=None)
    limit = fields.Integer(load_default=MAX_JOBS, validate=validate.Range(min=1, max=MAX_JOBS))


class BulkFormSchema(BulkQuestionSchema, ReasonSchema):
    """The form of that page."""

    action = fields.Enum(BulkAction, by_value=True, required=True)
    expected = fields.Integer(required=True, validate=validate.Range(min=0, max=COUNTED_ROWS))
    key = fields.String(required=True, validate=validate.Length(min=8, max=64))


class BulkFilterSchema(StrictSchema):
    """GET /api/job/bulk."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=100), metadata=about("How many items, at most.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("The number of the last one that you have."))


class SkippedSchema(ResponseSchema):
    """Why some jobs were left alone."""

    reason = fields.String(required=True, metadata=about("Why.", "is Running: cancel it first"))
    jobs = fields.Integer(required=True, metadata=about("How many.", 2))
    examples = fields.List(fields.Integer(), required=True, metadata=about("Up to five of them.", [7, 9]))


class BulkSchema(ResponseSchema):
    """One action on many jobs."""

    id = fields.Integer(required=True, allow_none=True, metadata=about("Its number; null for a dry run.", 1))
    created_at = Time(required=True, allow_none=True, metadata=about("When it was asked for."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When the last job was done."))
    action = fields.String(required=True, validate=validate.OneOf(list(BulkAction)), metadata=about("What is done."))
    filter = fields.Dict(required=True, metadata=about("To which jobs."))
    reason = fields.String(required=True)
    actor = fields.String(required=True, metadata=about("Who asked.", "ada"))
    matching = fields.Integer(metadata=about("For a dry run: how many jobs match; say so as `expected`.", 12))
    matching_is_estimate = fields.Boolean(metadata=about("Whether counting stopped early: at least so many match."))
    jobs = fields.Integer(required=True, metadata=about("How many jobs were, or would be, chosen.", 12))
    done = fields.Integer(required=True, metadata=about("How many have been done.", 10))
    skipped = fields.Integer(required=True, metadata=about("How many were left alone.", 2))
    waiting = fields.Integer(required=True, metadata=about("How many are still to do.", 0))
    skip_reasons = fields.List(fields.Nested(SkippedSchema), metadata=about("Why jobs were left alone."))


class BulkListSchema(ResponseSchema):
    """GET /api/job/bulk."""

    bulk_actions = fields.List(fields.Nested(BulkSchema), required=True)
