"""The signature of deliveries, against the definition of Standard Webhooks and the code in docs/data.md."""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from oa_api.webhooks.signature import new_secret, signature_headers

DOCS = Path(__file__).parents[4] / "docs" / "data.md"
IsOurs = Callable[[str, dict[str, str], bytes], bool]


@pytest.fixture
def is_ours() -> IsOurs:
    code = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {}
    exec(code[1], names)  # noqa: S102 - our own documentation
    return cast("IsOurs", names["is_ours"])


def test_signature_is_accepted_by_the_code_of_the_documentation(is_ours: IsOurs) -> None:
    secret, body, now = new_secret(), b'{"event":"ping"}', int(time.time())
    headers = signature_headers(secret, body, message_id="8", timestamp_s=now)
    assert is_ours(secret, headers, body)
    assert not is_ours(secret, headers, body + b" ")
    assert not is_ours(secret, {**headers, "webhook-id": "9"}, body)
    assert not is_ours(new_secret(), headers, body)
    assert not is_ours(secret, signature_headers(secret, body, message_id="8", timestamp_s=now - 3600), body)


def test_signature_is_the_example_of_the_specification() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signature_headers(secret, body, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp_s=1614265330)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_signature_is_hmac_sha256_over_id_timestamp_and_body() -> None:
    secret, body = new_secret(), b"{}"
    headers = signature_headers(secret, body, message_id="8", timestamp_s=7)
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), b"8.7.{}", hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_new_secret_is_base64_of_32_bytes_after_its_prefix() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert new_secret() != secret


def test_secret_that_is_not_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        signature_headers("whsec_?", b"", message_id="8", timestamp_s=7)
