"""Each kind of bad input fails with its code and names its details; docs/engine.md lists each kind."""

import re
from pathlib import Path

import pytest

from support.bad_input import archives, collections, layers, rules, tables
from support.bad_input.case import Case

ROOT = Path(__file__).parents[3]
CASES: dict[str, Case] = {**tables.CASES, **collections.CASES, **layers.CASES, **archives.CASES, **rules.CASES}
ROW = re.compile(
    r"^\| (?P<case>[^|]+?) (?:\(`(?P<elsewhere>test_\w+)`\) )?\| `(?P<code>[a-z_.]+)` \| .+ \|$", re.MULTILINE
)


def documented_rows() -> list[re.Match[str]]:
    text = (ROOT / "docs/engine.md").read_text(encoding="utf-8")
    section = text.partition("### Bad input: reading and conforming\n")[2].partition("\n#")[0]
    return list(ROW.finditer(section))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:'crs' was not provided:UserWarning")
def test_bad_input_fails_with_its_code_and_details(name: str) -> None:
    case = CASES[name]
    failure = case.run()
    assert failure is not None
    assert failure.code == case.code
    assert [detail for detail in case.details if detail not in failure.message] == [], failure.message


def test_documentation_lists_each_case_with_its_code() -> None:
    rows = {row["case"]: row["code"] for row in documented_rows() if not row["elsewhere"]}
    assert rows == {name: case.code for name, case in CASES.items()}


def test_documentation_names_only_existing_tests() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    names = {row["elsewhere"] for row in documented_rows() if row["elsewhere"]}
    assert names
    assert {name for name in names if f"def {name}(" not in sources} == set()
