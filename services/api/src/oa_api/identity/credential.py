"""Secrets that this service generates, and the digests that it stores."""

import hashlib
import secrets

TOKEN_PREFIX = "oa_"  # noqa: S105 - the start of every token, by which scanners recognize leaked ones
# Tokens of openaddresses/batch, which an import brings over: `oa.` and 64 hexadecimal digits.
IMPORTED_TOKEN_PREFIX = "oa."  # noqa: S105 - likewise
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return 256 random bits as text that needs no quoting in URLs, headers and cookies."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_api_token() -> str:
    """Return a new API token."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> bytes:
    """Return the SHA-256 to store: 256 random bits need no slow hash, and a search by hash leaks no timing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
