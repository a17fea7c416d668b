"""Secrets that this service makes up, and all that it keeps of them."""

import hashlib
import secrets

TOKEN_PREFIX = "oa_"  # noqa: S105 - what every token begins with, so that scanners of leaked secrets know one
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return 256 random bits as text that needs no quoting in addresses, headers and cookies."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_api_token() -> str:
    """Return a new API token."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> bytes:
    """Return what is kept of a secret; 256 random bits need no slow hash, and a look-up by hash tells no time."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
