"""Who works on an attempt."""

import pytest

from oa_shared.claim import claim, read_claim


def test_read_claim_names_the_container() -> None:
    assert read_claim(claim("batch-1", "abc")) == "batch-1"


@pytest.mark.parametrize("body", [claim("", "abc"), b"not JSON", b"[]", b'{"batch_job": 1}', b'{"owner": "old"}'])
def test_read_claim_that_does_not_say_is_nobody(body: bytes) -> None:
    assert read_claim(body) is None
