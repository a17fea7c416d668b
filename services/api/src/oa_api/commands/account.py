"""`oa-api account add|link`: the first admin, from where the database can be reached."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from oa_api.accounts.schemas import NewAccountSchema
from oa_api.db.database import Database, Transaction
from oa_api.http.errors import InvalidError
from oa_api.identity import accounts, magic_link
from oa_api.identity.principal import Principal
from oa_api.settings import site_url
from oa_shared.roles import ACCOUNT_ROLES, Role

_OPERATOR = Principal("operator", None, "operator", Role.SERVICE)


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """The settings of `oa-api account`: the database, and the base URL of sign-in links."""

    database_url: str = field(repr=False, metadata={"help": "Postgres connection URL."})
    public_url: str = field(default="", metadata={"help": "Base URL of the service; else http://OA_HOST:OA_PORT."})
    host: str = field(default="127.0.0.1", metadata={"help": "Address that the API listens on."})
    port: int = field(default=8000, metadata={"help": "Port that the API listens on."})


async def run_account_command(settings: AccountSettings, arguments: Sequence[str]) -> str:
    """Make an account, or a link that signs one in, and return what to print. Raises ApiError, StoreError."""
    given = _parser().parse_args(arguments)
    database = await Database.open(settings.database_url, connections=1)
    try:
        if given.action == "add":
            return await database.run(lambda transaction: _add(transaction, given))
        return await database.run(lambda transaction: _link(transaction, given.login, site_url(settings)))
    finally:
        await database.close()


async def _add(transaction: Transaction, given: argparse.Namespace) -> str:
    asked = {name: getattr(given, name) for name in ("login", "role", "email", "github_id")}
    made = await accounts.create(transaction, _checked(asked), by=_OPERATOR)
    return f"account {made}: {given.login}, {given.role}"


async def _link(transaction: Transaction, login: str, site: str) -> str:
    account = await accounts.by_login(transaction, login)
    return magic_link.address(site, await magic_link.make(transaction, account["id"]))


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(NewAccountSchema().load(asked))
    except ValidationError as error:
        raise InvalidError(str(error), fields=error.normalized_messages()) from error  # type: ignore[no-untyped-call] # unannotated


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oa-api account", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="make an account")
    add.add_argument("login")
    add.add_argument("--role", choices=ACCOUNT_ROLES, default=Role.VIEWER.label)
    add.add_argument("--email")
    add.add_argument("--github-id", type=int, help="`id` of https://api.github.com/users/NAME")
    link = actions.add_parser("link", help="print a link that signs in once, within 15 minutes")
    link.add_argument("login")
    return parser
