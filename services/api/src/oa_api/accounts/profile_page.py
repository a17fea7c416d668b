"""The page of the caller's profile: tokens and sessions."""

from dataclasses import dataclass, field

from aiohttp import web

from oa_api.accounts.schemas import NewTokenFormSchema
from oa_api.accounts.tokens import create_token_of_caller
from oa_api.http.app_keys import DATABASE
from oa_api.http.errors import ApiError, NotFoundError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import path_id
from oa_api.identity import accounts, cookies, sessions, tokens
from oa_api.identity.authentication import CREDENTIAL
from oa_api.identity.principal import PRINCIPAL
from oa_api.identity.requests import TokenFilter
from oa_api.identity.rows import TokenRow
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_api.ui.sent_form import UNSENT, SentForm, refused_form
from oa_shared.roles import ACCOUNT_ROLES, Role

PATH = "/profile"


@dataclass(frozen=True, slots=True)
class _NewToken:
    secret: str = field(repr=False)
    row: TokenRow


async def show_profile(request: web.Request) -> web.Response:
    """Show the caller's account, tokens and sessions."""
    return await _render_profile(request)


async def post_token(request: web.Request) -> web.Response:
    """Create a token and show it once: in the page itself, so that no URL and no cookie contains it."""
    try:
        secret, row = await create_token_of_caller(request, await read_form(request, NewTokenFormSchema()))
    except ApiError as error:
        return await _render_profile(request, form=refused_form(request, error))
    return await _render_profile(request, new_token=_NewToken(secret, row))


async def post_revocation(request: web.Request) -> web.Response:
    """Revoke a token."""
    token_id, by = path_id(request, "token"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: tokens.revoke_token(transaction, token_id, by=by))
    return flash.see_other(request, PATH, f"Token {token_id} revoked.")


async def post_session_end(request: web.Request) -> web.Response:
    """Sign a browser out."""
    session_id, by = path_id(request, "session"), request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: sessions.end_session(transaction, session_id, by=by))
    return flash.see_other(request, PATH, "Signed out that browser.")


async def post_sign_out_everywhere(request: web.Request) -> web.Response:
    """End all sessions of the caller, including the current one."""
    by = request[PRINCIPAL]
    await request.app[DATABASE].run(lambda transaction: sessions.end_all_sessions(transaction, by=by))
    response = flash.see_other(request, "/sign-in", "Signed out everywhere.")
    cookies.delete_cookie(response, request, cookies.SESSION)
    return response


async def _render_profile(
    request: web.Request, new_token: _NewToken | None = None, form: SentForm = UNSENT
) -> web.Response:
    principal, database = request[PRINCIPAL], request.app[DATABASE]
    if principal.id is None:
        raise NotFoundError("the shared secret has no account, and no profile")
    own_tokens = await tokens.list_tokens(database, TokenFilter(limit=tokens.MAX_TOKENS, account=principal.id))
    credential = request.get(CREDENTIAL)
    return render(
        request,
        "accounts/profile.html",
        status=form.status,
        form=form,
        account=await accounts.get_account(database, principal.id),
        tokens=own_tokens.rows,
        sessions=await sessions.list_sessions(database, principal.id),
        current_session=credential.id if credential is not None and credential.secret else None,
        roles=[label for label in ACCOUNT_ROLES if Role.of(label) <= principal.role],
        max_days=tokens.MAX_DAYS,
        new_token=new_token,
    )
