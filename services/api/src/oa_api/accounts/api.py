"""The endpoints of accounts, tokens, one's own profile, and the audit trail."""

from typing import Any

from aiohttp import web

from oa_api.accounts import schemas
from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.http.request_parsing import body, path_id, query
from oa_api.http.schemas import ResponseSchema
from oa_api.identity import accounts, tokens
from oa_api.identity.authentication import CREDENTIAL
from oa_api.identity.principal import PRINCIPAL, TOKEN, Principal
from oa_shared.roles import Role

_SQL = load_queries("identity.queries")
_ACCOUNT, _TOKEN, _DEED = schemas.AccountSchema(), schemas.TokenSchema(), schemas.AuditEntrySchema()


async def get_profile(request: web.Request) -> web.Response:
    """Return who asks."""
    principal, credential = request[PRINCIPAL], request.get(CREDENTIAL)
    account = await account_row(request.app[DATABASE], principal.id) if principal.id else None
    view = {"kind": principal.kind, "account": account, "name": principal.name, "role": principal.role.label}
    view["expires_at"] = credential.expires_at if credential is not None else None
    return web.json_response(schemas.ProfileSchema().dump(view))


async def list_accounts(request: web.Request) -> web.Response:
    """Return a page of accounts, oldest first."""
    asked = await query(request, schemas.CursorSchema())
    return await _page(request, "accounts", asked, _ACCOUNT)


async def post_account(request: web.Request) -> web.Response:
    """Make an account."""
    asked, by, database = await body(request, schemas.NewAccountSchema()), request[PRINCIPAL], request.app[DATABASE]
    made = await database.run(lambda transaction: accounts.create(transaction, asked, by=by))
    return web.json_response(_ACCOUNT.dump(await account_row(database, made)))


async def patch_account(request: web.Request) -> web.Response:
    """Change an account: its role, addresses, whether it is disabled."""
    account, asked = path_id(request, "account"), await body(request, schemas.AccountChangeSchema())
    await change_account(request, account, asked)
    return web.json_response(_ACCOUNT.dump(await account_row(request.app[DATABASE], account)))


async def change_account(request: web.Request, account: int, asked: dict[str, Any]) -> None:
    """Change an account for whoever asks."""
    by = request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: accounts.change(transaction, account, asked, by=by))


async def account_row(database: Database, account: int) -> Row:
    """Return an account. Raises NotFoundError."""
    row = await database.first(_SQL["account"], {"account": account})
    if row is None:
        raise NotFoundError(f"there is no account {account}")
    return row


async def list_tokens(request: web.Request) -> web.Response:
    """Return a page of tokens, newest first."""
    asked = await query(request, schemas.TokenFilterSchema())
    asked["account"] = _whose(request[PRINCIPAL], asked["account"])
    return await _page(request, "tokens", asked, _TOKEN)


async def post_token(request: web.Request) -> web.Response:
    """Make a token and show it, once."""
    token, row = await make_token(request, await body(request, schemas.NewTokenSchema()))
    response = web.json_response(schemas.MadeTokenSchema().dump({**row, "token": token}))
    response.headers["Cache-Control"] = "no-store"
    return response


async def make_token(request: web.Request, asked: dict[str, Any]) -> tuple[str, Row]:
    """Make a token for whoever asks, or with the shared secret for the account that is named."""
    by, credential = request[PRINCIPAL], request.get(CREDENTIAL)
    account = asked["account"] or by.id
    if account is None:
        raise ConflictError("the shared secret has no account of its own: name one in `account`")
    if account != by.id and not by.has_role(Role.SERVICE):
        raise ForbiddenError("tokens are made for oneself")
    parent = credential.id if credential is not None and by.kind == TOKEN else None
    return await request.app[DATABASE].run(
        lambda transaction: tokens.create(transaction, asked, account=account, by=by, parent=parent)
    )


async def delete_token(request: web.Request) -> web.Response:
    """Revoke a token: one's own, or anybody's as an admin."""
    token, by = path_id(request, "token"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: tokens.revoke(transaction, token, by=by))
    return web.json_response(schemas.RevokedSchema().dump({"id": token}))


async def list_deeds(request: web.Request) -> web.Response:
    """Return a page of the audit trail, newest first."""
    return await _page(request, "entries", await query(request, schemas.DeedFilterSchema()), _DEED)


async def rows(database: Database, name: str, asked: dict[str, Any]) -> tuple[list[Row], int | None]:
    """Return a page of a list and the cursor of the next one, if there is one."""
    found = await database.all(_SQL[name], {**asked, "limit": asked["limit"] + 1})
    shown = found[: asked["limit"]]
    return shown, shown[-1]["id"] if len(found) > len(shown) else None


async def _page(request: web.Request, name: str, asked: dict[str, Any], schema: ResponseSchema) -> web.Response:
    found, following = await rows(request.app[DATABASE], name, asked)
    response = web.json_response({name: [schema.dump(row) for row in found]})
    if following is not None:
        response.headers["Link"] = f'<{request.rel_url.update_query(cursor=following)}>; rel="next"'
    return response


def _whose(principal: Principal, account: int | None) -> int | None:
    if account is None or account == principal.id:
        return principal.id
    if not principal.has_role(Role.ADMIN):
        raise ForbiddenError("the tokens of others are for admins to see")
    return account
