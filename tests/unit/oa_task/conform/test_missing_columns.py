"""Columns that rules name and the data lacks."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bench.comparison import by_engine
from bench.rule_strategies import definitions, rows
from oa_task.conform.conformer import Conformer
from oa_task.conform.missing_columns import check_columns, missing_columns
from oa_task.conform.rule_walk import RuleWalk
from oa_task.definition.task_entry import IDENTIFYING
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import FeatureBatch
from oa_task.runtime.failure import TaskFailure
from unit.oa_task.conform.conforming import batch, conform_rows, entry

DATA = {"STREET", "CITY", "HOUSE_NUM"}
LOST: dict[str, Any] = {
    "column": "STRET",
    "list": ["STRET", "SUFIX"],
    "join of absent columns": {"function": "join", "fields": ["STRET", "SUFIX"]},
    "join with one absent column": {"function": "join", "fields": ["STREET", "STRET"]},
    "first of absent columns": {"function": "first_non_empty", "fields": ["STRET", "SUFIX"]},
    "map": {"function": "map", "field": "STRET", "mapping": {"A": "B"}},
    "map with else": {"function": "map", "field": "STRET", "mapping": {}, "else": "x"},
    "chain of a join": {
        "function": "chain",
        "variable": "v",
        "functions": [
            {"function": "join", "fields": ["STRET", "STREET"]},
            {"function": "prefixed_number", "field": "oa:v"},
        ],
    },
}
FILLED: dict[str, Any] = {
    "list with one absent column": ["STREET", "STRET"],
    "first with one absent column": {"function": "first_non_empty", "fields": ["STRET", "STREET"]},
    "chain with a step that has its column": {
        "function": "chain",
        "variable": "v",
        "functions": [
            {"function": "join", "fields": ["STRET", "STREET"]},
            {"function": "first_non_empty", "fields": ["oa:v", "STREET"]},
        ],
    },
}
NEEDING: dict[str, Any] = {
    "regexp": {"function": "regexp", "field": "STRET", "pattern": "x"},
    "format": {"function": "format", "fields": ["STREET", "STRET"], "format": "$1"},
    "remove_prefix": {"function": "remove_prefix", "field": "STREET", "field_to_remove": "STRET"},
    "mph_to_kph": {"function": "mph_to_kph", "field": "STRET"},
    "chain": {"function": "chain", "functions": [{"function": "prefixed_number", "field": "STRET"}]},
}


@pytest.mark.parametrize("attribute", ["street", "id"])
@pytest.mark.parametrize("rule", NEEDING.values(), ids=NEEDING)
def test_check_columns_missing_column_of_a_function_fails_with_the_nearest(
    rule: dict[str, Any], attribute: str
) -> None:
    with pytest.raises(TaskFailure) as caught:
        check_columns(DATA, entry({attribute: rule}))
    assert caught.value.code == "source.columns_missing"
    assert "'STRET' (nearest: 'STREET')" in caught.value.message
    assert f"/layers/addresses/0/conform/{attribute}" in caught.value.message


@pytest.mark.parametrize(
    ("layer", "attribute"), [(layer, attribute) for layer in IDENTIFYING for attribute in sorted(IDENTIFYING[layer])]
)
@pytest.mark.parametrize("rule", LOST.values(), ids=LOST)
def test_check_columns_identifying_attribute_without_its_columns_fails(rule: Any, layer: str, attribute: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        check_columns(DATA, entry({attribute: rule}, layer=layer))
    assert caught.value.code == "source.columns_missing"
    names = re.findall(r"'(\w+)' \(nearest: '(\w+)'\)", caught.value.message)
    assert names
    assert all(name not in DATA and nearest in DATA for name, nearest in names)


@pytest.mark.parametrize("rule", (LOST | FILLED).values(), ids=LOST | FILLED)
def test_check_columns_other_attribute_without_its_columns_gives_warnings(rule: Any) -> None:
    warnings = check_columns(DATA, entry({"city": rule}))
    assert any("'STRET' (nearest: 'STREET')" in text for text in warnings)
    assert warnings
    assert all("/layers/addresses/0/conform/city" in text for text in warnings)


@pytest.mark.parametrize("attribute", ["number", "street"])
@pytest.mark.parametrize("rule", FILLED.values(), ids=FILLED)
def test_check_columns_identifying_attribute_with_some_columns_gives_a_warning(rule: Any, attribute: str) -> None:
    (warning,) = check_columns(DATA, entry({attribute: rule}))
    assert "'STRET' (nearest: 'STREET')" in warning


def test_check_columns_source_without_a_rule_for_number_or_street_succeeds() -> None:
    assert check_columns(DATA, entry({"city": "CITY"})) == []
    assert check_columns(DATA, entry({"number": {"function": "constant", "value": ""}, "street": "STREET"})) == []


def test_check_columns_building_without_its_columns_gives_warnings() -> None:
    assert len(check_columns(DATA, entry({"height": "H", "levels": "L"}, layer="buildings"))) == 2


def test_check_columns_column_of_coordinates_of_a_server_gives_a_warning() -> None:
    rules = entry({"street": "STREET"})
    esri = type(rules)(
        "addresses", "city", (), "ESRI", None, {"format": "geojson", "lon": "LNG", "lat": "CITY"}, rules.rules
    )
    (warning,) = check_columns(DATA, esri)
    assert "'LNG'" in warning
    assert "/conform/lon" in warning


def test_check_columns_many_missing_columns_are_counted() -> None:
    fields = [f"F{number}" for number in range(50)]
    warnings = check_columns(DATA, entry({"city": fields}))
    assert len(warnings) == 21
    assert "30 more" in warnings[-1]
    with pytest.raises(TaskFailure, match="and 30 more"):
        check_columns(DATA, entry({"number": fields}))


def test_check_columns_result_of_an_earlier_rule_is_available() -> None:
    steps = [{"function": "prefixed_number", "field": "A"}, {"function": "regexp", "field": "oa:V", "pattern": "x"}]
    rules = {
        "number": {"function": "chain", "variable": "V", "functions": steps},
        "id": {"function": "regexp", "field": "oa:number", "pattern": "x"},
        "city": "V",
    }
    assert check_columns({"A"}, entry(rules)) == []


def test_check_columns_result_of_a_later_rule_is_missing() -> None:
    rules = {
        "id": {"function": "regexp", "field": "oa:number", "pattern": "x"},
        "number": {"function": "prefixed_number", "field": "A"},
    }
    with pytest.raises(TaskFailure, match="oa:number"):
        check_columns({"A"}, entry(rules))


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(definition=definitions, rows=rows)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_rule_walk_attribute_that_cannot_have_a_value_is_empty_in_every_row(
    definition: tuple[str, dict[str, Any]], rows: list[dict[str, str]]
) -> None:
    layer, rules = definition
    walk = RuleWalk(layer, rows[0])
    lost = []
    for attribute, rule in rules.items():
        if isinstance(rule, list | dict):
            may_fill = walk.visit(rule, "", attribute)
            walk.store(f"oa:{attribute}", may_fill=may_fill)
            lost += [] if may_fill else [attribute]
    conformed = by_engine(layer, rules, rows) or []
    assert [row for row in conformed if any(row[attribute] not in ("", None) for attribute in lost)] == []


def parts(format_: str, *columns: str) -> tuple[Conformer, list[FeatureBatch]]:
    described = entry({"number": "A", "city": "B"})
    changed = type(described)("addresses", "city", (), "http", None, {"format": format_}, described.rules)
    return Conformer(changed, BadRows()), [batch({name: ["x"] for name in names}) for names in columns]


def test_conformer_every_part_is_checked() -> None:
    conformer, (first, second) = parts("csv", "AB", "B")
    assert list(conformer.check_part([first, first])) == [first, first]
    with pytest.raises(TaskFailure, match="'A'"):
        list(conformer.check_part([second]))


def test_conformer_warning_of_two_parts_is_given_once() -> None:
    conformer, (first, second) = parts("csv", "A", "A")
    list(conformer.check_part([first]))
    list(conformer.check_part([second]))
    assert len(conformer.warnings) == 1


def test_conformer_property_that_only_later_features_have_is_not_missing() -> None:
    conformer, (first, second) = parts("geojson", "", "AB")
    assert list(conformer.check_part([first, second])) == [first, second]
    assert conformer.warnings == []


def test_conformer_property_that_no_feature_has_is_missing() -> None:
    conformer, (first, second) = parts("geojson", "B", "B")
    with pytest.raises(TaskFailure, match="'A'"):
        list(conformer.check_part([first, second]))


def test_conformer_feature_without_a_property_does_not_depend_on_its_batch() -> None:
    rules = {"city": {"function": "join", "fields": ["A", "B"]}, "region": "A"}
    described = type(entry({}))("addresses", "city", (), "http", None, {"format": "geojson"}, rules)
    conformer = Conformer(described, BadRows())
    alone = conformer.conform(batch({"B": ["x"]})).frame
    together = conformer.conform(batch({"A": [None, "a"], "B": ["x", "y"]})).frame
    assert alone.row(0) == together.row(0)
    assert alone["city"].to_list() == ["x"]


def test_missing_columns_names_a_column_once_per_rule() -> None:
    assert len(missing_columns(entry({"city": ["Z", "Z"]}), DATA)) == 1


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("R", ["12", "1.5", ""]),
        (["R", "T"], ["12 3.0", "1.5 B", "C"]),
        ({"function": "join", "fields": ["R", "T"], "separator": "-"}, ["12-3.0", "1.5-B", "C"]),
        ({"function": "first_non_empty", "fields": ["R", "T"]}, ["12", "1.5", "C"]),
        ({"function": "format", "fields": ["R"], "format": "$1"}, ["12", "1.5", ""]),
        ({"function": "remove_prefix", "field": "L", "field_to_remove": "R"}, ["Main", "x", "y"]),
        ({"function": "regexp", "field": "R", "pattern": r"(.*)\.0$"}, ["12", "", ""]),
        ({"function": "map", "field": "R", "mapping": {"12.0": "twelve"}}, ["twelve", "", ""]),
        ("T", ["3.0", "B", "C"]),
    ],
)
def test_conform_batch_whole_number_of_a_real_column_has_no_decimals(rule: Any, expected: list[str]) -> None:
    rows = {"R": ["12.0", "1.5", ""], "T": ["3.0", "B", "C"], "L": ["12 Main", "x", "y"]}
    assert conform_rows({"id": rule}, rows, real=frozenset({"R"})) == expected


def test_conform_batch_measure_keeps_the_decimals_of_its_column() -> None:
    rows = {"R": ["12.0"]}
    for rule in ("R", ["R"]):
        values = conform_rows({"height": rule}, rows, "height", layer="buildings", real=frozenset({"R"}))
        assert values == ["12.0"]
