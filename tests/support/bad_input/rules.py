"""Rules that do not fit the data, and invalid rules."""

from typing import Any

from support.bad_input.case import Case

_CSV = b"NUMBER,ST,X,Y\n1,Main,2,3\n"


def _case(code: str, details: tuple[str, ...], rule: Any, body: bytes = _CSV) -> Case:
    return Case(code, details, body, rules={"number": rule})


CASES = {
    "a missing column that a function requires": _case(
        "source.columns_missing",
        ("'NUMBR'", "'NUMBER'", "/conform/number"),
        {"function": "prefixed_number", "field": "NUMBR"},
    ),
    "a column of house numbers that is gone": _case(
        "source.columns_missing", ("'house_number'", "nearest", "/conform/number"), "house_number"
    ),
    "a list of house numbers whose columns are gone": _case(
        "source.columns_missing", ("'house_number'", "'suffix'", "/conform/number"), ["house_number", "suffix"]
    ),
    "a join of house numbers that lacks a column": _case(
        "source.columns_missing",
        ("'suffix'", "the data has NUMBER", "/conform/number"),
        {"function": "join", "fields": ["NUMBER", "suffix"]},
    ),
    "an invalid regular expression": _case(
        "source.regexp", ("'(a'", "position 0"), {"function": "regexp", "field": "ST", "pattern": "(a"}
    ),
    "a missing group of a replacement": _case(
        "source.regexp",
        ("'$2'", "position 3"),
        {"function": "regexp", "field": "ST", "pattern": "(M)", "replace": "$2"},
    ),
    "a regular expression of a megabyte": _case(
        "source.regexp", ("1,000,000", "100,000"), {"function": "regexp", "field": "ST", "pattern": "a" * 1_000_000}
    ),
    "an unknown format": Case("source.schema", ("'dwg'", "geojson"), b"x", conform={"format": "dwg"}),
    "a failing acceptance test": Case(
        "source.test_failed",
        ("number", "'1'", "'2'"),
        _CSV,
        rules={"number": "NUMBER"},
        tests=[{"description": "t", "inputs": {"NUMBER": "1"}, "expected": {"number": "2"}}],
    ),
}
