"""The schemas of the feed of events."""

from collections.abc import Mapping

from marshmallow import ValidationError, fields, validate

from oa_api.events.cursor import Cursor, InvalidCursorError
from oa_api.events.requests import EventQuery
from oa_api.http.fields import ParsedField, RequestSchema, Text, Time, about, identifier
from oa_api.http.schemas import ResponseSchema

MAX_EVENTS = 1000


class EventId(ParsedField[Cursor]):
    """The ID of an event, `<xid>-<row>`."""

    def _parse(self, value: object) -> Cursor:
        try:
            return Cursor.parse(str(value))
        except InvalidCursorError as error:
            raise ValidationError(error.detail) from error

    def _serialize(self, value: Cursor | None, attr: str | None, obj: object, **kwargs: object) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)


class Kinds(fields.Field[frozenset[str]]):
    """A comma-separated list of event kinds."""

    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, object] | None, **kwargs: object
    ) -> frozenset[str]:
        text = Text().deserialize(value, attr, data, **kwargs)
        return frozenset(part.strip() for part in text.split(",") if part.strip())


class EventQuerySchema(RequestSchema[EventQuery]):
    """GET /api/events."""

    run = identifier(load_default=None, metadata=about("Filter by run ID.", 1))
    job = identifier(load_default=None, metadata=about("Filter by job ID.", 1))
    kind = Kinds(load_default=None, metadata=about("Comma-separated event kinds.", "job.status,data.published"))
    after = EventId(load_default=None, metadata=about("Only events after this one.", "812-4031"))
    cursor = EventId(
        load_default=None, metadata=about("ID of the last event received, from the Link header.", "812-4031")
    )
    order = fields.String(
        load_default="asc",
        validate=validate.OneOf(["asc", "desc"]),
        metadata=about("Oldest (`asc`) or newest (`desc`) first.", "desc"),
    )
    limit = fields.Integer(
        load_default=100,
        validate=validate.Range(min=1, max=MAX_EVENTS),
        metadata=about("Maximum number of events.", 100),
    )


class FeedEventSchema(ResponseSchema):
    """An event of a job."""

    id = EventId(
        required=True, metadata=about("ID: its position in the feed; later events have greater IDs.", "812-4031")
    )
    created_at = Time(required=True, metadata=about("Time of the event.", "2026-11-24T12:00:00.123456Z"))
    run = fields.Integer(required=True, metadata=about("ID of the run.", 1))
    job = fields.Integer(required=True, metadata=about("ID of the job.", 1))
    attempt = fields.Integer(required=True, metadata=about("Number of the attempt.", 1))
    kind = fields.String(required=True, metadata=about("Event kind.", "job.status"))
    status = fields.String(
        required=True, allow_none=True, metadata=about("New status of the job; null if it did not change.")
    )
    error = fields.String(required=True, allow_none=True, metadata=about("Failure code.", "source.schema"))
    source_name = fields.String(required=True, metadata=about("Source of the job.", "us/ca/berkeley"))
    layer = fields.String(required=True, metadata=about("Layer of the job.", "addresses"))
    name = fields.String(required=True, metadata=about("Entry of the layer.", "city"))


class EventPageSchema(ResponseSchema):
    """GET /api/events as JSON."""

    events = fields.List(fields.Nested(FeedEventSchema), required=True)
    now = EventId(
        required=True,
        metadata=about("End of the feed when this was read: a stream after it misses no event.", "813-0"),
    )
