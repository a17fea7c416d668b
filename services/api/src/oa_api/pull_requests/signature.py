"""Verifies that a webhook request comes from GitHub: the header X-Hub-Signature-256 signs the bytes of the body."""

import hashlib
import hmac
import re

HEADER = "X-Hub-Signature-256"
_PREFIX = "sha256="
_FORM = re.compile(_PREFIX + "[0-9a-f]{64}")


class WebhookSecrets:
    """The valid secrets: one, or two while the secret changes."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = [secret.encode() for secret in secrets if secret]

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def could_verify(self, signature: str) -> bool:
        """Return whether a signature has the form of one, to refuse others before their body is read."""
        return bool(_FORM.fullmatch(signature))

    def verify(self, signature: str, body: bytes) -> bool:
        """Return whether a secret signed the body; compares with every secret, in constant time."""
        encoded = signature.encode("utf-8", "surrogateescape")
        return sum(hmac.compare_digest(encoded, sign(secret, body).encode()) for secret in self._secrets) > 0


def sign(secret: bytes, body: bytes) -> str:
    """Return the value of the header for a body."""
    return _PREFIX + hmac.new(secret, body, hashlib.sha256).hexdigest()
