"""How webhooks and their deliveries look."""

from typing import Any

from marshmallow import fields, validate

from oa_api.http.fields import StrictSchema, Text, Time, about, identifier
from oa_api.http.schemas import ResponseSchema, SliceSchema
from oa_shared.status import LAYERS

EVENTS = ("data.published",)
STATES = ("waiting", "delivered", "failed")
_MAX_URL = 2000


def _url(**more: Any) -> Text:
    return Text(
        validate=[validate.Length(max=_MAX_URL), validate.URL(schemes={"http", "https"}, require_tld=False)],
        metadata=about("Where to send it: https, and on the public internet.", "https://example.org/hook"),
        **more,
    )


def _source(**more: Any) -> Text:
    return Text(
        allow_none=True,
        validate=validate.Length(min=1, max=500),
        metadata=about("Only of this source; with a slash at the end, of all whose name begins so.", "us/ca/"),
        **more,
    )


def _layer(**more: Any) -> fields.String:
    return fields.String(
        allow_none=True, validate=validate.OneOf(LAYERS), metadata=about("Only of this layer."), **more
    )


class NewWebhookSchema(StrictSchema):
    """POST /api/webhook."""

    url = _url(required=True)
    events = fields.List(
        fields.String(validate=validate.OneOf(EVENTS)),
        load_default=list(EVENTS),
        validate=validate.Length(min=1),
        metadata=about("What to tell of.", list(EVENTS)),
    )
    source = _source(load_default=None)
    layer = _layer(load_default=None)


class WebhookChangeSchema(StrictSchema):
    """PATCH /api/webhook/{webhook}; what is left out stays as it is."""

    url = _url()
    source = _source()
    layer = _layer()
    active = fields.Boolean(
        metadata=about("Off: nothing is sent, nothing new is kept for it. On: failures are forgotten.", True)
    )
    new_secret = fields.Boolean(
        load_default=False, metadata=about("Make another secret, which the answer shows, once.", True)
    )


class WebhookFilterSchema(SliceSchema):
    """GET /api/webhook."""

    cursor = identifier(load_default=None, metadata=about("The id of the last webhook that you have."))


class DeliveryFilterSchema(SliceSchema):
    """GET /api/webhook/{webhook}/deliveries."""

    cursor = identifier(load_default=None, metadata=about("The id of the last delivery that you have."))
    state = fields.String(load_default=None, validate=validate.OneOf(STATES), metadata=about("In this state."))


class WebhookSchema(ResponseSchema):
    """Somebody who is told of new data."""

    id = fields.Integer(required=True, metadata=about("Its number.", 3))
    url = fields.String(required=True, metadata=about("Where it is told.", "https://example.org/hook"))
    events = fields.List(fields.String(), required=True)
    source = fields.String(required=True, allow_none=True)
    layer = fields.String(required=True, allow_none=True)
    active = fields.Boolean(required=True, metadata=about("Whether it is told of what happens."))
    disabled_reason = fields.String(required=True, allow_none=True, metadata=about("Why it is not, if it was us."))
    waiting = fields.Integer(required=True, metadata=about("How many deliveries wait.", 0))
    created_at = Time(required=True)
    secret = fields.String(metadata=about("What signs the deliveries; shown when it is made and never again."))


class WebhookListSchema(ResponseSchema):
    """A page of webhooks, newest first."""

    total = fields.Integer(required=True)
    total_is_estimate = fields.Boolean(required=True)
    webhooks = fields.List(fields.Nested(WebhookSchema), required=True)


class WebhookDeliverySchema(ResponseSchema):
    """One thing that a webhook is told."""

    id = fields.Integer(required=True, metadata=about("Its number: the same in every try of it.", 8))
    event = fields.String(required=True, metadata=about("`data.published` or `ping`.", "data.published"))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    tries = fields.Integer(required=True, metadata=about("How often it was sent.", 1))
    status = fields.Integer(required=True, allow_none=True, metadata=about("What the last try was answered with.", 200))
    error = fields.String(required=True, allow_none=True, metadata=about("Why the last try failed."))
    created_at = Time(required=True)
    due_at = Time(required=True, allow_none=True, metadata=about("When it is tried next; null when it is over."))
    ended_at = Time(required=True, allow_none=True)
    body = fields.String(required=True, metadata=about("What is sent."))


class WebhookDeliveryListSchema(ResponseSchema):
    """A page of deliveries, newest first."""

    webhook = fields.Integer(required=True)
    total = fields.Integer(required=True)
    total_is_estimate = fields.Boolean(required=True)
    deliveries = fields.List(fields.Nested(WebhookDeliverySchema), required=True)


class QueuedSchema(ResponseSchema):
    """POST /api/webhook/{webhook}/ping."""

    delivery = fields.Integer(required=True, metadata=about("The delivery that will be sent.", 9))
