"""JSON that Postgres cannot store as jsonb."""

import json

import pytest

from oa_shared.messages import UnreadableMessageError, parse_result_message
from oa_shared.postgres_json import why_not_storable


@pytest.mark.parametrize("text", [r'{"a": ["x\u0000"]}', r'{"\u0000": 1}', r'[[["\ud800"]]]', "[1e999]", "[NaN]"])
def test_why_not_storable_finds_what_postgres_refuses(text: str) -> None:
    assert why_not_storable(json.loads(text)) is not None


@pytest.mark.parametrize("text", ['{"a": [1, 2.5, null, true, "é😀"]}', "[]", "[" * 900 + "]" * 900])
def test_why_not_storable_accepts_everything_else(text: str) -> None:
    assert why_not_storable(json.loads(text)) is None


def test_parse_result_message_with_a_nul_deep_inside_is_unreadable() -> None:
    body = r'{"v":1,"kind":"job.status","result":{"fields":{"a\u0000":1}}}'
    with pytest.raises(UnreadableMessageError, match="NUL"):
        parse_result_message(body)
