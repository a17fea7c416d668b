"""Batch Job State Change events in the form of EventBridge."""

from datetime import UTC, datetime

from marshmallow import EXCLUDE, Schema, fields

from oa_shared.carriers import clean_text
from oa_shared.json_types import JsonMapping, JsonObject

BATCH_JOB_STATE_CHANGE = "Batch Job State Change"
_MAX_REASON_BYTES = 2000


class _ContainerSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    exit_code = fields.Integer(data_key="exitCode", allow_none=True, load_default=None)
    reason = fields.String(allow_none=True, load_default=None)


class _DetailSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    batch_job = fields.String(data_key="jobId", required=True)
    job_name = fields.String(data_key="jobName", required=True)
    status = fields.String(required=True)
    status_reason = fields.String(data_key="statusReason", allow_none=True, load_default=None)
    container = fields.Nested(_ContainerSchema, load_default=dict)


def batch_event_fields(event: JsonMapping) -> JsonObject:
    """Return the fields of the batch.event for an event. Raises marshmallow's ValidationError."""
    body = event.get("detail")
    detail = _DetailSchema().load(body if isinstance(body, dict) else {})
    container = detail["container"]
    reasons = [text for text in (container.get("reason"), detail["status_reason"]) if text]
    return {
        "batch_job": detail["batch_job"],
        "job_name": detail["job_name"],
        "status": detail["status"],
        "exit_code": container.get("exit_code"),
        "reason": clean_text("; ".join(reasons), max_bytes=_MAX_REASON_BYTES) or None,
        "at": event.get("time") or datetime.now(UTC).isoformat(),
    }
