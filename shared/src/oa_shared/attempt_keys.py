"""The port to credentials that open the files of one attempt only (docs/decisions/0020-credentials-of-an-attempt.md).

The API issues them to the container that knows the token of the attempt; `oa_shared.aws` implements both sides.
"""

from dataclasses import dataclass, field
from typing import Protocol

from oa_shared.errors import OaError


class KeysUnavailableError(OaError):
    """No credentials can be issued or renewed now."""

    code = "keys.unavailable"
    title = "The credentials of an attempt are not available."
    retryable = True


@dataclass(frozen=True, slots=True)
class AttemptKeys:
    """Temporary credentials of AWS, valid for `valid_s` seconds from the request for them.

    A duration, not a time: the clocks of the container and of AWS may differ.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    valid_s: int


class KeyIssuer(Protocol):
    """Issues credentials; the API has one where attempts have their own credentials."""

    async def issue(self, job: int, attempt: int) -> AttemptKeys:
        """Return new credentials for the files of an attempt. Raises KeysUnavailableError."""


class KeySource(Protocol):
    """Has the valid credentials of an attempt; its container has one."""

    async def current(self) -> AttemptKeys:
        """Return credentials that are valid; waits while they are renewed. Raises KeysUnavailableError."""
