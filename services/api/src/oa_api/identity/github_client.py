"""GitHub as an identity provider: who signed in there, and whether they belong to an organization or a team.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from aiohttp import web
from yarl import URL

from oa_api.github.errors import GitHubError, GitHubRefusedError
from oa_api.github.http import GitHubHttp, GitHubResponse
from oa_api.settings import Settings
from oa_shared.json_types import JsonMapping
from oa_shared.roles import ACCOUNT_ROLES, Role
from oa_shared.settings import SettingsError

_TIMEOUT = aiohttp.ClientTimeout(total=15)
_JSON = "application/json"
_MEMBERSHIP_SCOPE = "read:org"
_ACTIVE = "active"
# GitHub returns 403 for organizations that do not let the OAuth app see their members.
_NOT_A_MEMBER = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN})

GITHUB_SIGN_IN: web.AppKey["GitHubSignInSettings | None"] = web.AppKey("github_sign_in")


class GitHubSignInError(GitHubError):
    """GitHub did not confirm who signs in."""

    code = "github.sign_in"
    title = "GitHub did not confirm the sign-in."


@dataclass(frozen=True, slots=True)
class GitHubUser:
    """A user of GitHub; the ID stays the same when the user is renamed."""

    id: int
    login: str


@dataclass(frozen=True, slots=True)
class GitHubSignInSettings:
    """The OAuth app at GitHub, and the groups whose members may sign in without an existing account."""

    client_id: str
    client_secret: str = field(repr=False)
    site: URL
    api: URL
    members_of: tuple[str, ...] = ()
    member_role: Role = Role.VIEWER
    allowed_hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "GitHubSignInSettings | None":
        """Return the settings of sign-in through GitHub, or None if it is not configured. Raises SettingsError."""
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
        """Return the URL of GitHub's consent page; the code challenge is PKCE's S256."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {"client_id": self.client_id, "redirect_uri": callback, "state": state, "response_type": "code"}
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        query |= {"scope": _MEMBERSHIP_SCOPE} if self.members_of else {}
        return str((self.site / "login/oauth/authorize").with_query(query))


class GitHubSignInClient:
    """The requests of one sign-in. All methods raise GitHubError."""

    def __init__(self, http: GitHubHttp, settings: GitHubSignInSettings) -> None:
        self._http = http
        self._settings = settings

    async def access_token(self, code: str, *, verifier: str, callback: str) -> str:
        """Return the access token for a code; it is used at once and never stored."""
        settings = self._settings
        form = {"client_id": settings.client_id, "client_secret": settings.client_secret, "code": code}
        form |= {"redirect_uri": callback, "code_verifier": verifier}
        url = settings.site / "login/oauth/access_token"
        response = await self._http.request("POST", url, headers={"Accept": _JSON}, form=form)
        # GitHub returns 200 for a code that it does not accept.
        token = (await _object(response)).get("access_token")
        if not isinstance(token, str) or not token:
            raise GitHubSignInError("GitHub did not accept the code; sign in again")
        return token

    async def user(self, token: str) -> GitHubUser:
        """Return the user of an access token."""
        match await _object(await self._get(self._settings.api / "user", token)):
            case {"id": int(user_id), "login": str(login)} if user_id > 0:
                return GitHubUser(user_id, login)
        raise GitHubSignInError("the response of GitHub has no user")

    async def is_member(self, token: str, user: GitHubUser) -> bool:
        """Return whether a user is an active member of one of the organizations or teams of the settings."""
        for name in self._settings.members_of:
            organization, _, team = name.partition("/")
            path = f"orgs/{organization}/teams/{team}/memberships/{user.login}"
            url = self._settings.api / (path if team else f"user/memberships/orgs/{organization}")
            try:
                membership = await _object(await self._get(url, token))
            except GitHubRefusedError as error:
                if error.status not in _NOT_A_MEMBER:
                    raise
                continue
            if membership.get("state") == _ACTIVE:
                return True
        return False

    async def _get(self, url: URL, token: str) -> GitHubResponse:
        return await self._http.request("GET", url, headers={"Accept": _JSON, "Authorization": f"Bearer {token}"})


@asynccontextmanager
async def github_client(settings: GitHubSignInSettings) -> AsyncIterator[GitHubSignInClient]:
    """Open a session for one sign-in."""
    async with GitHubHttp(settings.allowed_hosts, timeout=_TIMEOUT) as http:
        yield GitHubSignInClient(http, settings)


async def _object(response: GitHubResponse) -> JsonMapping:
    value = await response.json()
    return value if isinstance(value, Mapping) else {}
