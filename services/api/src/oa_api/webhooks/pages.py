"""The pages of webhooks and their deliveries."""

from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import ApiError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.identity.principal import PRINCIPAL
from oa_api.settings import site_url
from oa_api.ui import flash
from oa_api.ui.lists import list_filter, make_listing
from oa_api.ui.rendering import render
from oa_api.ui.sent_form import UNSENT, SentForm, refused_form
from oa_api.webhooks import subscriptions
from oa_api.webhooks.requests import WebhookChange
from oa_api.webhooks.schemas import (
    STATES,
    DeliveryFilterSchema,
    NewWebhookSchema,
    WebhookFilterSchema,
    WebhookStateFormSchema,
)
from oa_shared.public_http import Guard

PATH = "/webhooks"
_NEW_SECRET = WebhookChange(given=["new_secret"], new_secret=True)


async def list_webhooks(request: web.Request) -> web.Response:
    """Show webhooks, newest first."""
    return await _render_webhooks(request, UNSENT)


async def show_webhook(request: web.Request) -> web.Response:
    """Show a webhook with its deliveries."""
    return await _render_webhook(request, path_id(request, "webhook"))


async def create_webhook(request: web.Request) -> web.Response:
    """Create a webhook, and show its secret this once: on the page itself, so that no URL and no cookie contains it."""
    guard = _guard(request)
    try:
        new_webhook = await read_form(request, NewWebhookSchema())
        by = request[PRINCIPAL]
        webhook, secret = await subscriptions.create_webhook(request.app[DATABASE], new_webhook, guard, by=by)
    except ApiError as error:
        return await _render_webhooks(request, refused_form(request, error))
    return await _render_webhook(request, webhook.id, secret=secret)


async def change_secret(request: web.Request) -> web.Response:
    """Replace the secret of a webhook, and show the new one this once."""
    return await _render_webhook(request, path_id(request, "webhook"), secret=await _change(request, _NEW_SECRET))


async def change_state(request: web.Request) -> web.Response:
    """Enable or disable a webhook."""
    webhook, change = path_id(request, "webhook"), await read_form(request, WebhookStateFormSchema())
    await _change(request, change)
    message = "Webhook enabled." if change.active else "Webhook disabled."
    return flash.see_other(request, f"{PATH}/{webhook}", message)


async def ping(request: web.Request) -> web.Response:
    """Queue a test delivery."""
    webhook = path_id(request, "webhook")
    delivery = await subscriptions.queue_ping(request.app[DATABASE], webhook)
    return flash.see_other(request, f"{PATH}/{webhook}", f"Delivery {delivery} is queued.")


async def delete_webhook(request: web.Request) -> web.Response:
    """Delete a webhook and its deliveries."""
    webhook = path_id(request, "webhook")
    await subscriptions.delete_webhook(request.app[DATABASE], webhook, by=request[PRINCIPAL])
    return flash.see_other(request, PATH, f"Webhook {webhook} deleted.")


async def _change(request: web.Request, change: WebhookChange) -> str | None:
    webhook, by = path_id(request, "webhook"), request[PRINCIPAL]
    return await subscriptions.change_webhook(request.app[DATABASE], webhook, change, _guard(request), by=by)


def _guard(request: web.Request) -> Guard:
    return Guard(request.app[SETTINGS].allowed_hosts)


async def _render_webhooks(request: web.Request, form: SentForm) -> web.Response:
    window = await list_filter(request, WebhookFilterSchema())
    page = await subscriptions.list_webhooks(request.app[DATABASE], window)
    listing = make_listing(request, window, page)
    return render(request, "webhooks/list.html", status=form.status, webhooks=listing, form=form)


async def _render_webhook(request: web.Request, webhook_id: int, *, secret: str | None = None) -> web.Response:
    database = request.app[DATABASE]
    delivery_filter = await list_filter(request, DeliveryFilterSchema())
    webhook = await subscriptions.get_webhook(database, webhook_id)
    page = await subscriptions.list_deliveries(
        database, webhook_id, delivery_filter, site=site_url(request.app[SETTINGS])
    )
    deliveries = make_listing(request, delivery_filter, page)
    return render(
        request,
        "webhooks/webhook.html",
        webhook=webhook,
        deliveries=deliveries,
        delivery_filter=delivery_filter,
        secret=secret,
        states=STATES,
    )
