"""The signature of deliveries, checked by the code that docs/data.md gives to whoever gets them."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from oa_api.webhooks.signature import new_secret, signature

DOCS = Path(__file__).parents[4] / "docs" / "data.md"


@pytest.fixture
def is_ours() -> Any:
    code = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102 - our own documentation
    return names["is_ours"]


def test_signature_is_taken_by_the_code_of_the_documentation(is_ours: Any) -> None:
    secret, body, now = new_secret(), b'{"event":"ping"}', int(time.time())
    good = signature(secret, body, now)
    assert is_ours(secret, good, body)
    assert not is_ours(secret, good, body + b" ")
    assert not is_ours(new_secret(), good, body)
    assert not is_ours(secret, signature(secret, body, now - 3600), body)
