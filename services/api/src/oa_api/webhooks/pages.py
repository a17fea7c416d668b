"""The pages of webhooks: who is told of new data, and how it went."""

from typing import Any

from aiohttp import web
from marshmallow import fields

from oa_api.db import counting
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError
from oa_api.http.fields import StrictSchema
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import filters
from oa_api.ui import flash
from oa_api.ui.lists import asked_of, listing
from oa_api.ui.rendering import render
from oa_api.webhooks import api as reads
from oa_api.webhooks import subscriptions
from oa_api.webhooks.schemas import STATES, DeliveryFilterSchema, NewWebhookSchema, WebhookFilterSchema

PATH = "/webhooks"
_SQL = load_queries("webhooks.queries")


class _State(StrictSchema):
    active = fields.Boolean(required=True)


async def list_webhooks(request: web.Request) -> web.Response:
    """Show webhooks, newest first."""
    asked, database = await asked_of(request, WebhookFilterSchema()), request.app[DATABASE]
    values = filters.list_parameters(asked)
    rows = await database.all(_SQL["list"], values)
    webhooks = listing(request, asked, rows, await counting.count_rows(database, _SQL["count"], values))
    return render(request, "webhooks/list.html", webhooks=webhooks)


async def show_webhook(request: web.Request) -> web.Response:
    """Show one webhook with what it was told and is still to be told."""
    return await _shown(request, path_id(request, "webhook"))


async def make_webhook(request: web.Request) -> web.Response:
    """Make a webhook, and show its secret this once: on the page itself, so that no address and no cookie has it."""
    try:
        made, secret = await reads.make_webhook(request, await form(request, NewWebhookSchema()))
    except ApiError as error:
        return flash.see_other(request, PATH, error.detail, kind="bad")
    return await _shown(request, made, secret=secret)


async def change_secret(request: web.Request) -> web.Response:
    """Make another secret, and show it this once."""
    webhook, by = path_id(request, "webhook"), request[PRINCIPAL]
    secret = await subscriptions.change(request.app[DATABASE], webhook, {"new_secret": True}, by=by)
    return await _shown(request, webhook, secret=secret)


async def change_state(request: web.Request) -> web.Response:
    """Switch a webhook on or off."""
    webhook, asked = path_id(request, "webhook"), await form(request, _State())
    changes = {**asked, "new_secret": False}
    await subscriptions.change(request.app[DATABASE], webhook, changes, by=request[PRINCIPAL])
    return flash.see_other(request, f"{PATH}/{webhook}", "It is on." if asked["active"] else "It is off.")


async def ping(request: web.Request) -> web.Response:
    """Send a delivery that only says that we are there."""
    webhook = path_id(request, "webhook")
    delivery = await subscriptions.ping(request.app[DATABASE], webhook)
    return flash.see_other(request, f"{PATH}/{webhook}", f"Delivery {delivery} is on its way.")


async def remove(request: web.Request) -> web.Response:
    """Remove a webhook and what it would have been told."""
    webhook = path_id(request, "webhook")
    await subscriptions.delete(request.app[DATABASE], webhook, by=request[PRINCIPAL])
    return flash.see_other(request, PATH, f"Webhook {webhook} is gone.")


async def _shown(request: web.Request, webhook: int, *, secret: str | None = None) -> web.Response:
    database = request.app[DATABASE]
    asked = await asked_of(request, DeliveryFilterSchema())
    values: dict[str, Any] = {**filters.list_parameters(asked), "webhook": webhook, "state": asked["state"]}
    row = await reads.webhook_row(request, webhook)
    rows = await database.all(_SQL["deliveries"], values)
    told = listing(request, asked, rows, await counting.count_rows(database, _SQL["count_deliveries"], values))
    return render(
        request, "webhooks/webhook.html", webhook=row, deliveries=told, asked=asked, secret=secret, states=STATES
    )
