"""The claim names the container that works on an attempt."""

import pytest

from oa_shared.claim import claim, read_claim


def test_read_claim_returns_the_container() -> None:
    assert read_claim(claim("batch-1", "abc")) == "batch-1"


@pytest.mark.parametrize("body", [claim("", "abc"), b"not JSON", b"[]", b'{"batch_job": 1}', b'{"owner": "old"}'])
def test_read_claim_without_a_container_is_none(body: bytes) -> None:
    assert read_claim(body) is None
