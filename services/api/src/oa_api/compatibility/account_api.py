"""Accounts, tokens and the caller in the form of openaddresses/batch."""

from aiohttp import web

from oa_api.accounts.tokens import create_token_of_caller
from oa_api.compatibility import queries
from oa_api.compatibility.account_serializers import login_v1, role_v1, token_v1, user_v1
from oa_api.compatibility.request_fields import read_query_v1
from oa_api.compatibility.request_schemas import NewTokenV1Schema, UserChangeV1Schema, UserListV1Schema
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ForbiddenError
from oa_api.http.request_parsing import path_id, read_body
from oa_api.identity import accounts, tokens
from oa_api.identity.principal import ANONYMOUS, PRINCIPAL
from oa_api.identity.requests import AccountChange, NewToken, TokenFilter
from oa_api.identity.tokens import MAX_DAYS, MAX_TOKENS
from oa_shared.roles import ACCOUNT_ROLES, Role


async def get_login(request: web.Request) -> web.Response:
    """Return who the caller is. Raises ForbiddenError without an account, as openaddresses/batch does."""
    principal = request[PRINCIPAL]
    if principal is ANONYMOUS:
        raise ForbiddenError("sign in, or send an API token: this request has no account")
    account = await accounts.get_account(request.app[DATABASE], principal.id) if principal.id else None
    email = (account.email if account else None) or ""
    return web.json_response(login_v1(principal.id or 0, name=principal.name, email=email, role=principal.role))


async def list_tokens(request: web.Request) -> web.Response:
    """Return the caller's tokens."""
    token_filter = TokenFilter(account=request[PRINCIPAL].id, limit=MAX_TOKENS)
    page = await tokens.list_tokens(request.app[DATABASE], token_filter)
    return web.json_response({"total": len(page.rows), "tokens": [token_v1(token) for token in page.rows]})


async def post_token(request: web.Request) -> web.Response:
    """Create a token with the role of the caller and the longest validity, and return it, once."""
    name, role = (await read_body(request, NewTokenV1Schema())).name, request[PRINCIPAL].role
    label = min(role, Role.of(ACCOUNT_ROLES[-1])).label
    token, row = await create_token_of_caller(request, NewToken(name=name, role=label, days=MAX_DAYS))
    response = web.json_response({**token_v1(row), "token": token})
    response.headers["Cache-Control"] = "no-store"
    return response


async def delete_token(request: web.Request) -> web.Response:
    """Revoke a token."""
    token_id, by = path_id(request, "token"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: tokens.revoke_token(transaction, token_id, by=by))
    return web.json_response({"status": 200, "message": "Token Deleted"})


async def list_users(request: web.Request) -> web.Response:
    """Return a page of accounts."""
    page = await queries.list_users(request.app[DATABASE], await read_query_v1(request, UserListV1Schema()))
    users = [user_v1(user) for user in page.rows]
    return web.json_response({"total": page.total.rows if page.total else len(users), "users": users})


async def get_user(request: web.Request) -> web.Response:
    """Return one account."""
    return web.json_response(user_v1(await queries.get_user(request.app[DATABASE], path_id(request, "user"))))


async def patch_user(request: web.Request) -> web.Response:
    """Change the access and the flags of an account, which decide its role."""
    user, change, by = path_id(request, "user"), await read_body(request, UserChangeV1Schema()), request[PRINCIPAL]
    database = request.app[DATABASE]
    before = user_v1(await queries.get_user(database, user))
    access = change.access or str(before["access"])
    # An admin who becomes a user keeps no rights but those that the request names.
    kept = before["flags"] if before["access"] == access and isinstance(before["flags"], dict) else {}
    new_role = role_v1(access, {**kept, **change.flags}).label
    is_disabled = access == "disabled"
    new_values = AccountChange(disabled=True) if is_disabled else AccountChange(role=new_role, disabled=False)
    await database.run(lambda transaction: accounts.change_account(transaction, user, new_values, by=by))
    return web.json_response(user_v1(await queries.get_user(database, user)))
