"""GitHub as an identity provider: the endpoints of sign-in, their responses and their errors."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

CLIENT_ID, CLIENT_SECRET = "Iv1.0123456789abcdef", "c" * 40


@dataclass
class GithubProvider:
    """`user` is the user at the browser; `members` maps `org` and `org/team` to the states of their members."""

    user: dict[str, Any] = field(default_factory=lambda: {"id": 583231, "login": "octocat"})
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    url: str = ""
    exchanges: int = 0
    is_broken: bool = False
    scopes: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of an API that uses this provider."""
        known = {"github_client_id": CLIENT_ID, "github_client_secret": CLIENT_SECRET, "allowed_hosts": ("127.0.0.1",)}
        return {**known, "github_url": self.url, "github_api_url": f"{self.url}/api"}

    async def authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if query["client_id"] != CLIENT_ID or query["code_challenge_method"] != "S256":
            return web.Response(status=404)
        self.scopes.append(query.get("scope", ""))
        code = secrets.token_hex(10)
        self._codes[code] = {**query, "login": self.user["login"]}
        self._tokens[code] = dict(self.user)
        back = URL(query["redirect_uri"]).update_query(code=code, state=query["state"])
        return web.Response(status=302, headers={"Location": str(back)})

    async def access_token(self, request: web.Request) -> web.Response:
        self.exchanges += 1
        if self.is_broken:
            return web.Response(status=502, text="<html>unicorn</html>")
        given = await request.post()
        if (given["client_id"], given["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "incorrect_client_credentials"})
        known = self._codes.pop(str(given["code"]), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(given["code_verifier"]).encode()).digest())
        is_good = known is not None and known["redirect_uri"] == given["redirect_uri"]
        if known is None or not is_good or known["code_challenge"] != challenge.decode().rstrip("="):
            # GitHub responds with 200 in this case too
            return web.json_response({"error": "bad_verification_code"})
        token = f"gho_{secrets.token_hex(18)}"
        self._tokens[token] = self._tokens.pop(str(given["code"]))
        return web.json_response({"access_token": token, "scope": known.get("scope", ""), "token_type": "bearer"})

    async def get_user(self, request: web.Request) -> web.Response:
        return web.json_response({**self._of(request), "type": "User", "site_admin": False, "name": None})

    async def membership(self, request: web.Request) -> web.Response:
        login = self._of(request)["login"]
        found = request.match_info
        group = f"{found['org']}/{found['team']}" if "team" in found else found["org"]
        if found.get("user", login) != login or login not in self.members.get(group, {}):
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response({"state": self.members[group][login], "role": "member"})

    def _of(self, request: web.Request) -> dict[str, Any]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._tokens:
            raise web.HTTPUnauthorized
        return self._tokens[token]


@asynccontextmanager
async def github_provider() -> AsyncIterator[GithubProvider]:
    """Serve on loopback while entered."""
    provider, app = GithubProvider(), web.Application()
    app.router.add_get("/login/oauth/authorize", provider.authorize)
    app.router.add_post("/login/oauth/access_token", provider.access_token)
    app.router.add_get("/api/user", provider.get_user)
    app.router.add_get("/api/user/memberships/orgs/{org}", provider.membership)
    app.router.add_get("/api/orgs/{org}/teams/{team}/memberships/{user}", provider.membership)
    async with TestServer(app) as server:
        provider.url = str(server.make_url("")).rstrip("/")
        yield provider
