"""`oa account`."""

from collections.abc import Mapping
from typing import Any

import click

from oa_cli.client import Api
from oa_cli.commands.token import ROLE
from oa_cli.output import moment, table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option


@click.group()
def account() -> None:
    """Say who may sign in, and what they may do."""


@account.command("list", epilog=EXIT_STATUSES)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100))
@click.option("--cursor", type=int, help="The number of the last account that you have seen.")
@json_option
def account_list(limit: int, cursor: int | None, *, as_json: bool) -> None:
    """List accounts, oldest first."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/account", limit=limit, cursor=cursor))["accounts"]
        columns = ("account", "name", "role", "e-mail", "GitHub's number", "last signed in (UTC)", "")
        rows = [
            [
                *(item[key] for key in ("id", "login", "role", "email", "github_id")),
                moment(item["signed_in_at"]) or "never",
                "disabled" if item["disabled_at"] else "",
            ]
            for item in found
        ]
        answer(found, table("accounts", columns, rows), as_json=as_json)
        return 0

    call(work)


@account.command("add", epilog=EXIT_STATUSES)
@click.argument("login")
@click.option("--role", default="viewer", show_default=True, type=ROLE)
@click.option("--email", help="Where links to sign in are sent.")
@click.option("--github-id", type=int, help="`id` of https://api.github.com/users/NAME.")
@json_option
def account_add(login: str, role: str, email: str | None, github_id: int | None, *, as_json: bool) -> None:
    """Make an account."""

    async def work(api: Api) -> int:
        asked = {"login": login, "role": role, "email": email, "github_id": github_id}
        made = await api.post("/api/account", asked)
        answer(made, _words(made), as_json=as_json)
        return 0

    call(work)


@account.command("change", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--role", type=ROLE)
@click.option("--email", help='Where links to sign in are sent; "" for nowhere.')
@click.option("--github-id", type=int, help="0 for none.")
@json_option
def account_change(number: int, role: str | None, email: str | None, github_id: int | None, *, as_json: bool) -> None:
    """Change an account; what is left out stays as it is."""
    change: dict[str, Any] = {} if role is None else {"role": role}
    change |= {} if email is None else {"email": email or None}
    change |= {} if github_id is None else {"github_id": github_id or None}
    if not change:
        raise click.UsageError("say what to change: --role, --email or --github-id")
    _change(number, change, as_json=as_json)


@account.command("disable", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def account_disable(number: int, *, as_json: bool) -> None:
    """Keep somebody out; their tokens and sessions end for good."""
    _change(number, {"disabled": True}, as_json=as_json)


@account.command("enable", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def account_enable(number: int, *, as_json: bool) -> None:
    """Let somebody in again."""
    _change(number, {"disabled": False}, as_json=as_json)


def _change(number: int, change: Mapping[str, Any], *, as_json: bool) -> None:
    async def work(api: Api) -> int:
        changed = await api.patch(f"/api/account/{number}", change)
        answer(changed, _words(changed), as_json=as_json)
        return 0

    call(work)


def _words(account: Mapping[str, Any]) -> str:
    state = ", disabled" if account["disabled_at"] else ""
    return f"account {account['id']}: {account['login']}, {account['role']}{state}"
