"""docs/reliability.md: each planned fault has a test that exists, or the reason why none can."""

import re
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PLANNED = 89


def _rows() -> list[list[str]]:
    text = (_ROOT / "docs" / "reliability.md").read_text("utf-8").partition("## Faults\n")[2]
    lines = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _tests() -> set[str]:
    pattern = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)
    return {name for path in (_ROOT / "tests").rglob("test_*.py") for name in pattern.findall(path.read_text("utf-8"))}


def test_every_planned_fault_has_a_row() -> None:
    assert [int(row[0]) for row in _rows()] == list(range(1, _PLANNED + 1))


def test_every_row_has_an_effect_and_a_test_or_a_reason() -> None:
    known = _tests()
    for number, fault, effect, seconds, test in _rows():
        assert fault, number
        assert seconds, number
        if test == "none":
            assert effect.startswith("none: "), (number, "give the reason")
        else:
            names = re.findall(r"`(test_\w+)`", test)
            assert names, number
            assert set(names) <= known, (number, names)
