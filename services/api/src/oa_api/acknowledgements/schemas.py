"""The schemas of acknowledgements: requests, and how an acknowledgement looks in a response."""

from datetime import UTC, date, datetime, timedelta

from marshmallow import ValidationError, fields, validate

from oa_api.acknowledgements.requests import AcknowledgementFilter, NewAcknowledgement
from oa_api.http.fields import RequestSchema, Text, Time, WebUrl, about, identifier
from oa_api.http.schemas import ResponseSchema
from oa_shared.failures import FAILURES

_MAX_DAYS = 366


def _check_until(value: date) -> None:
    today = datetime.now(UTC).date()
    if not today <= value <= today + timedelta(days=_MAX_DAYS):
        raise ValidationError(f"Must be today or later, at most {_MAX_DAYS} days ahead.")


class NewAcknowledgementSchema(RequestSchema[NewAcknowledgement]):
    """POST /api/acknowledgement."""

    source = Text(required=True, validate=validate.Length(min=1, max=300), metadata=about("Source.", "us/ca/berkeley"))
    code = fields.String(
        required=True, validate=validate.OneOf(list(FAILURES)), metadata=about("Failure code.", "source.not_found")
    )
    note = Text(
        required=True,
        validate=validate.Length(min=1, max=1000),
        metadata=about("Note, visible to everyone.", "the county moves its server"),
    )
    owner = Text(
        load_default="",
        validate=validate.Length(max=100),
        metadata=about("Who takes care of it; default the caller.", "octocat"),
    )
    until = fields.Date(
        required=True, validate=_check_until, metadata=about("Last day of the acknowledgement, in UTC.", "2099-01-01")
    )
    issue_url = WebUrl(
        allow_empty=True,
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=500),
        metadata=about("URL of an issue.", "https://github.com/openaddresses/openaddresses/issues/1"),
    )

    def prepare(self, data: dict[str, object]) -> dict[str, object]:
        """Store no URL for an empty field of a form."""
        return {**data, "issue_url": data["issue_url"] or None}


class AcknowledgementFilterSchema(RequestSchema[AcknowledgementFilter]):
    """GET /api/acknowledgement."""

    source = Text(load_default=None, metadata=about("Filter by source.", "us/ca/berkeley"))
    ended = fields.Boolean(load_default=False, metadata=about("Include ended ones."))
    limit = fields.Integer(
        load_default=100, validate=validate.Range(min=1, max=100), metadata=about("Maximum number of items.", 25)
    )
    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last item received."))


class AcknowledgementSchema(ResponseSchema):
    """A failure of a source that is muted until a day."""

    id = fields.Integer(required=True, metadata=about("ID.", 1))
    source = fields.String(required=True, attribute="source_name", metadata=about("Source.", "us/ca/berkeley"))
    code = fields.String(required=True, attribute="error_code", metadata=about("Failure code.", "source.not_found"))
    note = fields.String(required=True, metadata=about("Note."))
    owner = fields.String(required=True, metadata=about("Who takes care of it.", "octocat"))
    issue_url = fields.String(required=True, allow_none=True, metadata=about("URL of an issue."))
    until = fields.Date(required=True, metadata=about("Last day of the acknowledgement, in UTC.", "2099-01-01"))
    actor = fields.String(required=True, metadata=about("Who acknowledged the failure.", "octocat"))
    created_at = Time(required=True, metadata=about("Creation time."))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended; null while it is in force."))
    ended_by = fields.String(required=True, allow_none=True, metadata=about("Who ended it."))


class AcknowledgementListSchema(ResponseSchema):
    """GET /api/acknowledgement; newest first."""

    acknowledgements = fields.List(fields.Nested(AcknowledgementSchema), required=True)
