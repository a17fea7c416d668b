"""The outcomes of a case that count as clear."""

from pathlib import Path

import pytest
from rich.console import Console

from oa_local.cases import CaseResult, NoCasesError, submit_cases


@pytest.mark.parametrize(
    ("status", "code", "is_clear"),
    [
        ("Success", "", True),
        ("Warn", "", True),
        ("Fail", "source.format", True),
        ("Fail", "", False),
        ("Fail", "no.such.code", False),
        ("Running", "", False),
    ],
)
def test_ending_is_clear_only_with_success_or_a_known_code(status: str, code: str, *, is_clear: bool) -> None:
    assert CaseResult("case", status, code).is_clear is is_clear


def test_submit_cases_of_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoCasesError):
        submit_cases(Console(), tmp_path, port=0)
