"""The endpoints of accounts, tokens, the caller's profile, and the audit log."""

from aiohttp import web

from oa_api.accounts.schemas import (
    AccountChangeSchema,
    AccountFilterSchema,
    AccountSchema,
    AuditEntrySchema,
    AuditFilterSchema,
    NewAccountSchema,
    NewTokenSchema,
    ProfileSchema,
    RevokedTokenSchema,
    TokenFilterSchema,
    TokenSchema,
)
from oa_api.accounts.tokens import create_token_of_caller, own_account
from oa_api.http.app_keys import DATABASE
from oa_api.http.paging import list_response
from oa_api.http.request_parsing import path_id, read_body, read_query
from oa_api.identity import accounts, audit_log, tokens
from oa_api.identity.authentication import CREDENTIAL
from oa_api.identity.principal import PRINCIPAL

_ACCOUNT, _TOKEN, _AUDIT_ENTRY = AccountSchema(), TokenSchema(), AuditEntrySchema()
_PROFILE = ProfileSchema()


async def get_profile(request: web.Request) -> web.Response:
    """Return the caller."""
    principal, credential = request[PRINCIPAL], request.get(CREDENTIAL)
    account = await accounts.get_account(request.app[DATABASE], principal.id) if principal.id else None
    profile = {"kind": principal.kind, "account": account, "name": principal.name, "role": principal.role.label}
    expires_at = credential.expires_at if credential is not None else None
    return web.json_response(_PROFILE.dump({**profile, "expires_at": expires_at}))


async def list_accounts(request: web.Request) -> web.Response:
    """Return a page of accounts, oldest first."""
    window = await read_query(request, AccountFilterSchema())
    page = await accounts.list_accounts(request.app[DATABASE], window)
    return list_response(request, window, "accounts", page, serialize=_ACCOUNT.dump)


async def post_account(request: web.Request) -> web.Response:
    """Create an account."""
    new_account, by, database = await read_body(request, NewAccountSchema()), request[PRINCIPAL], request.app[DATABASE]
    account_id = await database.run(lambda transaction: accounts.create_account(transaction, new_account, by=by))
    return web.json_response(_ACCOUNT.dump(await accounts.get_account(database, account_id)))


async def patch_account(request: web.Request) -> web.Response:
    """Change an account."""
    account_id, change = path_id(request, "account"), await read_body(request, AccountChangeSchema())
    by, database = request[PRINCIPAL], request.app[DATABASE]
    await database.run(lambda transaction: accounts.change_account(transaction, account_id, change, by=by))
    return web.json_response(_ACCOUNT.dump(await accounts.get_account(database, account_id)))


async def list_tokens(request: web.Request) -> web.Response:
    """Return a page of tokens, newest first."""
    token_filter = own_account(request[PRINCIPAL], await read_query(request, TokenFilterSchema()))
    page = await tokens.list_tokens(request.app[DATABASE], token_filter)
    return list_response(request, token_filter, "tokens", page, serialize=_TOKEN.dump)


async def post_token(request: web.Request) -> web.Response:
    """Create a token and return it, once."""
    token, row = await create_token_of_caller(request, await read_body(request, NewTokenSchema()))
    response = web.json_response({**_TOKEN.dump(row), "token": token})
    response.headers["Cache-Control"] = "no-store"
    return response


async def delete_token(request: web.Request) -> web.Response:
    """Revoke a token."""
    token_id, by = path_id(request, "token"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: tokens.revoke_token(transaction, token_id, by=by))
    return web.json_response(RevokedTokenSchema().dump({"id": token_id}))


async def list_audit_log(request: web.Request) -> web.Response:
    """Return a page of the audit log, newest first."""
    audit_filter = await read_query(request, AuditFilterSchema())
    page = await audit_log.list_entries(request.app[DATABASE], audit_filter)
    return list_response(request, audit_filter, "entries", page, serialize=_AUDIT_ENTRY.dump)
