"""How a delivery is signed, so that whoever gets it knows that it is ours and new (docs/data.md)."""

import hashlib
import hmac
import secrets

HEADER = "OA-Signature"
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
_BYTES = 32


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return _SECRET_PREFIX + secrets.token_hex(_BYTES)


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the value of the header: the second at which it was signed, and HMAC-SHA256 over `<second>.<body>`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
