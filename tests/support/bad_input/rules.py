"""Rules that do not fit the data, or fit nothing."""

from typing import Any

from support.bad_input.case import Case

_CSV = b"NUMBER,ST,X,Y\n1,Main,2,3\n"


def _case(code: str, says: str, rule: Any, body: bytes = _CSV) -> Case:
    return Case(code, says, body, rules={"number": rule})


CASES = {
    "a column that a function needs": _case(
        "source.columns_missing", "'NUMBR'.*'NUMBER'", {"function": "prefixed_number", "field": "NUMBR"}
    ),
    "an expression that is none": _case(
        "source.regexp", "is not a regular expression", {"function": "regexp", "field": "ST", "pattern": "(a"}
    ),
    "a replacement group that does not exist": _case(
        "source.regexp", "2", {"function": "regexp", "field": "ST", "pattern": "(M)", "replace": "$2"}
    ),
    "an expression of a megabyte": _case(
        "source.regexp", "1,000,000 characters", {"function": "regexp", "field": "ST", "pattern": "a" * 1_000_000}
    ),
    "an unknown format": Case("source.schema", "unknown format 'dwg'", b"x", conform={"format": "dwg"}),
    "an acceptance test that fails": Case(
        "source.test_failed",
        "expected '2'",
        _CSV,
        rules={"number": "NUMBER"},
        tests=[{"description": "t", "inputs": {"NUMBER": "1"}, "expected": {"number": "2"}}],
    ),
}
