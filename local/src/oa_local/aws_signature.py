"""Signatures of AWS, version 4: checked, so that the emulators serve the holders of the secret key only.

The access key is not a secret: presigned URLs and upload forms name it.
docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html describes the signature.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8}/[^/,\s]+/[^/,\s]+/aws4_request), ?"
    r"SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})\Z"
)
_BODY_DIGEST, _TIME = "x-amz-content-sha256", "x-amz-date"
_REQUIRED = frozenset({"host", _TIME})


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A received request: the path and the query are still encoded, the names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def needs_body(self) -> bool:
        """Return whether the signature covers the digest of the body, which no header states."""
        return _BODY_DIGEST not in self.headers


def is_signed(request: SignedRequest, body: bytes, *, access_key: str, secret_key: str) -> bool:
    """Return whether the Authorization header has the signature of these keys for the request."""
    parsed = _AUTHORIZATION.match(request.headers.get("authorization", ""))
    if parsed is None:
        return False
    key, scope, names, signature = parsed.groups()
    signed = names.split(";")
    if key != access_key or not set(signed) >= _REQUIRED & set(request.headers) | {"host"}:
        return False
    digest = request.headers.get(_BODY_DIGEST) or hashlib.sha256(body).hexdigest()
    lines = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed]
    query = "&".join(sorted(part if "=" in part else f"{part}=" for part in request.query.split("&") if part))
    canonical = "\n".join((request.method, request.path, query, "".join(lines), names, digest))
    text = "\n".join(
        ("AWS4-HMAC-SHA256", request.headers.get(_TIME, ""), scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    return hmac.compare_digest(_sign(scope, text, secret_key), signature)


def is_signed_policy(fields: Mapping[str, str], *, access_key: str, secret_key: str) -> bool:
    """Return whether a form has the signature of these keys for its policy; the names of fields are in lower case."""
    policy = fields.get("policy", "")
    if credential := fields.get("x-amz-credential"):
        key, _, scope = credential.partition("/")
        return key == access_key and hmac.compare_digest(
            _sign(scope, policy, secret_key).encode(), fields.get("x-amz-signature", "").encode()
        )
    # Version 2, with which botocore signs forms where the region has it.
    expected = base64.b64encode(hmac.digest(secret_key.encode(), policy.encode(), "sha1"))
    is_key = fields.get("awsaccesskeyid") == access_key
    return is_key and hmac.compare_digest(expected, fields.get("signature", "").encode())


def lower_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their names in lower case; the values of one name are joined by commas."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


def _sign(scope: str, text: str, secret_key: str) -> str:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
