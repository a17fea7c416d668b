"""Validation of source definitions, and their entries."""

from collections.abc import Iterator
from typing import Any

import pytest

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_shared.scheduling import Tier
from oa_shared.schema_violations import violations
from oa_shared.source_definition import (
    MAX_ENTRIES,
    MAX_KEY,
    MAX_PROBLEMS,
    MAX_VALUES,
    entries,
    fix_definition,
    repeated_names,
    validate_definition,
)

CONFORM_POINTER = "/layers/addresses/0/conform"


def definition(**changes: Any) -> dict[str, Any]:
    entry = {
        "name": "city",
        "data": "https://example.com/a.csv",
        "protocol": "http",
        "conform": {"format": "csv", "number": "NO", "street": ["PRE", "NAME"], "size": "large"},
    }
    return {"schema": 2, "coverage": {"country": "xx"}, "layers": {"addresses": [entry]}, **changes}


def test_validate_definition_valid_has_no_problems() -> None:
    assert validate_definition(definition()) == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"schema": 1}, "/schema"),
        ({"schema": None}, "/schema"),
        ({"layers": {"adresses": []}}, "/layers/adresses"),
        ({"layers": {"addresses": {}}}, "/layers/addresses"),
        ({"layers": {"addresses": [{"name": "a", "data": "x"}]}}, "/layers/addresses/0"),
        ({"typo": 1}, "/typo"),
        ({"ty/po~": 1}, "/ty~1po~0"),
    ],
)
def test_validate_definition_invalid_points_to_the_place(changes: dict[str, Any], pointer: str) -> None:
    assert [problem.pointer for problem in validate_definition(definition(**changes))] == [pointer]


def test_validate_definition_unknown_function_lists_the_known_ones() -> None:
    bad = definition()
    bad["layers"]["addresses"][0]["conform"]["number"] = {"function": "joinn", "fields": ["a"]}
    (problem,) = validate_definition(bad)
    assert problem.pointer == "/layers/addresses/0/conform/number/function"
    assert "'joinn'" in problem.message
    assert "'join'" in problem.message


@pytest.mark.parametrize("value", [[], "text", None, 1, True])
def test_validate_definition_other_than_an_object_is_a_problem(value: Any) -> None:
    assert validate_definition(value)[0].pointer == ""


def test_search_for_violations_ends_with_the_last_that_is_shown() -> None:
    """A document may have as many violations as bytes: each one costs far more than its text."""
    bad = {**definition(), "layers": {"addresses": [{}] * 200, "buildings": [{} for _ in range(200)]}}
    seen: list[object] = []

    class Counted(list[object]):
        def __iter__(self) -> Iterator[object]:
            for item in super().__iter__():
                seen.append(item)
                yield item

    entries_of_layer = Counted([{} for _ in range(100_000)])
    schema = {"properties": {"entries": {"items": {"required": ["name"]}}}}
    assert len(violations({"entries": entries_of_layer}, schema, most=20)) == 20
    assert len(seen) < 100
    assert len(validate_definition(bad)) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"coverage": {"k" * (MAX_KEY + 1): 1}}, "a key has more than"),
        ({"coverage": {"a": [[0] * 1000] * (MAX_VALUES // 1000)}}, "values"),
        ({"layers": {"addresses": [{}] * (MAX_ENTRIES + 1)}}, "split the definition"),
        ({"schema": "x" * 100_000}, "is not supported"),
    ],
)
def test_validate_definition_too_large_has_one_short_problem(changes: dict[str, Any], says: str) -> None:
    (problem,) = validate_definition(definition(**changes))
    assert says in problem.message
    assert len(problem.message) < 200


def test_validate_definition_deep_nesting_is_a_problem_not_a_crash() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert "nested" in validate_definition(definition(coverage=deep))[0].message


def test_entries_lists_layers_and_names_with_their_tier() -> None:
    both = definition()
    both["layers"]["buildings"] = [{"name": "b", "data": "x", "protocol": "ESRI"}]
    found = [(entry.layer, entry.name, entry.pointer, entry.tier) for entry in entries(both)]
    assert found == [
        ("addresses", "city", "/layers/addresses/0", Tier.LARGE),
        ("buildings", "b", "/layers/buildings/0", Tier.STANDARD),
    ]


def test_repeated_names_second_entry_is_a_problem_and_gets_no_job() -> None:
    twice = definition()
    twice["layers"]["addresses"] *= 2
    assert [problem.pointer for problem in repeated_names(twice)] == ["/layers/addresses/1/name"]
    assert len(entries(twice)) == 1


@pytest.mark.parametrize("huge", [10**30, 1e300, -(2**70)])
def test_validate_definition_huge_number_is_valid(huge: float) -> None:
    assert validate_definition(definition(coverage={"country": "xx", "huge": huge})) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"nummer": "N"}, FaultyPlace(f"{CONFORM_POINTER}/nummer", Fix(FixAction.RENAME, "number"))),
        ({"encodng": "utf-8"}, FaultyPlace(f"{CONFORM_POINTER}/encodng", Fix(FixAction.RENAME, "encoding"))),
        ({"format": "geojsn"}, FaultyPlace(f"{CONFORM_POINTER}/format", Fix(FixAction.REPLACE, "geojson", "geojsn"))),
        ({"zzz": "N"}, FaultyPlace(f"{CONFORM_POINTER}/zzz")),
    ],
)
def test_unknown_key_or_value_is_fixed_by_the_known_one_that_is_similar(
    change: dict[str, str], place: FaultyPlace
) -> None:
    conform = {"format": "csv", "street": "S", "lon": "X", "lat": "Y", **change}
    entry = {"name": "a", "data": "https://example.org", "protocol": "http", "conform": conform}
    assert place in fix_definition({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}})
