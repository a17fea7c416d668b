"""The page of accounts: who may sign in, and what they may do."""

from typing import Any

from aiohttp import web
from marshmallow import fields

from oa_api.accounts import api as reads
from oa_api.accounts.schemas import CursorSchema, NewAccountSchema, email_address, github_number, role_word
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, ConflictError
from oa_api.http.fields import StrictSchema
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id, query
from oa_api.identity import accounts
from oa_api.identity.principal import PRINCIPAL
from oa_api.identity.tokens import MAX_TOKENS
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.roles import ACCOUNT_ROLES

PATH = "/accounts"
_SHOWN = 100


class _NewAccount(NewAccountSchema):
    """The same as the API's; a form has only text."""

    github_id = github_number(strict=False, load_default=None)


class _Change(StrictSchema):
    """All that can be changed, since a form sends every field: what is empty is taken away."""

    email = email_address(load_default=None)
    github_id = github_number(strict=False, load_default=None)
    role = role_word(required=True)


class _State(StrictSchema):
    disabled = fields.Boolean(required=True)


async def list_accounts(request: web.Request) -> web.Response:
    """Show accounts, oldest first."""
    asked = {**await query(request, CursorSchema()), "limit": _SHOWN}
    found, following = await reads.rows(request.app[DATABASE], "accounts", asked)
    older = str(request.rel_url.update_query(cursor=following)) if following is not None else None
    return render(request, "accounts/accounts.html", accounts=found, older=older, roles=ACCOUNT_ROLES)


async def show_account(request: web.Request) -> web.Response:
    """Show one account, with what can be changed of it."""
    account = await reads.account_row(request.app[DATABASE], path_id(request, "account"))
    asked = {"account": account["id"], "cursor": None, "limit": MAX_TOKENS}
    found, _ = await reads.rows(request.app[DATABASE], "tokens", asked)
    return render(request, "accounts/account.html", account=account, tokens=found, roles=ACCOUNT_ROLES)


async def make_account(request: web.Request) -> web.Response:
    """Make an account."""
    by = request[PRINCIPAL]
    try:
        asked = await form(request, _NewAccount())
        await request.app[DATABASE].run(lambda transaction: accounts.create(transaction, asked, by=by))
    except ApiError as error:
        return flash.see_other(request, PATH, _words(error), kind="bad")
    return flash.see_other(request, PATH, f"{asked['login']} can sign in now.")


async def change_account(request: web.Request) -> web.Response:
    """Change the role and the addresses of an account."""
    return await _change(request, await form(request, _Change()))


async def change_state(request: web.Request) -> web.Response:
    """Disable an account, or let it in again."""
    return await _change(request, await form(request, _State()))


async def _change(request: web.Request, asked: dict[str, Any]) -> web.Response:
    account = path_id(request, "account")
    path = f"{PATH}/{account}"
    try:
        await reads.change_account(request, account, asked)
    except ConflictError as error:
        return flash.see_other(request, path, _words(error), kind="bad")
    return flash.see_other(request, path, "The account is changed.")


def _words(error: ApiError) -> str:
    reasons = "; ".join(
        f"{name}: {' '.join(map(str, reasons)) if isinstance(reasons, list) else reasons}"
        for name, reasons in error.fields.items()
    )
    return f"{error.detail}. {reasons}" if reasons else error.detail
