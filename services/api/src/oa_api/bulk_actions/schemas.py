"""The schemas of bulk actions."""

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.bulk_actions.requests import MAX_JOBS, BulkAction, BulkForm, BulkListFilter, BulkPreview, NewBulkAction
from oa_api.db.counting import COUNTED_ROWS
from oa_api.http.fields import RequestSchema, StrictSchema, Time, about, identifier
from oa_api.http.schemas import ReasonSchema, ResponseSchema
from oa_api.jobs.request_schemas import JobSelectionSchema
from oa_api.jobs.requests import JobSelection
from oa_shared.json_types import JsonMapping

_EXPECTED = "Number of matching jobs in the preview; if another number matches now, nothing is changed."


class JobSelectionRequestSchema(JobSelectionSchema, RequestSchema[JobSelection]):
    """The filter of a bulk action."""


class NewBulkActionSchema(ReasonSchema, RequestSchema[NewBulkAction]):
    """POST /api/bulk."""

    action = fields.Enum(BulkAction, by_value=True, required=True, metadata=about("Action on each job.", "rerun"))
    filter = fields.Nested(
        JobSelectionRequestSchema, required=True, metadata=about("Which jobs.", {"error": "upstream"})
    )
    limit = fields.Integer(
        load_default=MAX_JOBS,
        validate=validate.Range(min=1, max=MAX_JOBS),
        metadata=about("Maximum number of jobs, oldest first.", 500),
    )
    dry_run = fields.Boolean(load_default=False, metadata=about("Only count the jobs.", True))
    expected = fields.Integer(
        load_default=None, validate=validate.Range(min=0, max=COUNTED_ROWS), metadata=about(_EXPECTED, 12)
    )

    @validates_schema
    def check_expected(self, data: JsonMapping, **_: object) -> None:
        """Refuse an action whose author has not seen how many jobs match."""
        if not data.get("dry_run") and data.get("expected") is None:
            raise ValidationError("Send the number of matching jobs; `dry_run` returns it.", "expected")


class BulkPreviewFieldsSchema(StrictSchema):
    """The fields that the preview and the form share."""

    action = fields.Enum(BulkAction, by_value=True, load_default=None)
    limit = fields.Integer(load_default=MAX_JOBS, validate=validate.Range(min=1, max=MAX_JOBS))


class BulkPreviewSchema(JobSelectionSchema, BulkPreviewFieldsSchema, RequestSchema[BulkPreview]):
    """The page /bulk: the action and the jobs to preview."""


class BulkFormSchema(JobSelectionSchema, BulkPreviewFieldsSchema, ReasonSchema, RequestSchema[BulkForm]):
    """The form of that page."""

    action = fields.Enum(BulkAction, by_value=True, required=True)
    expected = fields.Integer(required=True, validate=validate.Range(min=0, max=COUNTED_ROWS))
    key = fields.String(required=True, validate=validate.Length(min=8, max=64))


class BulkListFilterSchema(RequestSchema[BulkListFilter]):
    """GET /api/bulk."""

    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=100), metadata=about("Maximum number of items.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last item received."))


class SkipReasonSchema(ResponseSchema):
    """Why some jobs were skipped."""

    reason = fields.String(required=True, metadata=about("Reason.", "is Running: cancel it first"))
    jobs = fields.Integer(required=True, metadata=about("Number of jobs.", 2))
    examples = fields.List(fields.Integer(), required=True, metadata=about("IDs of up to five of them.", [7, 9]))


class BulkActionSchema(ResponseSchema):
    """A bulk action with its progress."""

    id = fields.Integer(required=True, allow_none=True, metadata=about("ID; null for a dry run.", 1))
    created_at = Time(required=True, allow_none=True, metadata=about("When it was started."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When its last job was handled."))
    action = fields.String(
        required=True, validate=validate.OneOf(list(BulkAction)), metadata=about("Action on each job.")
    )
    filter = fields.Dict(required=True, metadata=about("Which jobs."))
    reason = fields.String(required=True)
    actor = fields.String(required=True, metadata=about("Who started it.", "ada"))
    matching = fields.Integer(metadata=about("Dry run only: number of matching jobs, to be sent as `expected`.", 12))
    matching_is_estimate = fields.Boolean(
        metadata=about("Whether counting stopped early: at least `matching` jobs match.")
    )
    jobs = fields.Integer(required=True, metadata=about("Number of chosen jobs.", 12))
    done = fields.Integer(required=True, metadata=about("Number of jobs done.", 10))
    skipped = fields.Integer(required=True, metadata=about("Number of skipped jobs.", 2))
    waiting = fields.Integer(required=True, metadata=about("Number of remaining jobs.", 0))
    skip_reasons = fields.List(fields.Nested(SkipReasonSchema), metadata=about("Reasons for skipped jobs."))


class BulkActionListSchema(ResponseSchema):
    """GET /api/bulk."""

    bulk_actions = fields.List(fields.Nested(BulkActionSchema), required=True)
