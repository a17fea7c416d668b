"""The endpoints below /api/webhook."""

from typing import Any

from aiohttp import web

from oa_api.db import counting
from oa_api.db.database import Row
from oa_api.db.query_files import load_queries
from oa_api.http import paging
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import NotFoundError
from oa_api.http.request_parsing import body, path_id, query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import filters
from oa_api.webhooks import schemas as shapes
from oa_api.webhooks import subscriptions
from oa_shared.public_http import Guard

_SQL = load_queries("webhooks.queries")
_WEBHOOK, _DELIVERY, _QUEUED = shapes.WebhookSchema(), shapes.WebhookDeliverySchema(), shapes.QueuedSchema()


async def list_webhooks(request: web.Request) -> web.Response:
    """Return a page of webhooks, newest first."""
    asked, database = await query(request, shapes.WebhookFilterSchema()), request.app[DATABASE]
    values = filters.list_parameters(asked)
    rows = [_WEBHOOK.dump(row) for row in await database.all(_SQL["list"], values)]
    total = await counting.count_rows(database, _SQL["count"], values)
    return paging.page_response(request, asked, "webhooks", rows, total=total)


async def post_webhook(request: web.Request) -> web.Response:
    """Make a webhook, show its secret once, and ping it."""
    made, secret = await make_webhook(request, await body(request, shapes.NewWebhookSchema()))
    return _shown_once(await webhook_row(request, made), secret)


async def make_webhook(request: web.Request, asked: dict[str, Any]) -> tuple[int, str]:
    """Make a webhook and ping it; return its number and its secret. Raises InvalidError."""
    subscriptions.check_address(asked["url"], _guard(request))
    made, secret = await subscriptions.create(request.app[DATABASE], asked, by=request[PRINCIPAL])
    await subscriptions.ping(request.app[DATABASE], made)
    return made, secret


async def get_webhook(request: web.Request) -> web.Response:
    """Return a webhook, without its secret."""
    return web.json_response(_WEBHOOK.dump(await webhook_row(request, path_id(request, "webhook"))))


async def patch_webhook(request: web.Request) -> web.Response:
    """Change a webhook."""
    webhook, asked = path_id(request, "webhook"), await body(request, shapes.WebhookChangeSchema())
    if "url" in asked:
        subscriptions.check_address(asked["url"], _guard(request))
    secret = await subscriptions.change(request.app[DATABASE], webhook, asked, by=request[PRINCIPAL])
    return _shown_once(await webhook_row(request, webhook), secret)


async def delete_webhook(request: web.Request) -> web.Response:
    """Remove a webhook."""
    webhook = path_id(request, "webhook")
    view = _WEBHOOK.dump(await webhook_row(request, webhook))
    await subscriptions.delete(request.app[DATABASE], webhook, by=request[PRINCIPAL])
    return web.json_response(view)


async def post_ping(request: web.Request) -> web.Response:
    """Queue a delivery that says only that we are there."""
    delivery = await subscriptions.ping(request.app[DATABASE], path_id(request, "webhook"))
    return web.json_response(_QUEUED.dump({"delivery": delivery}))


async def list_deliveries(request: web.Request) -> web.Response:
    """Return a page of what a webhook was told or is still to be told."""
    asked, database = await query(request, shapes.DeliveryFilterSchema()), request.app[DATABASE]
    webhook = (await webhook_row(request, path_id(request, "webhook")))["id"]
    values = {**filters.list_parameters(asked), "webhook": webhook, "state": asked["state"]}
    rows = [_DELIVERY.dump(row) for row in await database.all(_SQL["deliveries"], values)]
    total = await counting.count_rows(database, _SQL["count_deliveries"], values)
    return paging.page_response(request, asked, "deliveries", rows, total=total, webhook=webhook)


async def webhook_row(request: web.Request, webhook: int) -> Row:
    """Return a webhook without its secret. Raises NotFoundError."""
    row = await request.app[DATABASE].first(_SQL["one"], {"webhook": webhook})
    if row is None:
        raise NotFoundError(f"there is no webhook {webhook}")
    return row


def _guard(request: web.Request) -> Guard:
    return Guard(request.app[SETTINGS].allowed_hosts)


def _shown_once(row: Row, secret: str | None) -> web.Response:
    shown: dict[str, Any] = {**row, "secret": secret} if secret else row
    return web.json_response(_WEBHOOK.dump(shown), headers={"Cache-Control": "no-store"})
