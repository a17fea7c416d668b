"""The token of a GitHub App in one repository."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import RSAAlgorithm

from oa_api.pull_requests.responses import AccessTokenResponse, CommentResponse, InstallationResponse

_JWT_VALID_S = 540
_MAX_CLOCK_SKEW_S = 60
_RENEW_BEFORE_S = 300

SendRequest = Callable[[str, str, str], Awaitable[object]]


class AppToken:
    """The token of a GitHub App's installation in one repository, renewed before it expires.

    `private_key` is PEM. Raises ValueError for a key that cannot be used.
    """

    def __init__(self, app_id: str, private_key: str, repository: str) -> None:
        self._app_id = app_id
        key = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(private_key)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("this is a public key")  # noqa: TRY004 - the caller handles one type of error
        self._private_key = key
        self._repository = repository
        self._token = ""
        self._expires_at = 0.0

    async def token(self, send: SendRequest) -> str:
        """Return the installation's token; `send(method, path, token)` sends a request. Raises GitHubError."""
        if time.time() < self._expires_at - _RENEW_BEFORE_S:
            return self._token
        proof = self._proof()
        response = await send("GET", f"/repos/{self._repository}/installation", proof)
        installation_id = cast("InstallationResponse", response)["id"]
        response = await send("POST", f"/app/installations/{installation_id}/access_tokens", proof)
        access_token = cast("AccessTokenResponse", response)
        self._token = access_token["token"]
        self._expires_at = datetime.fromisoformat(access_token["expires_at"]).timestamp()
        return self._token

    def forget(self) -> None:
        """Request a new token before the next use."""
        self._expires_at = 0.0

    def is_author(self, comment: CommentResponse) -> bool:
        """Return whether this App wrote a comment; only the App itself can write through it."""
        app = comment.get("performed_via_github_app")
        return app is not None and str(app.get("id")) == self._app_id

    def _proof(self) -> str:
        """Return a JWT that proves to be the App, valid for some minutes."""
        now = int(time.time())
        claims = {"iss": self._app_id, "iat": now - _MAX_CLOCK_SKEW_S, "exp": now + _JWT_VALID_S}
        return jwt.encode(claims, self._private_key, algorithm="RS256")
