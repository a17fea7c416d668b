"""The pages to sign in, by a link in an email or through GitHub, and to sign out."""

import ipaddress
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import hdrs, web
from marshmallow import validate

from oa_api.accounts.sign_in_purposes import sign_in_purpose
from oa_api.db.database import Transaction
from oa_api.github.errors import GitHubRefusedError
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.cross_origin import own_origin
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.http.fields import RequestSchema, StrictSchema, Text
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import read_query
from oa_api.identity import cookies, csrf, github_sign_in, magic_link, sessions
from oa_api.identity.authorization import ROLES
from oa_api.identity.github_client import GITHUB_SIGN_IN, GitHubSignInError, GitHubSignInSettings
from oa_api.identity.principal import PRINCIPAL, SESSION
from oa_api.identity.rate_limit import LIMITS
from oa_api.identity.rows import AccountRow, UsedLinkRow
from oa_api.identity.safe_redirect import MAX_LENGTH, safe_redirect
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.roles import Role

_MAX_LENGTH = 4000
_HOME = "/profile"
_LINK_REQUESTED = "If that address has an account here, a link was sent to it. It works once, within 15 minutes."


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInStart:
    """The page to go to after the sign-in."""

    next: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkRequest(SignInStart):
    """A request for a sign-in link."""

    email: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkToken:
    """The secret of a sign-in link."""

    token: str


class _NextSchema(StrictSchema):
    next = Text(load_default=_HOME, validate=validate.Length(max=_MAX_LENGTH))


class SignInStartSchema(_NextSchema, RequestSchema[SignInStart]):
    """The query of a page that starts a sign-in."""


class LinkRequestSchema(_NextSchema, RequestSchema[LinkRequest]):
    """The form that requests a link."""

    email = Text(required=True, validate=validate.Length(min=3, max=254))


class LinkTokenSchema(RequestSchema[LinkToken]):
    """The query and the form of a link."""

    token = Text(required=True, validate=validate.Length(min=1, max=MAX_LENGTH))


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """Show the configured ways to sign in."""
    next_path = await _next_path(request)
    if request[PRINCIPAL].kind == SESSION:
        return _redirect(next_path)
    return render(
        request,
        "accounts/sign_in.html",
        next=next_path,
        purpose=sign_in_purpose(next_path, _role_of_page(request, next_path)) if "next" in request.query else "",
        has_github=request.app[GITHUB_SIGN_IN] is not None,
        has_mail=bool(request.app[SETTINGS].mail_url),
        is_unencrypted=_is_unencrypted(request),
    )


def _role_of_page(request: web.Request, path: str) -> Role | None:
    return request.app[ROLES].get((hdrs.METH_GET, "/" + path.partition("?")[0].strip("/").partition("/")[0]))


async def post_link_request(request: web.Request) -> web.StreamResponse:
    """Request a link by mail; the response is the same for known and unknown addresses."""
    await csrf.check(request)
    _refuse_unencrypted(request)
    request.app[LIMITS].consume_sign_in(request)
    link_request = await read_form(request, LinkRequestSchema())
    await magic_link.request_link(
        request.app[DATABASE],
        link_request.email,
        anonymous_session=cookies.anonymous_session(request),
        next_path=safe_redirect(link_request.next, otherwise=_HOME),
    )
    return flash.see_other(request, "/sign-in", _LINK_REQUESTED)


async def show_link(request: web.Request) -> web.StreamResponse:
    """Show whom a link signs in, and a button: a program that opens the link does not use it up."""
    _refuse_unencrypted(request)
    token = (await read_query(request, LinkTokenSchema())).token
    anonymous_session = cookies.anonymous_session(request)
    opened = await magic_link.open_link(request.app[DATABASE], token, anonymous_session=anonymous_session)
    return render(request, "accounts/magic_link.html", token=token, opened=opened)


async def post_link(request: web.Request) -> web.StreamResponse:
    """Sign in by a link."""
    await csrf.check(request)
    token = (await read_form(request, LinkTokenSchema())).token

    async def work(transaction: Transaction) -> tuple[str, str]:
        link = await magic_link.use_link(transaction, token)
        return await _open_session(request, transaction, link, method="link"), link.next

    secret, next_path = await request.app[DATABASE].run(work)
    return _redirect_signed_in(request, secret, safe_redirect(next_path, otherwise=_HOME))


async def redirect_to_github(request: web.Request) -> web.StreamResponse:
    """Redirect to GitHub's consent page."""
    _refuse_unencrypted(request)
    request.app[LIMITS].consume_sign_in(request)
    url = await github_sign_in.start_sign_in(
        request.app[DATABASE],
        _github_settings(request),
        anonymous_session=cookies.anonymous_session(request),
        next_path=await _next_path(request),
        callback=_callback(request),
    )
    response = _redirect(url)
    cookies.set_anonymous_session(response, request)
    return response


async def return_from_github(request: web.Request) -> web.StreamResponse:
    """Sign in the user whom GitHub sends back, if this browser started the sign-in."""
    settings, database = _github_settings(request), request.app[DATABASE]
    # GitHub may add parameters: no schema.
    state = await github_sign_in.use_state(
        database, request.query.get("state", ""), anonymous_session=cookies.anonymous_session(request)
    )
    if not request.query.get("code"):
        return flash.see_other(request, "/sign-in", "GitHub sign-in was canceled or refused.", kind="bad")
    try:
        user, is_member = await github_sign_in.identify_user(
            settings, request.query["code"], verifier=state.verifier, callback=_callback(request)
        )
    except (GitHubRefusedError, GitHubSignInError) as error:
        raise ForbiddenError(error.detail) from error

    async def work(transaction: Transaction) -> str:
        account = await github_sign_in.find_or_create_account(
            transaction, user, is_member=is_member, role=settings.member_role
        )
        return await _open_session(request, transaction, account, method="github")

    return _redirect_signed_in(request, await database.run(work), safe_redirect(state.next, otherwise=_HOME))


async def post_sign_out(request: web.Request) -> web.StreamResponse:
    """End this browser's session."""
    secret = cookies.read(request, cookies.SESSION)
    if request[PRINCIPAL].kind == SESSION:
        await sessions.close_session(request.app[DATABASE], secret, by=request[PRINCIPAL])
    response = flash.see_other(request, "/sign-in", "Signed out.")
    cookies.delete_cookie(response, request, cookies.SESSION)
    return response


async def _next_path(request: web.Request) -> str:
    return safe_redirect((await read_query(request, SignInStartSchema())).next, otherwise=_HOME)


async def _open_session(
    request: web.Request, transaction: Transaction, account: AccountRow | UsedLinkRow, *, method: str
) -> str:
    user_agent, replaces = request.headers.get(hdrs.USER_AGENT, ""), cookies.read(request, cookies.SESSION)
    return await sessions.open_session(transaction, account, user_agent=user_agent, replaces=replaces, method=method)


def _redirect_signed_in(request: web.Request, secret: str, path: str) -> web.Response:
    """Redirect with a new session, and end the anonymous one, so that nothing from before the sign-in stays valid."""
    response = _redirect(path)
    cookies.set_cookie(response, request, cookies.SESSION, secret, max_age_s=cookies.SESSION_MAX_AGE_S)
    cookies.delete_cookie(response, request, cookies.ANONYMOUS_SESSION)
    return response


def _redirect(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path, hdrs.CACHE_CONTROL: "no-store"})


def _github_settings(request: web.Request) -> GitHubSignInSettings:
    settings = request.app[GITHUB_SIGN_IN]
    if settings is None:
        raise NotFoundError("sign-in through GitHub is not configured")
    return settings


def _callback(request: web.Request) -> str:
    return f"{own_origin(request)}{github_sign_in.CALLBACK}"


def _is_unencrypted(request: web.Request) -> bool:
    """Return whether the cookie of a session would cross a network unencrypted."""
    host = own_origin(request).host or ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    return not (is_loopback or cookies.is_secure(request.app[SETTINGS]))


def _refuse_unencrypted(request: web.Request) -> None:
    if _is_unencrypted(request):
        raise ConflictError("sign-in requires HTTPS: set OA_PUBLIC_URL to the https URL of this service")
