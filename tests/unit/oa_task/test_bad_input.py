"""Each kind of bad input ends with its code and the tell-tale part of its message, and stands in docs/engine.md."""

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


def documented() -> list[re.Match[str]]:
    text = (ROOT / "docs/engine.md").read_text(encoding="utf-8")
    section = text.partition("### Bad input: reading and conforming\n")[2].partition("\n#")[0]
    return list(ROW.finditer(section))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:'crs' was not provided:UserWarning")
def test_bad_input_ends_with_its_code_and_says_what(name: str) -> None:
    case = CASES[name]
    failure = case.run()
    assert failure is not None
    assert (failure.code, bool(re.search(case.says, failure.message))) == (case.code, True), failure.message


def test_table_of_bad_input_has_each_case_with_its_code() -> None:
    rows = {row["case"]: row["code"] for row in documented() if not row["elsewhere"]}
    assert rows == {name: case.code for name, case in CASES.items()}


def test_table_of_bad_input_names_tests_that_exist() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = {row["elsewhere"] for row in documented() if row["elsewhere"]}
    assert named
    assert {name for name in named if f"def {name}(" not in sources} == set()
