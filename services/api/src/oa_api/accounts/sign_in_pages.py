"""The pages to sign in and out: by a link in a mail, through GitHub."""

import ipaddress
from http import HTTPStatus

from aiohttp import hdrs, web
from marshmallow import validate

from oa_api.db.database import Row, Transaction
from oa_api.github.errors import GitHubRefusedError
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import ConflictError, ForbiddenError, NotFoundError
from oa_api.http.fields import StrictSchema, Text
from oa_api.http.forms import form
from oa_api.http.request_parsing import query
from oa_api.identity import cookies, csrf, github_sign_in, magic_link, sessions
from oa_api.identity.github_client import GITHUB_SIGN_IN, GitHubSignInError, GitHubSignInSettings
from oa_api.identity.principal import PRINCIPAL, SESSION
from oa_api.identity.rate_limit import LIMITS
from oa_api.identity.safe_redirect import MAX_LENGTH, safe_redirect
from oa_api.ui import flash
from oa_api.ui.rendering import render

_MAX_LENGTH = 4000
_HOME = "/profile"
_SENT = "If that address has an account here, a link is on its way to it. It works once, within 15 minutes."


class _Next(StrictSchema):
    next = Text(load_default=_HOME, validate=validate.Length(max=_MAX_LENGTH))


class _Address(_Next):
    email = Text(required=True, validate=validate.Length(min=3, max=254))


class _Link(StrictSchema):
    token = Text(required=True, validate=validate.Length(min=1, max=MAX_LENGTH))


async def show_ways(request: web.Request) -> web.StreamResponse:
    """Show how one can sign in here."""
    next_path = safe_redirect((await query(request, _Next()))["next"], otherwise=_HOME)
    if request[PRINCIPAL].kind == SESSION:
        return _lead(next_path)
    settings = request.app[SETTINGS]
    has_github, has_mail = request.app[GITHUB_SIGN_IN] is not None, bool(settings.mail_url)
    ways = {"has_github": has_github, "has_mail": has_mail, "is_plain": _is_plain(request)}
    return render(request, "accounts/sign_in.html", next=next_path, **ways)


async def ask_for_link(request: web.Request) -> web.StreamResponse:
    """Take an address, and say the same whoever it belongs to."""
    await csrf.check(request)
    _refuse_plain(request)
    request.app[LIMITS].spend_sign_in(request)
    asked = await form(request, _Address())
    next_path = safe_redirect(asked["next"], otherwise=_HOME)
    await magic_link.ask(request.app[DATABASE], asked["email"], visit=cookies.visit(request), next_path=next_path)
    return flash.see_other(request, "/sign-in", _SENT)


async def show_link(request: web.Request) -> web.StreamResponse:
    """Show whom a link signs in, and a button: to be opened by a program is not to be used."""
    _refuse_plain(request)
    secret = (await query(request, _Link()))["token"]
    opened = await magic_link.look_at(request.app[DATABASE], secret, visit=cookies.visit(request))
    return render(request, "accounts/magic_link.html", token=secret, opened=opened)


async def use_link(request: web.Request) -> web.StreamResponse:
    """Sign in by a link."""
    await csrf.check(request)
    secret = (await form(request, _Link()))["token"]

    async def work(transaction: Transaction) -> tuple[str, str]:
        account = await magic_link.use(transaction, secret)
        return await _open(request, transaction, account, way="link"), account["next"]

    session, next_path = await request.app[DATABASE].run(work)
    return _signed_in(request, session, safe_redirect(next_path, otherwise=_HOME))


async def go_to_github(request: web.Request) -> web.StreamResponse:
    """Send the browser to GitHub, to be asked there."""
    _refuse_plain(request)
    request.app[LIMITS].spend_sign_in(request)
    settings, next_path = _github(request), safe_redirect((await query(request, _Next()))["next"], otherwise=_HOME)
    address = await github_sign_in.begin(
        request.app[DATABASE],
        settings,
        visit=cookies.visit(request),
        next_path=next_path,
        callback=_callback(request),
    )
    response = _lead(address)
    cookies.remember_visit(response, request)
    return response


async def come_from_github(request: web.Request) -> web.StreamResponse:
    """Sign in whom GitHub sent back, if this browser was sent there by us."""
    settings, database = _github(request), request.app[DATABASE]
    # GitHub may send more than we know of: no schema.
    state = await github_sign_in.take_state(database, request.query.get("state", ""), visit=cookies.visit(request))
    if not request.query.get("code"):
        return flash.see_other(request, "/sign-in", "GitHub did not let you in, or you did not let us.", kind="bad")
    try:
        user, is_member = await github_sign_in.identify(
            settings, request.query["code"], verifier=state["verifier"], callback=_callback(request)
        )
    except (GitHubRefusedError, GitHubSignInError) as error:
        raise ForbiddenError(error.detail) from error

    async def work(transaction: Transaction) -> str:
        account = await github_sign_in.account_of(transaction, user, is_member=is_member, role=settings.member_role)
        return await _open(request, transaction, account, way="github")

    return _signed_in(request, await database.run(work), safe_redirect(state["next"], otherwise=_HOME))


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this browser's session."""
    secret = cookies.read(request, cookies.SESSION)
    if request[PRINCIPAL].kind == SESSION:
        await sessions.close(request.app[DATABASE], secret, by=request[PRINCIPAL])
    response = flash.see_other(request, "/sign-in", "You are signed out.")
    cookies.drop(response, request, cookies.SESSION)
    return response


async def _open(request: web.Request, transaction: Transaction, account: Row, *, way: str) -> str:
    client, earlier = request.headers.get(hdrs.USER_AGENT, ""), cookies.read(request, cookies.SESSION)
    return await sessions.open_session(transaction, account, client=client, earlier=earlier, way=way)


def _signed_in(request: web.Request, session: str, path: str) -> web.Response:
    """Lead on with a new session, and end the visit: nothing from before is good for anything after."""
    response = _lead(path)
    cookies.set_cookie(response, request, cookies.SESSION, session, age_s=cookies.SESSION_S)
    cookies.drop(response, request, cookies.VISIT)
    return response


def _lead(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path, hdrs.CACHE_CONTROL: "no-store"})


def _github(request: web.Request) -> GitHubSignInSettings:
    settings = request.app[GITHUB_SIGN_IN]
    if settings is None:
        raise NotFoundError("signing in through GitHub has not been set up here")
    return settings


def _callback(request: web.Request) -> str:
    return f"{csrf.own_origin(request)}{github_sign_in.CALLBACK}"


def _is_plain(request: web.Request) -> bool:
    """Return whether a session's cookie would travel through a network in the clear."""
    host = csrf.own_origin(request).host or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return not (is_here or cookies.is_secure(request.app[SETTINGS]))


def _refuse_plain(request: web.Request) -> None:
    if _is_plain(request):
        raise ConflictError("signing in takes https: set OA_PUBLIC_URL to the https address of this service")
