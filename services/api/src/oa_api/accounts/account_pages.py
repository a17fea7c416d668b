"""The pages of accounts."""

from dataclasses import replace

from aiohttp import web

from oa_api.accounts.schemas import (
    AccountFilterSchema,
    AccountFormSchema,
    AccountStateFormSchema,
    NewAccountFormSchema,
)
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, ConflictError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id, read_query
from oa_api.identity import accounts, tokens
from oa_api.identity.principal import PRINCIPAL
from oa_api.identity.requests import AccountChange, TokenFilter
from oa_api.ui import flash
from oa_api.ui.lists import make_listing
from oa_api.ui.rendering import render
from oa_shared.roles import ACCOUNT_ROLES

PATH = "/accounts"
_SHOWN = 100


async def show_accounts(request: web.Request) -> web.Response:
    """Show accounts, oldest first."""
    window = replace(await read_query(request, AccountFilterSchema()), limit=_SHOWN)
    listing = make_listing(request, window, await accounts.list_accounts(request.app[DATABASE], window))
    return render(request, "accounts/accounts.html", listing=listing, roles=ACCOUNT_ROLES)


async def show_account(request: web.Request) -> web.Response:
    """Show one account, with a form to change it."""
    database, account_id = request.app[DATABASE], path_id(request, "account")
    account = await accounts.get_account(database, account_id)
    page = await tokens.list_tokens(database, TokenFilter(limit=tokens.MAX_TOKENS, account=account_id))
    return render(request, "accounts/account.html", account=account, tokens=page.rows, roles=ACCOUNT_ROLES)


async def post_account(request: web.Request) -> web.Response:
    """Create an account."""
    by = request[PRINCIPAL]
    try:
        new_account = await read_form(request, NewAccountFormSchema())
        await request.app[DATABASE].run(lambda transaction: accounts.create_account(transaction, new_account, by=by))
    except ApiError as error:
        return flash.see_other(request, PATH, _message(error), kind="bad")
    return flash.see_other(request, PATH, f"Account {new_account.login} created.")


async def post_change(request: web.Request) -> web.Response:
    """Change the role, email address and GitHub user ID of an account."""
    return await _change(request, await read_form(request, AccountFormSchema()))


async def post_state(request: web.Request) -> web.Response:
    """Disable or enable an account."""
    return await _change(request, await read_form(request, AccountStateFormSchema()))


async def _change(request: web.Request, change: AccountChange) -> web.Response:
    account_id, by = path_id(request, "account"), request[PRINCIPAL]
    path = f"{PATH}/{account_id}"
    try:
        await request.app[DATABASE].run(
            lambda transaction: accounts.change_account(transaction, account_id, change, by=by)
        )
    except ConflictError as error:
        return flash.see_other(request, path, _message(error), kind="bad")
    return flash.see_other(request, path, "Account changed.")


def _message(error: ApiError) -> str:
    reasons = "; ".join(
        f"{name}: {' '.join(map(str, messages)) if isinstance(messages, list) else messages}"
        for name, messages in error.fields.items()
    )
    return f"{error.detail}. {reasons}" if reasons else error.detail
