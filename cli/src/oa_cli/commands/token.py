"""`oa token`."""

import click

from oa_cli.client import Api
from oa_cli.output import errors, moment, table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option

ROLE = click.Choice(["viewer", "author", "moderator", "admin"])


@click.group()
def token() -> None:
    """Make and revoke API tokens, which OA_TOKEN takes."""


@token.command("create", epilog=EXIT_STATUSES)
@click.argument("name")
@click.option("--role", required=True, type=ROLE, help="What it may do: no more than you.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366), help="How long it is good for.")
@click.option("--account", type=int, help="With the shared secret: whose it is.")
@json_option
def token_create(name: str, role: str, days: int, account: int | None, *, as_json: bool) -> None:
    """Make a token and print it. It is not shown again."""

    async def work(api: Api) -> int:
        made = await api.post("/api/token", {"name": name, "role": role, "days": days, "account": account})
        answer(made, made["token"], as_json=as_json)
        errors.print(f"token {made['id']} of {made['login']}, {role} until {moment(made['expires_at'])}; keep it now")
        return 0

    call(work)


@token.command("list", epilog=EXIT_STATUSES)
@click.option("--account", type=int, help="Whose, for admins; else your own.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100))
@json_option
def token_list(account: int | None, limit: int, *, as_json: bool) -> None:
    """List tokens, which shows what they are for and never the tokens."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/token", account=account, limit=limit))["tokens"]
        columns = ("token", "of", "for", "role", "good until (UTC)", "last used (UTC)")
        rows = [
            [
                *(item[key] for key in ("id", "login", "name", "role")),
                moment(item["expires_at"]),
                moment(item["last_used_at"]) or "never",
            ]
            for item in found
        ]
        answer(found, table("tokens", columns, rows), as_json=as_json)
        return 0

    call(work)


@token.command("revoke", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def token_revoke(number: int, *, as_json: bool) -> None:
    """Make a token good for nothing."""

    async def work(api: Api) -> int:
        said = await api.delete(f"/api/token/{number}")
        answer(said, f"token {number} is revoked", as_json=as_json)
        return 0

    call(work)
