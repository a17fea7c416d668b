"""Log lines as readable text."""

import pytest

from oa_api.jobs.job_log import as_text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"event": "x", "level": "info", "timestamp": "t", "bytes": 3, "job_id": 1}', "t info x bytes=3\n"),
        ("not json", "not json\n"),
        ("[1]", "[1]\n"),
        ("", ""),
    ],
)
def test_as_text_line_of_any_kind_is_readable(line: str, expected: str) -> None:
    assert as_text(line) == expected
