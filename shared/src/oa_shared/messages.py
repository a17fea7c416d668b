"""The messages of the jobs queue and the results queue: their fields, writing and parsing (docs/messages.md)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from typing import ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from oa_shared.errors import OaError
from oa_shared.event_bridge import BATCH_JOB_STATE_CHANGE, batch_event_fields
from oa_shared.failures import FAILURES
from oa_shared.job_kinds import JobKind
from oa_shared.job_result import read_result
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.postgres_json import why_not_storable
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ALL_LAYERS, LAYERS, JobStatus
from oa_shared.validation_text import list_problems
from oa_shared.value_text import quote_value

VERSION = 1
MAX_BYTES = 64 * 1024
# The final message of an attempt on S3, in its folder; the only place of a result that is too large for the queue.
RESULT_FILE = "result.json"
MAX_STORED_BYTES = 1024 * 1024
JOB_SUBMIT = "job.submit"
JOB_STATUS = "job.status"
BATCH_EVENT = "batch.event"
LOST = "LOST"
# The attribute of a repeated job.submit: its container may exist already.
REPUBLISHED = "republished"
_MAX_BIGINT = 2**63 - 1
_MAX_INTEGER = 2**31 - 1


class UnreadableMessageError(OaError):
    """A message has an unknown form or version; it belongs on the dead-letter queue."""

    code = "message.unreadable"
    title = "The message cannot be read."


class MessageTooLargeError(OaError):
    """A message exceeds its limit: 64 KiB on a queue, which all services keep, 1 MiB on S3."""

    code = "message.too_large"
    title = "The message is too large."


@dataclass(frozen=True, slots=True)
class JobMessage:
    """Jobs queue: submit this attempt to Batch."""

    kind: ClassVar[str] = JOB_SUBMIT
    run: int
    job: int
    attempt: int
    token: str
    lane: Lane
    tier: Tier
    layer: str
    source_name: str
    name: str
    traceparent: str | None = None
    job_kind: JobKind = JobKind.SOURCE
    sample: int | None = None


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """Results queue: a task reports the status of its attempt.

    `result_stored` means that the result is too large for the queue: it is in the `result.json` of the attempt.
    """

    kind: ClassVar[str] = JOB_STATUS
    job: int
    attempt: int
    token: str
    seq: int
    status: JobStatus
    at: datetime
    error: dict[str, str] | None = None
    result: JsonObject | None = None
    progress: JsonObject | None = None
    traceparent: str | None = None
    result_stored: bool = False


@dataclass(frozen=True, slots=True)
class BatchEvent:
    """Results queue: the state of a container; `status` is that of Batch, or LOST when Batch does not know the job."""

    kind: ClassVar[str] = BATCH_EVENT
    batch_job: str
    job_name: str
    status: str
    at: datetime
    exit_code: int | None = None
    reason: str | None = None


Message = JobMessage | StatusMessage | BatchEvent


class _Text(fields.String):
    """Text without NUL, which Postgres cannot store."""

    def _deserialize(self, value: object, attr: str | None, data: JsonMapping | None, **kwargs: object) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text:
            raise ValidationError("must not contain NUL")
        return text


class _MessageSchema(Schema):
    class Meta:
        unknown = RAISE

    message_class: ClassVar[Callable[..., Message]]
    v = fields.Integer(required=True, strict=True, validate=validate.Equal(VERSION))
    kind = fields.String(required=True)

    @post_load
    def build(self, data: JsonObject, **_: object) -> Message:
        return self.message_class(**{key: value for key, value in data.items() if key not in {"v", "kind"}})


def _id(upper: int = _MAX_BIGINT) -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=upper))


def _token() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{32}\Z"))


class _JobMessageSchema(_MessageSchema):
    message_class = JobMessage
    run = _id()
    job = _id()
    attempt = _id(_MAX_INTEGER)
    token = _token()
    lane = fields.Enum(Lane, by_value=True, required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    layer = fields.String(required=True, validate=validate.OneOf((*LAYERS, ALL_LAYERS)))
    source_name = _Text(required=True)
    name = _Text(required=True)
    traceparent = _Text(allow_none=True, load_default=None)
    job_kind = fields.Enum(JobKind, by_value=True, load_default=JobKind.SOURCE)
    sample = fields.Integer(strict=True, validate=validate.Range(min=1, max=_MAX_INTEGER), load_default=None)


class _ErrorSchema(Schema):
    code = fields.String(required=True, validate=validate.OneOf(FAILURES))
    message = _Text(required=True)


class _StatusMessageSchema(_MessageSchema):
    message_class = StatusMessage
    job = _id()
    attempt = _id(_MAX_INTEGER)
    token = _token()
    seq = _id(_MAX_INTEGER)
    status = fields.Enum(JobStatus, by_value=True, required=True)
    at = fields.AwareDateTime(required=True, format="iso", default_timezone=UTC)
    error = fields.Nested(_ErrorSchema, allow_none=True, load_default=None)
    result = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    progress = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    traceparent = _Text(allow_none=True, load_default=None)
    result_stored = fields.Boolean(truthy={True}, falsy={False}, load_default=False)

    @post_load
    def build(self, data: JsonObject, **options: object) -> Message:
        """Return the message with a result whose values have the types of `oa_shared.job_result`."""
        result = data["result"]
        checked = {**data, "result": read_result(result)} if isinstance(result, dict) else data
        message: Message = super().build(checked, **options)
        return message


class _BatchEventSchema(_MessageSchema):
    message_class = BatchEvent
    batch_job = _Text(required=True)
    job_name = _Text(required=True)
    status = _Text(required=True)
    at = fields.AwareDateTime(required=True, format="iso", default_timezone=UTC)
    exit_code = fields.Integer(allow_none=True, load_default=None)
    reason = _Text(allow_none=True, load_default=None)


_SCHEMAS: dict[str, Schema] = {
    JOB_SUBMIT: _JobMessageSchema(),
    JOB_STATUS: _StatusMessageSchema(),
    BATCH_EVENT: _BatchEventSchema(),
}


def dump(message: Message, *, max_bytes: int = MAX_BYTES) -> str:
    """Return the body of a message, in ASCII, which queues take. Raises MessageTooLargeError above `max_bytes`."""
    # Not dataclasses.asdict, which copies each value: a request may create thousands of messages.
    values = {field.name: getattr(message, field.name) for field in dataclass_fields(message)}
    fields_ = {key: value for key, value in values.items() if value is not None}
    # Readers of the previous version do not know these keys.
    if fields_.get("job_kind") is JobKind.SOURCE:
        del fields_["job_kind"]
    if fields_.get("result_stored") is False:
        del fields_["result_stored"]
    if "at" in fields_:
        fields_["at"] = fields_["at"].isoformat()
    body = json.dumps({"v": VERSION, "kind": message.kind, **fields_}, allow_nan=False)
    if len(body) > max_bytes:
        raise MessageTooLargeError(f"{message.kind} is {len(body)} bytes, the limit is {max_bytes}")
    return body


def to_ascii(body: str) -> str:
    """Return the same JSON in ASCII: bodies of the previous version hold other characters, which a queue may refuse."""
    return body if body.isascii() else "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in body)


def parse_job_message(body: str) -> JobMessage:
    """Parse a body from the jobs queue. Raises UnreadableMessageError."""
    message = _load(_decode(body), {JOB_SUBMIT})
    if not isinstance(message, JobMessage):
        raise UnreadableMessageError(f"{message.kind} does not belong on the jobs queue")
    return message


def parse_result_message(body: str) -> StatusMessage | BatchEvent:
    """Parse a body from the results queue, in our form or that of EventBridge. Raises UnreadableMessageError."""
    decoded = _decode(body)
    if decoded.get("detail-type") == BATCH_JOB_STATE_CHANGE:
        decoded = _from_event_bridge(decoded)
    message = _load(decoded, {JOB_STATUS, BATCH_EVENT})
    if isinstance(message, JobMessage):
        raise UnreadableMessageError("job.submit does not belong on the results queue")
    return message


def _decode(body: str) -> JsonObject:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableMessageError(f"not JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise UnreadableMessageError("not a JSON object")
    return decoded


def _load(decoded: JsonObject, kinds: set[str]) -> Message:
    if reason := why_not_storable(decoded):
        raise UnreadableMessageError(reason)
    kind = decoded.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise UnreadableMessageError(f"unknown kind {quote_value(kind)}, expected one of {', '.join(sorted(kinds))}")
    try:
        message: Message = _SCHEMAS[kind].load(decoded)
    except ValidationError as error:
        raise UnreadableMessageError(f"{kind}: {'; '.join(list_problems(error.messages))}") from error
    return message


def _from_event_bridge(event: JsonObject) -> JsonObject:
    try:
        return {"v": VERSION, "kind": BATCH_EVENT, **batch_event_fields(event)}
    except ValidationError as error:
        raise UnreadableMessageError(f"{BATCH_JOB_STATE_CHANGE}: {'; '.join(list_problems(error.messages))}") from error
