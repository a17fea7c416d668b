"""`oa token`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import ROLE, limit_option
from oa_cli.output import errors, moment, table
from oa_cli.runner import json_option, print_answer, run


class TokenAnswer(TypedDict):
    """A token without its value."""

    id: int
    login: str
    name: str
    role: str
    expires_at: str
    last_used_at: str | None


class CreatedToken(TokenAnswer):
    """POST /api/token, the only answer with the value."""

    token: str


class TokenList(TypedDict):
    """GET /api/token."""

    tokens: list[TokenAnswer]


class RevokedToken(TypedDict):
    """DELETE /api/token/<token>."""

    id: int


@click.group()
def token() -> None:
    """Create, list and revoke API tokens for OA_TOKEN."""


@token.command("create")
@click.argument("name")
@click.option("--role", required=True, type=ROLE, help="Role (at most your own).")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366), help="Validity in days.")
@click.option("--account", type=int, help="Account ID (shared secret only).")
@json_option
def token_create(name: str, role: str, days: int, account: int | None, *, as_json: bool) -> None:
    """Create a token and print it. It is not shown again."""

    async def work(api: Api) -> int:
        body = {"name": name, "role": role, "days": days, "account": account}
        created = await api.post("/api/token", CreatedToken, body)
        print_answer(created, created["token"], as_json=as_json)
        expiry = moment(created["expires_at"])
        errors.print(f"token {created['id']} of {created['login']}, role {role}, expires {expiry}; store it now")
        return 0

    run(work)


@token.command("list")
@click.option("--account", type=int, help="Account ID, for admins (default: your own).")
@limit_option(100)
@json_option
def token_list(account: int | None, limit: int, *, as_json: bool) -> None:
    """List tokens without their values."""

    async def work(api: Api) -> int:
        tokens = (await api.get("/api/token", TokenList, account=account, limit=limit))["tokens"]
        columns = ("token", "account", "name", "role", "expires", "last used")
        rows = [
            [
                *(item["id"], item["login"], item["name"], item["role"], moment(item["expires_at"])),
                moment(item["last_used_at"]) or "never",
            ]
            for item in tokens
        ]
        print_answer(tokens, table("tokens", columns, rows), as_json=as_json)
        return 0

    run(work)


@token.command("revoke")
@click.argument("number", type=int)
@json_option
def token_revoke(number: int, *, as_json: bool) -> None:
    """Revoke a token."""

    async def work(api: Api) -> int:
        answer = await api.delete(f"/api/token/{number}", RevokedToken)
        print_answer(answer, f"token {number} revoked", as_json=as_json)
        return 0

    run(work)
