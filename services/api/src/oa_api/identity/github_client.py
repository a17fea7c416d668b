"""GitHub as an identity provider: who signed in there, and whether they belong to an organisation or a team.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from oa_api.settings import Settings
from oa_shared.errors import OaError
from oa_shared.public_http import AddressRefusedError, Guard, public_session
from oa_shared.roles import ACCOUNT_ROLES, Role
from oa_shared.settings import SettingsError

_TIMEOUT_S = 15
_SCOPE_OF_MEMBERSHIP = "read:org"
_ACTIVE = "active"


GITHUB_SIGN_IN: web.AppKey["GitHubSignInSettings | None"] = web.AppKey("github_sign_in")


class GitHubSignInError(OaError):
    """GitHub did not say who somebody is."""

    code = "github.sign_in"
    title = "GitHub did not confirm the sign-in."


class GitHubSignInUnavailableError(GitHubSignInError):
    """GitHub does not answer."""

    code = "github.away"
    title = "GitHub does not answer."
    retryable = True


@dataclass(frozen=True, slots=True)
class GitHubUser:
    """Who signed in there; the number stays when the name changes."""

    id: int
    login: str


@dataclass(frozen=True, slots=True)
class GitHubSignInSettings:
    """The application that we are at GitHub, and whose members may sign in without an account made for them."""

    client_id: str
    client_secret: str = field(repr=False)
    site: URL
    api: URL
    members_of: tuple[str, ...] = ()
    member_role: Role = Role.VIEWER
    allowed_hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "GitHubSignInSettings | None":
        """Return them, or None when signing in through GitHub has not been set up. Raises SettingsError."""
        if not (settings.github_client_id and settings.github_client_secret):
            return None
        if settings.github_member_role not in ACCOUNT_ROLES:
            raise SettingsError(f"OA_GITHUB_MEMBER_ROLE: expected one of {', '.join(ACCOUNT_ROLES)}")
        return cls(
            settings.github_client_id,
            settings.github_client_secret,
            URL(settings.github_url),
            URL(settings.github_api_url),
            settings.github_members_of,
            Role.of(settings.github_member_role),
            settings.allowed_hosts,
        )

    def authorize_url(self, *, state: str, verifier: str, callback: str) -> str:
        """Return where the browser goes to be asked; the challenge is that of PKCE, S256."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {"client_id": self.client_id, "redirect_uri": callback, "state": state, "response_type": "code"}
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        asked |= {"scope": _SCOPE_OF_MEMBERSHIP} if self.members_of else {}
        return str((self.site / "login/oauth/authorize").with_query(asked))


class GitHubSignInClient:
    """The calls of one sign-in. Every method raises GithubSignInError or GithubAwayError."""

    def __init__(self, session: aiohttp.ClientSession, settings: GitHubSignInSettings) -> None:
        self._session = session
        self._settings = settings

    async def access_token(self, code: str, *, verifier: str, callback: str) -> str:
        """Exchange the code for a token, which is used at once and never kept."""
        known = self._settings
        data = {"client_id": known.client_id, "client_secret": known.client_secret, "code": code}
        data |= {"redirect_uri": callback, "code_verifier": verifier}
        answer = await self._call("POST", known.site / "login/oauth/access_token", data=data)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise GitHubSignInError("the code was not accepted: start again")
        return token

    async def user(self, token: str) -> GitHubUser:
        """Return whom a token belongs to."""
        answer = await self._call("GET", self._settings.api / "user", headers=_bearer(token))
        match answer:
            case {"id": int(number), "login": str(login)} if number > 0:
                return GitHubUser(number, login)
        raise GitHubSignInError("GitHub named no user")

    async def is_member(self, token: str, user: GitHubUser) -> bool:
        """Return whether a user is an active member of one of the organisations or teams of the settings."""
        for name in self._settings.members_of:
            organisation, _, team = name.partition("/")
            path = f"orgs/{organisation}/teams/{team}/memberships/{user.login}"
            address = self._settings.api / (path if team else f"user/memberships/orgs/{organisation}")
            answer = await self._call("GET", address, headers=_bearer(token), is_absence_told=True)
            if answer.get("state") == _ACTIVE:
                return True
        return False

    async def _call(self, method: str, url: URL, *, is_absence_told: bool = False, **given: Any) -> Mapping[str, Any]:
        headers = {"accept": "application/json", **given.pop("headers", {})}
        try:
            async with self._session.request(method, url, headers=headers, allow_redirects=False, **given) as response:
                if is_absence_told and response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
                    return {}
                if response.status != HTTPStatus.OK:
                    raise _refusal(response.status)
                return await _json(response)
        except (TimeoutError, aiohttp.ClientError, AddressRefusedError) as error:
            raise GitHubSignInUnavailableError(type(error).__name__) from error


@asynccontextmanager
async def github_client(settings: GitHubSignInSettings) -> AsyncIterator[GitHubSignInClient]:
    """Open a session of calls; only to public addresses, unless a host was opened by name."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with public_session(Guard(settings.allowed_hosts), timeout=timeout) as session:
        yield GitHubSignInClient(session, settings)


async def _json(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    try:
        answer = json.loads(await response.read())
    except ValueError as error:
        raise GitHubSignInError("GitHub's answer is not JSON") from error
    return answer if isinstance(answer, dict) else {}


def _refusal(status: int) -> GitHubSignInError:
    kind = GitHubSignInUnavailableError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else GitHubSignInError
    return kind(f"GitHub answered {status}")


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
