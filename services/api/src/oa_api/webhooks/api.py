"""The endpoints below /api/webhook."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.settings import site_url
from oa_api.webhooks import subscriptions
from oa_api.webhooks.rows import WebhookRow
from oa_api.webhooks.schemas import (
    DeliveryFilterSchema,
    NewWebhookSchema,
    QueuedPingSchema,
    WebhookChangeSchema,
    WebhookDeliverySchema,
    WebhookFilterSchema,
    WebhookSchema,
)
from oa_shared.public_http import Guard

_WEBHOOK, _DELIVERY = WebhookSchema(), WebhookDeliverySchema()


async def list_webhooks(request: web.Request) -> web.Response:
    """Return a page of webhooks, newest first."""
    window = await read_query(request, WebhookFilterSchema())
    page = await subscriptions.list_webhooks(request.app[DATABASE], window)
    return list_response(request, window, "webhooks", page, serialize=_WEBHOOK.dump)


async def post_webhook(request: web.Request) -> web.Response:
    """Create a webhook, return its secret this once, and ping it."""
    new_webhook, guard = await read_body(request, NewWebhookSchema()), Guard(request.app[SETTINGS].allowed_hosts)
    by = request[PRINCIPAL]
    webhook, secret = await subscriptions.create_webhook(request.app[DATABASE], new_webhook, guard, by=by)
    return _response_with_secret(webhook, secret)


async def get_webhook(request: web.Request) -> web.Response:
    """Return a webhook, without its secret."""
    webhook = await subscriptions.get_webhook(request.app[DATABASE], path_id(request, "webhook"))
    return web.json_response(_WEBHOOK.dump(webhook))


async def patch_webhook(request: web.Request) -> web.Response:
    """Change a webhook."""
    database, webhook = request.app[DATABASE], path_id(request, "webhook")
    change, guard = await read_body(request, WebhookChangeSchema()), Guard(request.app[SETTINGS].allowed_hosts)
    secret = await subscriptions.change_webhook(database, webhook, change, guard, by=request[PRINCIPAL])
    return _response_with_secret(await subscriptions.get_webhook(database, webhook), secret)


async def delete_webhook(request: web.Request) -> web.Response:
    """Delete a webhook."""
    database = request.app[DATABASE]
    webhook = await subscriptions.get_webhook(database, path_id(request, "webhook"))
    await subscriptions.delete_webhook(database, webhook.id, by=request[PRINCIPAL])
    return web.json_response(_WEBHOOK.dump(webhook))


async def post_ping(request: web.Request) -> web.Response:
    """Queue a test delivery."""
    delivery = await subscriptions.queue_ping(request.app[DATABASE], path_id(request, "webhook"))
    return web.json_response(QueuedPingSchema().dump({"delivery": delivery}))


async def list_deliveries(request: web.Request) -> web.Response:
    """Return a page of the deliveries of a webhook, newest first."""
    delivery_filter, database = await read_query(request, DeliveryFilterSchema()), request.app[DATABASE]
    webhook = await subscriptions.get_webhook(database, path_id(request, "webhook"))
    site = site_url(request.app[SETTINGS])
    page = await subscriptions.list_deliveries(database, webhook.id, delivery_filter, site=site)
    return list_response(request, delivery_filter, "deliveries", page, serialize=_DELIVERY.dump, webhook=webhook.id)


def _response_with_secret(webhook: WebhookRow, secret: str | None) -> web.Response:
    fields = _WEBHOOK.dump(webhook) | ({"secret": secret} if secret else {})
    return web.json_response(fields, headers={"Cache-Control": "no-store"})
