"""`oa-api account add|link`: creates the first admin, on a machine that can reach the database."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marshmallow import ValidationError

from oa_api.accounts.schemas import NewAccountSchema
from oa_api.db.database import Database, Transaction
from oa_api.http.errors import InvalidError
from oa_api.http.fields import error_messages
from oa_api.identity.accounts import create_account, find_account_by_login
from oa_api.identity.magic_link import create_link, link_url
from oa_api.identity.principal import Principal
from oa_api.identity.requests import NewAccount
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
    """Create an account, or a link that signs one in, and return what to print. Raises ApiError, StoreError."""
    options = build_parser().parse_args(arguments)
    database = await Database.open(settings.database_url, connections=1)
    try:
        if options.action == "add":
            return await database.run(lambda transaction: _add(transaction, options))
        return await database.run(lambda transaction: _link(transaction, options.login, site_url(settings)))
    finally:
        await database.close()


async def _add(transaction: Transaction, options: argparse.Namespace) -> str:
    values = {name: getattr(options, name) for name in ("login", "role", "email", "github_id")}
    account_id = await create_account(transaction, _validate(values), by=_OPERATOR)
    return f"account {account_id}: {options.login}, {options.role}"


async def _link(transaction: Transaction, login: str, site: str) -> str:
    account = await find_account_by_login(transaction, login)
    return link_url(site, await create_link(transaction, account.id))


def _validate(values: Mapping[str, object]) -> NewAccount:
    try:
        new_account: NewAccount = NewAccountSchema().load(values)
    except ValidationError as error:
        raise InvalidError(str(error), fields=error_messages(error)) from error
    return new_account


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(
        prog="oa-api account", description="Create an account, such as the first admin, or a link that signs one in."
    )
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="create an account")
    add.add_argument("login")
    add.add_argument("--role", choices=ACCOUNT_ROLES, default=Role.VIEWER.label)
    add.add_argument("--email", help="email address for sign-in links")
    add.add_argument("--github-id", type=int, help="GitHub user ID: `id` of https://api.github.com/users/NAME")
    link = actions.add_parser("link", help="print a link that signs in once, within 15 minutes")
    link.add_argument("login")
    return parser
