"""The port to a secret that changes while processes run; `oa_shared.aws` implements it."""

from enum import StrEnum
from typing import Protocol

from oa_shared.errors import OaError


class SecretUnavailableError(OaError):
    """The store of secrets did not answer, refused the call, or holds something else."""

    code = "secret.unavailable"
    title = "A secret cannot be read."
    retryable = True


class SecretVersion(StrEnum):
    """Which value of a secret: during a change the previous one is still in use somewhere."""

    CURRENT = "current"
    PREVIOUS = "previous"


class Secret(Protocol):
    """One secret, a JSON object of texts."""

    async def read(self, key: str, version: SecretVersion) -> str | None:
        """Return the value of a key; None when there is no such version. Raises SecretUnavailableError."""
