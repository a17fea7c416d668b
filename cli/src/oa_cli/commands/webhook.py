"""`oa webhook`."""

from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import errors, moment, table
from oa_cli.session import EXIT_STATUSES, answer, call, json_option

_LAYER = click.Choice(["addresses", "parcels", "buildings", "centerlines"])


@click.group()
def webhook() -> None:
    """Tell others of new data (for admins)."""


@webhook.command("list", epilog=EXIT_STATUSES)
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def webhook_list(limit: int, *, as_json: bool) -> None:
    """List webhooks, newest first."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/webhook", limit=limit))["webhooks"]
        columns = ("webhook", "address", "source", "layer", "", "waiting", "why it is off")
        rows = [
            [
                *(item[key] for key in ("id", "url", "source", "layer")),
                "on" if item["active"] else "off",
                item["waiting"],
                item["disabled_reason"],
            ]
            for item in found
        ]
        answer(found, table("webhooks", columns, rows), as_json=as_json)
        return 0

    call(work)


@webhook.command("add", epilog=EXIT_STATUSES)
@click.argument("url")
@click.option("--source", help="Only of this source; `us/ca/`, with a slash at the end, is all below.")
@click.option("--layer", type=_LAYER, help="Only of this layer.")
@json_option
def webhook_add(url: str, source: str | None, layer: str | None, *, as_json: bool) -> None:
    """Make a webhook and print its secret. It is not shown again."""

    async def work(api: Api) -> int:
        made = await api.post("/api/webhook", {"url": url, "source": source, "layer": layer})
        answer(made, made["secret"], as_json=as_json)
        errors.print(f"webhook {made['id']} signs with this secret; keep it now. A ping is on its way")
        return 0

    call(work)


@webhook.command("change", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--url", help="Another address.")
@click.option("--on/--off", "active", default=None, help="Send, or send nothing.")
@click.option("--new-secret", is_flag=True, help="Sign with a new secret, which is printed.")
@json_option
def webhook_change(number: int, url: str | None, *, active: bool | None, new_secret: bool, as_json: bool) -> None:
    """Change a webhook."""
    changes: dict[str, Any] = {"url": url, "active": active, "new_secret": new_secret or None}
    asked = {key: value for key, value in changes.items() if value is not None}
    if not asked:
        raise click.UsageError("give --url, --on, --off or --new-secret")

    async def work(api: Api) -> int:
        said = await api.patch(f"/api/webhook/{number}", asked)
        shown = said.get("secret") or f"webhook {number} is {'on' if said['active'] else 'off'}"
        answer(said, shown, as_json=as_json)
        return 0

    call(work)


@webhook.command("remove", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def webhook_remove(number: int, *, as_json: bool) -> None:
    """Remove a webhook and what it would have been told."""

    async def work(api: Api) -> int:
        said = await api.delete(f"/api/webhook/{number}")
        answer(said, f"webhook {number} is gone", as_json=as_json)
        return 0

    call(work)


@webhook.command("ping", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def webhook_ping(number: int, *, as_json: bool) -> None:
    """Send a delivery that says only that we are there."""

    async def work(api: Api) -> int:
        said = await api.post(f"/api/webhook/{number}/ping")
        answer(
            said, f"delivery {said['delivery']}; `oa webhook deliveries {number}` tells how it went", as_json=as_json
        )
        return 0

    call(work)


@webhook.command("deliveries", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--state", type=click.Choice(["waiting", "delivered", "failed"]))
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def webhook_deliveries(number: int, state: str | None, limit: int, *, as_json: bool) -> None:
    """List what a webhook was told or is still to be told, newest first."""

    async def work(api: Api) -> int:
        found = (await api.get(f"/api/webhook/{number}/deliveries", state=state, limit=limit))["deliveries"]
        columns = ("delivery", "event", "state", "tries", "status", "error", "next try (UTC)")
        rows = [
            [
                *(item[key] for key in ("id", "event", "state", "tries", "status", "error")),
                moment(item["due_at"]),
            ]
            for item in found
        ]
        answer(found, table("deliveries", columns, rows), as_json=as_json)
        return 0

    call(work)
