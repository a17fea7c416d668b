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
from oa_api.http.errors import ApiError, ConflictError, InvalidError
from oa_api.http.fields import RequestSchema
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id, read_query
from oa_api.identity import accounts, tokens
from oa_api.identity.principal import PRINCIPAL
from oa_api.identity.requests import AccountChange, TokenFilter
from oa_api.ui import flash
from oa_api.ui.lists import make_listing
from oa_api.ui.rendering import render
from oa_api.ui.sent_form import UNSENT, SentForm, refused_form
from oa_shared.roles import ACCOUNT_ROLES

PATH = "/accounts"
_SHOWN = 100


async def show_accounts(request: web.Request) -> web.Response:
    """Show accounts, oldest first."""
    return await _render_accounts(request, UNSENT)


async def show_account(request: web.Request) -> web.Response:
    """Show one account, with a form to change it."""
    return await _render_account(request, UNSENT)


async def post_account(request: web.Request) -> web.Response:
    """Create an account."""
    by = request[PRINCIPAL]
    try:
        new_account = await read_form(request, NewAccountFormSchema())
        await request.app[DATABASE].run(lambda transaction: accounts.create_account(transaction, new_account, by=by))
    except ApiError as error:
        return await _render_accounts(request, refused_form(request, error))
    return flash.see_other(request, PATH, f"Account {new_account.login} created.")


async def post_change(request: web.Request) -> web.Response:
    """Change the role, email address and GitHub user ID of an account."""
    return await _change(request, AccountFormSchema())


async def post_state(request: web.Request) -> web.Response:
    """Disable or enable an account."""
    return await _change(request, AccountStateFormSchema())


async def _change(request: web.Request, schema: RequestSchema[AccountChange]) -> web.Response:
    account_id, by = path_id(request, "account"), request[PRINCIPAL]
    try:
        change = await read_form(request, schema)
        await request.app[DATABASE].run(
            lambda transaction: accounts.change_account(transaction, account_id, change, by=by)
        )
    except (InvalidError, ConflictError) as error:
        return await _render_account(request, refused_form(request, error))
    return flash.see_other(request, f"{PATH}/{account_id}", "Account changed.")


async def _render_accounts(request: web.Request, form: SentForm) -> web.Response:
    window = replace(await read_query(request, AccountFilterSchema()), limit=_SHOWN)
    listing = make_listing(request, window, await accounts.list_accounts(request.app[DATABASE], window))
    page = {"listing": listing, "roles": ACCOUNT_ROLES, "form": form}
    return render(request, "accounts/accounts.html", status=form.status, **page)


async def _render_account(request: web.Request, form: SentForm) -> web.Response:
    database, account_id = request.app[DATABASE], path_id(request, "account")
    account = await accounts.get_account(database, account_id)
    own_tokens = await tokens.list_tokens(database, TokenFilter(limit=tokens.MAX_TOKENS, account=account_id))
    page = {"account": account, "tokens": own_tokens.rows, "roles": ACCOUNT_ROLES, "form": form}
    return render(request, "accounts/account.html", status=form.status, **page)
