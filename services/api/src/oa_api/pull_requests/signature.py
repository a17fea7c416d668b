"""Whether a webhook comes from GitHub: the header X-Hub-Signature-256 over the bytes of the body."""

import hashlib
import hmac

HEADER = "X-Hub-Signature-256"
_PREFIX = "sha256="


class WebhookSecrets:
    """The secrets that are valid now; two during a change."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = [secret.encode() for secret in secrets if secret]

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def verify(self, signature: str, body: bytes) -> bool:
        """Compare in constant time, and with every secret, whichever matches."""
        given = signature.encode("utf-8", "surrogateescape")
        return sum(hmac.compare_digest(given, sign(secret, body).encode()) for secret in self._secrets) > 0


def sign(secret: bytes, body: bytes) -> str:
    """Return the value of the header for a body."""
    return _PREFIX + hmac.new(secret, body, hashlib.sha256).hexdigest()
