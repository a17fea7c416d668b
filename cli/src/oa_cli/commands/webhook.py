"""`oa webhook`."""

from typing import NotRequired, TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import LAYER, SOURCE, limit_option
from oa_cli.output import errors, moment, table
from oa_cli.runner import json_option, print_answer, run


class Webhook(TypedDict):
    """A webhook; the answer includes a new secret."""

    id: int
    url: str
    source: str | None
    layer: str | None
    active: bool
    waiting: int
    disabled_reason: str | None
    secret: NotRequired[str]


class WebhookList(TypedDict):
    """GET /api/webhook."""

    webhooks: list[Webhook]


class RemovedWebhook(TypedDict):
    """DELETE /api/webhook/<webhook>."""

    id: int


class WebhookDelivery(TypedDict):
    """A delivery of a webhook."""

    id: int
    event: str
    state: str
    tries: int
    status: int | None
    error: str | None
    due_at: str | None


class DeliveryList(TypedDict):
    """GET /api/webhook/<webhook>/deliveries."""

    deliveries: list[WebhookDelivery]


class StartedPing(TypedDict):
    """POST /api/webhook/<webhook>/ping."""

    delivery: int


@click.group()
def webhook() -> None:
    """Manage webhooks (admin)."""


@webhook.command("list")
@limit_option(25)
@json_option
def webhook_list(limit: int, *, as_json: bool) -> None:
    """List webhooks, newest first."""

    async def work(api: Api) -> int:
        webhooks = (await api.get("/api/webhook", WebhookList, limit=limit))["webhooks"]
        columns = ("webhook", "URL", "source", "layer", "state", "waiting", "disabled reason")
        rows = [
            [
                *(item["id"], item["url"], item["source"], item["layer"]),
                "enabled" if item["active"] else "disabled",
                *(item["waiting"], item["disabled_reason"]),
            ]
            for item in webhooks
        ]
        print_answer(webhooks, table("webhooks", columns, rows), as_json=as_json)
        return 0

    run(work)


@webhook.command("add")
@click.argument("url")
@click.option("--source", help=SOURCE)
@click.option("--layer", type=LAYER, help="Only this layer.")
@json_option
def webhook_add(url: str, source: str | None, layer: str | None, *, as_json: bool) -> None:
    """Add a webhook and print its secret. It is not shown again."""

    async def work(api: Api) -> int:
        created = await api.post("/api/webhook", Webhook, {"url": url, "source": source, "layer": layer})
        print_answer(created, created.get("secret", ""), as_json=as_json)
        errors.print(f"webhook {created['id']} signs with this secret; store it now. A test delivery is being sent.")
        return 0

    run(work)


@webhook.command("change")
@click.argument("number", type=int)
@click.option("--url", help="New URL.")
@click.option("--enable/--disable", "active", default=None, help="Enable or disable.")
@click.option("--new-secret", is_flag=True, help="Sign with a new secret and print it.")
@json_option
def webhook_change(number: int, url: str | None, *, active: bool | None, new_secret: bool, as_json: bool) -> None:
    """Change, enable or disable a webhook."""
    changes = {"url": url, "active": active, "new_secret": new_secret or None}
    body = {key: value for key, value in changes.items() if value is not None}
    if not body:
        raise click.UsageError("nothing to change: use --url, --enable, --disable or --new-secret")

    async def work(api: Api) -> int:
        answer = await api.patch(f"/api/webhook/{number}", Webhook, body)
        state = f"webhook {number} {'enabled' if answer['active'] else 'disabled'}"
        print_answer(answer, answer.get("secret") or state, as_json=as_json)
        return 0

    run(work)


@webhook.command("remove")
@click.argument("number", type=int)
@json_option
def webhook_remove(number: int, *, as_json: bool) -> None:
    """Remove a webhook and its pending deliveries."""

    async def work(api: Api) -> int:
        answer = await api.delete(f"/api/webhook/{number}", RemovedWebhook)
        print_answer(answer, f"webhook {number} removed", as_json=as_json)
        return 0

    run(work)


@webhook.command("ping")
@click.argument("number", type=int)
@json_option
def webhook_ping(number: int, *, as_json: bool) -> None:
    """Send a test delivery."""

    async def work(api: Api) -> int:
        answer = await api.post(f"/api/webhook/{number}/ping", StartedPing)
        line = f"delivery {answer['delivery']}; `oa webhook deliveries {number}` shows the result"
        print_answer(answer, line, as_json=as_json)
        return 0

    run(work)


@webhook.command("deliveries")
@click.argument("number", type=int)
@click.option("--state", type=click.Choice(["waiting", "delivered", "failed"]), help="Only this state.")
@limit_option(25)
@json_option
def webhook_deliveries(number: int, state: str | None, limit: int, *, as_json: bool) -> None:
    """List the deliveries of a webhook, newest first."""

    async def work(api: Api) -> int:
        path = f"/api/webhook/{number}/deliveries"
        deliveries = (await api.get(path, DeliveryList, state=state, limit=limit))["deliveries"]
        columns = ("delivery", "event", "state", "tries", "status", "error", "next try")
        rows = [
            [
                *(item["id"], item["event"], item["state"], item["tries"], item["status"], item["error"]),
                moment(item["due_at"]),
            ]
            for item in deliveries
        ]
        print_answer(deliveries, table("deliveries", columns, rows), as_json=as_json)
        return 0

    run(work)
