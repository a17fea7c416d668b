"""The schemas of webhooks and deliveries: requests and responses."""

from typing import Any

from marshmallow import fields, validate

from oa_api.http.fields import RequestSchema, StrictSchema, Text, WebUrl, about, identifier
from oa_api.http.schemas import (
    CursorSlice,
    ListSchema,
    ResponseSchema,
    SliceSchema,
    id_field,
    text_field,
    time_field,
)
from oa_api.webhooks.requests import EVENTS, DeliveryFilter, NewWebhook, WebhookChange
from oa_shared.status import LAYERS

STATES = ("waiting", "delivered", "failed")
_MAX_URL = 2000


def _url(**options: Any) -> WebUrl:
    return WebUrl(
        validate=validate.Length(max=_MAX_URL),
        metadata=about("URL of the receiver: https, on the public internet.", "https://example.org/hook"),
        **options,
    )


def _source(**options: Any) -> Text:
    return Text(
        allow_none=True,
        validate=validate.Length(min=1, max=500),
        metadata=about("Only this source; a trailing slash selects every source with that prefix.", "us/ca/"),
        **options,
    )


def _layer(**options: Any) -> fields.String:
    return fields.String(
        allow_none=True, validate=validate.OneOf(LAYERS), metadata=about("Only this layer."), **options
    )


class NewWebhookSchema(RequestSchema[NewWebhook]):
    """POST /api/webhook."""

    url = _url(required=True)
    events = fields.List(
        fields.String(validate=validate.OneOf(EVENTS)),
        load_default=list(EVENTS),
        validate=validate.Length(min=1),
        metadata=about("Events to send.", list(EVENTS)),
    )
    source = _source(load_default=None)
    layer = _layer(load_default=None)


class _ChangeSchema(StrictSchema):
    """A change of a webhook: lists the fields that the request gives."""

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Add the names of the given fields, since null is a value of some."""
        return {**data, "given": sorted(data)}


class WebhookChangeSchema(_ChangeSchema, RequestSchema[WebhookChange]):
    """PATCH /api/webhook/{webhook}; omitted fields stay unchanged."""

    url = _url()
    source = _source()
    layer = _layer()
    active = fields.Boolean(
        metadata=about("False sends and queues nothing; true resets the count of failed deliveries.", True)
    )
    new_secret = fields.Boolean(
        load_default=False,
        metadata=about(
            "Replace the secret; the response shows the new one, once. The former one signs too for a day.", True
        ),
    )


class WebhookStateFormSchema(_ChangeSchema, RequestSchema[WebhookChange]):
    """The form that enables or disables a webhook."""

    active = fields.Boolean(required=True)


class WebhookFilterSchema(SliceSchema, RequestSchema[CursorSlice]):
    """GET /api/webhook."""

    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last webhook received."))


class DeliveryFilterSchema(SliceSchema, RequestSchema[DeliveryFilter]):
    """GET /api/webhook/{webhook}/deliveries."""

    cursor = identifier(load_default=None, metadata=about("Cursor: ID of the last delivery received."))
    state = fields.String(load_default=None, validate=validate.OneOf(STATES), metadata=about("Filter by state."))


class WebhookSchema(ResponseSchema):
    """A webhook: a URL that receives published data as it changes."""

    id = id_field("ID of the webhook.")
    url = text_field("URL of the receiver.", "https://example.org/hook")
    events = fields.List(fields.String(), required=True, metadata=about("Events that are sent.", list(EVENTS)))
    source = text_field("Only this source, or sources with this prefix.", "us/ca/", allow_none=True)
    layer = text_field("Only this layer.", "addresses", allow_none=True)
    active = fields.Boolean(required=True, metadata=about("Whether events are sent."))
    disabled_reason = text_field("Reason, if failed deliveries disabled it.", allow_none=True)
    waiting = fields.Integer(
        required=True, metadata=about("Number of waiting deliveries; counting stops at 10,000.", 0)
    )
    created_at = time_field("When it was created.")
    secret = fields.String(metadata=about("Signing secret; only in the response that creates or replaces it."))


class WebhookListSchema(ListSchema):
    """A page of webhooks, newest first."""

    webhooks = fields.List(fields.Nested(WebhookSchema), required=True)


class WebhookDeliverySchema(ResponseSchema):
    """A delivery of a webhook."""

    id = fields.Integer(required=True, metadata=about("ID, the same in every attempt (`webhook-id`).", 8))
    event = text_field("`data.published` or `ping`.", "data.published")
    state = fields.String(required=True, validate=validate.OneOf(STATES), metadata=about("State.", "delivered"))
    tries = fields.Integer(required=True, metadata=about("Number of attempts.", 1))
    status = fields.Integer(
        required=True, allow_none=True, metadata=about("HTTP status of the last attempt's response.", 200)
    )
    error = text_field("Error of the last attempt.", allow_none=True)
    created_at = time_field("When it was queued.")
    due_at = time_field("When the next attempt is due; null when the delivery has ended.", allow_none=True)
    ended_at = time_field("When it was delivered or failed.", allow_none=True)
    body = text_field("The body that is sent, as JSON text.")


class WebhookDeliveryListSchema(ListSchema):
    """A page of deliveries, newest first."""

    webhook = id_field("ID of the webhook.")
    deliveries = fields.List(fields.Nested(WebhookDeliverySchema), required=True)


class QueuedPingSchema(ResponseSchema):
    """POST /api/webhook/{webhook}/ping."""

    delivery = fields.Integer(required=True, metadata=about("ID of the queued delivery.", 9))
