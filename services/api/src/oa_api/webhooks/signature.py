"""Signatures of deliveries, as https://www.standardwebhooks.com defines them (docs/data.md shows how to verify one)."""

import base64
import binascii
import hashlib
import hmac
import secrets

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of every secret
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret: the prefix, and 32 random bytes in base64."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature_headers(
    secret: str, body: bytes, *, message_id: str, timestamp_s: int, former_secret: str | None = None
) -> dict[str, str]:
    """Return the headers that identify and sign a delivery: HMAC-SHA256 over `<message_id>.<timestamp_s>.<body>`.

    With `former_secret` there are two signatures, so that receivers of the old and of the new secret accept it. Raises
    ValueError for a secret that is not base64.
    """
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    signatures = " ".join(_sign(each, signed) for each in (secret, former_secret) if each is not None)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": signatures}


def _sign(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret of the webhook is not base64") from error
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
