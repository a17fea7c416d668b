"""The shapes of /api/cleanup."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import StrictSchema, Text, about
from oa_api.http.schemas import ResponseSchema
from oa_api.schedules.schemas import ScheduleRunSchema


class RuleChangeSchema(StrictSchema):
    """What is to change of a rule."""

    name = Text(required=True, validate=validate.Length(min=1, max=60), metadata=about("Which.", "unpublished"))
    keep_days = fields.Integer(
        load_default=None, strict=True, validate=validate.Range(min=1, max=36_500), metadata=about("Days.", 60)
    )
    keep_last = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(min=0, max=1000),
        metadata=about("How many of the last ones are kept for ever; the rule `superseded` looks at it.", 3),
    )
    enabled = fields.Boolean(load_default=None, metadata=about("A rule that is off removes nothing."))


class RulesChangeSchema(StrictSchema):
    """PATCH /api/cleanup."""

    rules = fields.List(fields.Nested(RuleChangeSchema), required=True, validate=validate.Length(min=1, max=20))

    @validates_schema
    def check_names(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two changes of one rule."""
        names = [change["name"] for change in data.get("rules", [])]
        if len(set(names)) < len(names):
            raise ValidationError("A rule is named once.", "rules")


class CleanupRequestSchema(StrictSchema):
    """POST /api/cleanup."""

    dry_run = fields.Boolean(
        load_default=True, metadata=about("Only say what would go: what is given when it is left out.", True)
    )


class RuleSchema(ResponseSchema):
    """How long what is kept."""

    name = fields.String(required=True, metadata=about("Its name.", "unpublished"))
    keep_days = fields.Integer(required=True, metadata=about("Days.", 60))
    keep_last = fields.Integer(required=True, metadata=about("How many of the last ones are kept for ever.", 3))
    enabled = fields.Boolean(required=True, metadata=about("Whether it removes anything."))
    description = fields.String(required=True, metadata=about("What it is about."))


class RemovedSchema(ResponseSchema):
    """How much a rule removes."""

    count = fields.Integer(required=True, metadata=about("Attempts, rows or objects.", 120))
    size_bytes = fields.Integer(required=True, metadata=about("Bytes, as far as they are known.", 5_000_000))


class CleanupRulesSchema(ResponseSchema):
    """GET /api/cleanup."""

    rules = fields.List(fields.Nested(RuleSchema), required=True)
    last = fields.Nested(
        ScheduleRunSchema, required=True, allow_none=True, metadata=about("The last cleanup that was done.")
    )


class CleanupSchema(ResponseSchema):
    """POST /api/cleanup: what would go, or the fire that does it."""

    dry_run = fields.Boolean(required=True)
    removed = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Nested(RemovedSchema),
        metadata=about("By rule; empty where the work has only been started."),
    )
    is_complete = fields.Boolean(
        required=True, metadata=about("False when not the whole store was looked at for orphans.", True)
    )
    schedule_run = fields.Nested(
        ScheduleRunSchema, required=True, allow_none=True, metadata=about("The work that was started.")
    )
