"""`oa account`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import ROLE, limit_option
from oa_cli.output import moment, table
from oa_cli.runner import json_option, print_answer, run
from oa_shared.json_types import JsonMapping, JsonObject


class Account(TypedDict):
    """An account."""

    id: int
    login: str
    role: str
    email: str | None
    github_id: int | None
    signed_in_at: str | None
    disabled_at: str | None


class AccountList(TypedDict):
    """GET /api/account."""

    accounts: list[Account]


@click.group()
def account() -> None:
    """Manage accounts."""


@account.command("list")
@limit_option(100)
@click.option("--cursor", type=int, help="The ID of the last account received.")
@json_option
def account_list(limit: int, cursor: int | None, *, as_json: bool) -> None:
    """List accounts, oldest first."""

    async def work(api: Api) -> int:
        accounts = (await api.get("/api/account", AccountList, limit=limit, cursor=cursor))["accounts"]
        columns = ("account", "name", "role", "email", "GitHub user ID", "last sign-in", "")
        rows = [
            [
                *(item["id"], item["login"], item["role"], item["email"], item["github_id"]),
                moment(item["signed_in_at"]) or "never",
                "disabled" if item["disabled_at"] else "",
            ]
            for item in accounts
        ]
        print_answer(accounts, table("accounts", columns, rows), as_json=as_json)
        return 0

    run(work)


@account.command("add")
@click.argument("login")
@click.option("--role", default="viewer", show_default=True, type=ROLE, help="The role of the account.")
@click.option("--email", help="The address for sign-in links.")
@click.option("--github-id", type=int, help="GitHub user ID: `id` in https://api.github.com/users/NAME.")
@json_option
def account_add(login: str, role: str, email: str | None, github_id: int | None, *, as_json: bool) -> None:
    """Add an account."""

    async def work(api: Api) -> int:
        body = {"login": login, "role": role, "email": email, "github_id": github_id}
        created = await api.post("/api/account", Account, body)
        print_answer(created, _describe(created), as_json=as_json)
        return 0

    run(work)


@account.command("change")
@click.argument("number", type=int)
@click.option("--role", type=ROLE, help="The new role.")
@click.option("--email", help='The address for sign-in links; "" removes it.')
@click.option("--github-id", type=int, help="GitHub user ID; 0 removes it.")
@json_option
def account_change(number: int, role: str | None, email: str | None, github_id: int | None, *, as_json: bool) -> None:
    """Change an account.

    Options that are left out keep their values.
    """
    change: JsonObject = {} if role is None else {"role": role}
    change |= {} if email is None else {"email": email or None}
    change |= {} if github_id is None else {"github_id": github_id or None}
    if not change:
        raise click.UsageError("nothing to change: use --role, --email or --github-id")
    _change(number, change, as_json=as_json)


@account.command("disable")
@click.argument("number", type=int)
@json_option
def account_disable(number: int, *, as_json: bool) -> None:
    """Disable an account and revoke its tokens and sessions."""
    _change(number, {"disabled": True}, as_json=as_json)


@account.command("enable")
@click.argument("number", type=int)
@json_option
def account_enable(number: int, *, as_json: bool) -> None:
    """Re-enable an account."""
    _change(number, {"disabled": False}, as_json=as_json)


def _change(number: int, change: JsonMapping, *, as_json: bool) -> None:
    async def work(api: Api) -> int:
        changed = await api.patch(f"/api/account/{number}", Account, change)
        print_answer(changed, _describe(changed), as_json=as_json)
        return 0

    run(work)


def _describe(account: Account) -> str:
    state = ", disabled" if account["disabled_at"] else ""
    return f"account {account['id']}: {account['login']}, {account['role']}{state}"
