"""What GitHub is shown so that it lets us in: the token of a GitHub App in one repository."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import RSAAlgorithm

_JWT_VALID_S = 540
_CLOCKS_DIFFER_S = 60
_RENEWED_BEFORE_S = 300

Ask = Callable[[str, str, str], Awaitable[Any]]


class AppToken:
    """The token of a GitHub App's installation in one repository, renewed before it expires.

    `private_key` is PEM. Raises ValueError for a key that cannot be used.
    """

    def __init__(self, app_id: str, private_key: str, repository: str) -> None:
        self._app_id = app_id
        key = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(private_key)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("this is a public key")  # noqa: TRY004 - the caller looks for one kind of error
        self._private_key = key
        self._repository = repository
        self._token = ""
        self._expires_at = 0.0

    async def token(self, ask: Ask) -> str:
        """Return the installation's token; `ask(method, path, token)` asks GitHub. Raises GitHubError."""
        if time.time() < self._expires_at - _RENEWED_BEFORE_S:
            return self._token
        proof = self._proof()
        installation = await ask("GET", f"/repos/{self._repository}/installation", proof)
        made = await ask("POST", f"/app/installations/{installation['id']}/access_tokens", proof)
        self._token = made["token"]
        self._expires_at = datetime.fromisoformat(made["expires_at"]).timestamp()
        return self._token

    def forget(self) -> None:
        """Get a new one next time."""
        self._expires_at = 0.0

    def wrote(self, comment: dict[str, Any]) -> bool:
        """Go by the App, which nobody else can write through."""
        return str((comment.get("performed_via_github_app") or {}).get("id")) == self._app_id

    def _proof(self) -> str:
        """Return what shows that we are the App, valid for some minutes."""
        now = int(time.time())
        claims = {"iss": self._app_id, "iat": now - _CLOCKS_DIFFER_S, "exp": now + _JWT_VALID_S}
        return jwt.encode(claims, self._private_key, algorithm="RS256")
