"""The feed of events: what is asked of it and how it answers."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from oa_api.events.cursor import Cursor, NoPositionError
from oa_api.http.fields import StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ResponseSchema

MAX_EVENTS = 1000


class EventId(fields.Field[Cursor]):
    """The id of an event, `<xid>-<row>`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Cursor:  # noqa: ARG002
        try:
            return Cursor.parse(str(value))
        except NoPositionError as error:
            raise ValidationError(error.detail) from error

    def _serialize(self, value: Cursor | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)


class WordsSchema(Text):
    """A comma list of words."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return frozenset(part.strip() for part in text.split(",") if part.strip())


class EventFilterSchema(StrictSchema):
    """GET /api/events."""

    run = identifier(load_default=None, metadata=about("Of the jobs of this run.", 1))
    job = identifier(load_default=None, metadata=about("Of this job.", 1))
    kind = WordsSchema(load_default=None, metadata=about("A comma list: of these kinds.", "job.status,data.published"))
    after = EventId(load_default=None, metadata=about("After the event with this id.", "812-4031"))
    cursor = EventId(load_default=None, metadata=about("The Link header carries it to the next page.", "812-4031"))
    order = fields.String(
        load_default="asc", validate=validate.OneOf(["asc", "desc"]), metadata=about("Oldest or newest first.", "desc")
    )
    limit = fields.Integer(
        load_default=100, validate=validate.Range(min=1, max=MAX_EVENTS), metadata=about("How many, at most.", 100)
    )


class FeedEventSchema(ResponseSchema):
    """Something that happened to a job."""

    id = EventId(required=True, metadata=about("Its place in the feed: later events have greater ids.", "812-4031"))
    created_at = Time(required=True, metadata=about("When it was written.", "2026-11-24T12:00:00.123456Z"))
    run = fields.Integer(required=True, metadata=about("The run of the job.", 1))
    job = fields.Integer(required=True, metadata=about("The job.", 1))
    attempt = fields.Integer(required=True, metadata=about("The attempt that it is about.", 1))
    kind = fields.String(required=True, metadata=about("What happened, or who told of it.", "job.status"))
    status = fields.String(
        required=True, allow_none=True, metadata=about("The status that the job came to; null where it kept its own.")
    )
    error = fields.String(required=True, allow_none=True, metadata=about("The code of the failure.", "source.schema"))
    source_name = fields.String(required=True, metadata=about("The source of the job.", "us/ca/berkeley"))
    layer = fields.String(required=True, metadata=about("Its layer.", "addresses"))
    name = fields.String(required=True, metadata=about("Its entry inside the layer.", "city"))


class EventPageSchema(ResponseSchema):
    """GET /api/events as JSON."""

    events = fields.List(fields.Nested(FeedEventSchema), required=True)
    now = EventId(
        required=True,
        metadata=about("Where the feed ended when this was read: a stream after it misses nothing.", "813-0"),
    )
