"""The page of whoever is signed in: tokens, and the browsers that are signed in."""

from aiohttp import web

from oa_api.accounts import api as reads
from oa_api.accounts.schemas import NewTokenSchema, life_days
from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, NotFoundError
from oa_api.http.forms import form
from oa_api.http.request_parsing import path_id
from oa_api.identity import cookies, sessions, tokens
from oa_api.identity.authentication import CREDENTIAL
from oa_api.identity.principal import PRINCIPAL
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.roles import ACCOUNT_ROLES, Role

PATH = "/profile"
_SQL = load_queries("identity.queries")


class _TokenForm(NewTokenSchema):
    """The same as the API's; a form has only text."""

    days = life_days(strict=False)


async def show_profile(request: web.Request) -> web.Response:
    """Show one's account, tokens and sessions."""
    return await _shown(request)


async def make_token(request: web.Request) -> web.Response:
    """Make a token, and show it this once: on the page itself, so that no address and no cookie has it."""
    try:
        token, row = await reads.make_token(request, await form(request, _TokenForm()))
    except ApiError as error:
        return flash.see_other(request, PATH, error.detail, kind="bad")
    return await _shown(request, made={"token": token, "name": row["name"], "expires_at": row["expires_at"]})


async def revoke_token(request: web.Request) -> web.Response:
    """Revoke a token."""
    token, by = path_id(request, "token"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: tokens.revoke(transaction, token, by=by))
    return flash.see_other(request, PATH, f"Token {token} is revoked.")


async def end_session(request: web.Request) -> web.Response:
    """End the session of a browser."""
    session, by = path_id(request, "session"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: sessions.end(transaction, session, by=by))
    return flash.see_other(request, PATH, "That browser is signed out.")


async def sign_out_everywhere(request: web.Request) -> web.Response:
    """End all of one's sessions, this one too."""
    by = request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: sessions.end_all(transaction, by=by))
    response = flash.see_other(request, "/sign-in", "You are signed out everywhere.")
    cookies.drop(response, request, cookies.SESSION)
    return response


async def _shown(request: web.Request, made: dict[str, object] | None = None) -> web.Response:
    principal, database = request[PRINCIPAL], request.app[DATABASE]
    if principal.id is None:
        raise NotFoundError("the shared secret is nobody in particular: it has no profile")
    account = {"account": principal.id}
    found, _ = await reads.rows(database, "tokens", {**account, "cursor": None, "limit": tokens.MAX_TOKENS})
    credential = request.get(CREDENTIAL)
    return render(
        request,
        "accounts/profile.html",
        account=await reads.account_row(database, principal.id),
        tokens=found,
        sessions=await database.all(_SQL["sessions"], account),
        this_session=credential.id if credential is not None and credential.secret else None,
        roles=[word for word in ACCOUNT_ROLES if Role.of(word) <= principal.role],
        longest_days=tokens.MAX_DAYS,
        made=made,
    )
