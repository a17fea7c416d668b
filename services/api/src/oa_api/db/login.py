"""Logging in to the database while its password may change."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg2
import structlog

from oa_api.db.errors import StoreUnavailableError
from oa_shared.secret import Secret, SecretUnavailableError, SecretVersion

log = structlog.get_logger()
_Connection = TypeVar("_Connection")
_PASSWORD_KEY = "password"  # noqa: S105 - the name of a key
# A failed login has no SQLSTATE in the driver; the server's messages are English: "password authentication failed …".
_REFUSED = "authentication failed"


class DatabaseLogin:
    """The URL of a database and, unless the URL or PGPASSWORD has the password, the secret that holds it.

    A refused login makes it read the secret again, and try the current value, then the previous one: of the database
    and the secret, either may change first.
    """

    def __init__(self, url: str, secret: Secret | None = None) -> None:
        self.url = url
        self._secret = secret
        self._accepted: str | None = None

    async def connect(self, attempt: Callable[[str | None], Awaitable[_Connection]]) -> _Connection:
        """Return what `attempt` returns for a password that the server accepts; None stands for that of the URL.

        Raises psycopg2.Error, and StoreUnavailableError if the secret cannot be read.
        """
        if self._secret is None:
            return await attempt(None)
        refused: dict[str, psycopg2.OperationalError] = {}
        for read in (self._last_accepted, self._read_current, self._read_previous):
            password = await read(self._secret)
            if password is None or password in refused:
                continue
            try:
                connection = await attempt(password)
            except psycopg2.OperationalError as error:
                if _REFUSED not in str(error):
                    raise
                refused[password] = error
                log.warning("database_login_refused", versions_tried=len(refused))
            else:
                self._accepted = password
                return connection
        raise list(refused.values())[-1]

    async def _last_accepted(self, _secret: Secret) -> str | None:
        return self._accepted

    async def _read_current(self, secret: Secret) -> str | None:
        return await _read(secret, SecretVersion.CURRENT)

    async def _read_previous(self, secret: Secret) -> str | None:
        return await _read(secret, SecretVersion.PREVIOUS)


async def _read(secret: Secret, version: SecretVersion) -> str | None:
    try:
        return await secret.read(_PASSWORD_KEY, version)
    except SecretUnavailableError as error:
        raise StoreUnavailableError(f"the password of the database cannot be read: {error.detail}") from error
