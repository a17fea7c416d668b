"""The schemas of /api/cleanup."""

from collections.abc import Mapping

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.http.fields import RequestSchema, Text, about
from oa_api.http.schemas import ResponseSchema
from oa_api.retention.rules import RuleChange
from oa_api.schedules.requests import CleanupRequest, RulesChange
from oa_api.schedules.schemas import ScheduleRunSchema


class RuleChangeSchema(RequestSchema[RuleChange]):
    """A change of a retention rule."""

    name = Text(
        required=True, validate=validate.Length(min=1, max=60), metadata=about("Name of the rule.", "unpublished")
    )
    keep_days = fields.Integer(
        load_default=None, strict=True, validate=validate.Range(min=1, max=36_500), metadata=about("Days to keep.", 60)
    )
    keep_last = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(min=0, max=1000),
        metadata=about("Number of newest versions to keep without limit; used by the rule `superseded`.", 3),
    )
    enabled = fields.Boolean(load_default=None, metadata=about("Whether the rule is enabled."))


class RulesChangeSchema(RequestSchema[RulesChange]):
    """PATCH /api/cleanup."""

    rules = fields.List(fields.Nested(RuleChangeSchema), required=True, validate=validate.Length(min=1, max=20))

    @validates_schema
    def check_names(self, data: Mapping[str, list[RuleChange]], **_: object) -> None:
        """Reject two changes of one rule."""
        names = [change.name for change in data.get("rules", [])]
        if len(set(names)) < len(names):
            raise ValidationError("Give each rule once.", "rules")


class CleanupRequestSchema(RequestSchema[CleanupRequest]):
    """POST /api/cleanup."""

    dry_run = fields.Boolean(load_default=True, metadata=about("Preview only.", True))


class RuleSchema(ResponseSchema):
    """A retention rule."""

    name = fields.String(required=True, metadata=about("Name of the rule.", "unpublished"))
    keep_days = fields.Integer(required=True, metadata=about("Days to keep.", 60))
    keep_last = fields.Integer(required=True, metadata=about("Number of newest versions to keep without limit.", 3))
    enabled = fields.Boolean(required=True, metadata=about("Whether the rule is enabled."))
    description = fields.String(required=True, metadata=about("Description."))


class RemovedSchema(ResponseSchema):
    """What a rule removes."""

    count = fields.Integer(required=True, metadata=about("Number of attempts, rows or objects.", 120))
    size_bytes = fields.Integer(
        required=True, metadata=about("Size in bytes of the objects whose size is known.", 5_000_000)
    )


class CleanupRulesSchema(ResponseSchema):
    """GET /api/cleanup."""

    rules = fields.List(fields.Nested(RuleSchema), required=True)
    last = fields.Nested(
        ScheduleRunSchema, required=True, allow_none=True, metadata=about("The last successful cleanup.")
    )


class CleanupSchema(ResponseSchema):
    """POST /api/cleanup: a preview, or the schedule run that was started."""

    dry_run = fields.Boolean(required=True)
    removed = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.Nested(RemovedSchema),
        metadata=about("Removals by rule; empty for a cleanup that was started."),
    )
    is_complete = fields.Boolean(
        required=True, metadata=about("False if only a part of the storage was searched for orphans.", True)
    )
    schedule_run = fields.Nested(
        ScheduleRunSchema, required=True, allow_none=True, metadata=about("The schedule run that was started.")
    )
