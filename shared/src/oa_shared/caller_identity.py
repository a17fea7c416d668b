"""The port to the identity of a container: which one it is, proven by credentials that only that container has.

The containers of an array job have the same variables. The session of their role is different for each.
"""

from collections.abc import Mapping
from typing import Protocol

from oa_shared.errors import OaError


class IdentityRefusedError(OaError):
    """A proof is not that of a container of this system, or has another purpose."""

    code = "identity.refused"
    title = "The container has not proven what it is."


class IdentityUnavailableError(OaError):
    """No proof can be checked now."""

    code = "identity.unavailable"
    title = "The identity of a container cannot be checked now."
    retryable = True


class IdentityCheck(Protocol):
    """Checks proofs; the API has one where containers have sessions of a role."""

    async def identify(self, proof: Mapping[str, str], purpose: str) -> str:
        """Return the name of the session that signed the proof for this purpose; each container has its own.

        Raises IdentityRefusedError, IdentityUnavailableError.
        """


def purpose_of_child(array: int, place: int) -> str:
    """Return the purpose of the proof with which a child of an array requests its attempt."""
    return f"array/{array}/child/{place}"
