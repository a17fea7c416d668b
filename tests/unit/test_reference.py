"""The generated pages of docs/ equal the output of `make docs`, and list every variable that the code reads."""

import re
from pathlib import Path

import pytest

from oa_shared.failures import FAILURES
from oa_tools.reference.__main__ import PAGES, ROOT


@pytest.mark.parametrize("name", PAGES)
def test_page_equals_the_output_of_make_docs(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == PAGES[name](), "run `make docs`"


def test_every_failure_code_has_one_row() -> None:
    rows = re.findall(r"^\| `(\w+\.\w+)` \|", (ROOT / "docs/failure-codes.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(FAILURES)


def test_every_variable_in_shipped_code_is_documented() -> None:
    documented = set(re.findall(r"OA_[A-Z0-9_]+", "".join(_documents())))
    used = {
        name for path in _sources() for name in re.findall(r"\bOA_[A-Z][A-Z0-9_]*[A-Z0-9]\b", path.read_text("utf-8"))
    }
    assert used - documented == set()


def _documents() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]


def _sources() -> list[Path]:
    folders = ("shared/src", "services", "cli/src", "local/src", "terraform")
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".tf"}]
