"""Each finding of `check`: its severity, pointer and code; valid definitions have none."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from oa_shared.definition_check.backtracking import find_backtracking_input
from oa_shared.definition_check.rules import check_rule
from oa_task.check.definition import check_definition, check_text
from oa_task.main import main
from unit.oa_task.conform.conforming import conform_row

_ENTRY = {
    "name": "city",
    "protocol": "http",
    "data": "https://example.org/a.csv",
    "license": "https://example.org/license",
    "conform": {"format": "csv", "lon": "x", "lat": "y", "number": "no", "street": "st"},
}


def _definition(conform: dict[str, Any] | None = None, *, layer: str = "addresses", **entry: Any) -> dict[str, Any]:
    body = {**_ENTRY, **entry}
    body["conform"] = {**_ENTRY["conform"], **(conform or {})} if layer == "addresses" else conform  # type: ignore[dict-item]
    return {"schema": 2, "coverage": {"country": "xx", "US Census": {"geoid": "1"}}, "layers": {layer: [body]}}


def _findings(definition: Any) -> list[tuple[str, str, str]]:
    return [(item.severity.value, item.pointer, item.code) for item in check_definition(definition)]


def test_check_definition_valid_has_no_findings() -> None:
    assert _findings(_definition()) == []


_CONFORM = "/layers/addresses/0/conform"


def test_swapped_columns_name_each_other_and_names_that_may_mean_both_are_left_alone() -> None:
    swapped = {"lat": "Longitude", "lon": "LAT", "number": "STREET_NAME", "street": "HOUSE_NUM"}
    messages = [item.message for item in check_definition(_definition(swapped))]
    assert [message.rpartition(": ")[2] for message in messages] == [
        "swap it with that of `lon`, 'LAT'",
        "swap it with that of `lat`, 'Longitude'",
        "swap it with that of `street`, 'HOUSE_NUM'",
        "swap it with that of `number`, 'STREET_NAME'",
    ]
    split = {"function": "prefixed_number", "field": "STREET"}
    usual: dict[str, Any] = {"lat": "X", "lon": "Y", "number": split, "street": "ADDRESS", "city": ["TOWN", "ZIP"]}
    assert _findings(_definition(usual)) == []


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (_definition({"stret": "st"}), ("error", f"{_CONFORM}/stret", "source.schema")),
        (_definition({"format": "geojson", "layer": "roads"}), ("warning", f"{_CONFORM}/layer", "no_effect")),
        (_definition({"encoding": "klingon-8"}), ("error", f"{_CONFORM}/encoding", "source.schema")),
        (_definition({"csvsplit": "||"}), ("error", f"{_CONFORM}/csvsplit", "source.schema")),
        (_definition({"srs": "EPSG:1"}), ("error", f"{_CONFORM}/srs", "source.crs")),
        (_definition({"lat": ""}), ("error", _CONFORM, "source.schema")),
        (_definition({"skiplines": 3}), ("warning", f"{_CONFORM}/skiplines", "no_headers")),
        (_definition({"postcode": ""}), ("warning", f"{_CONFORM}/postcode", "no_column")),
        (_definition({"city": ["a", "a"]}), ("warning", f"{_CONFORM}/city/1", "repeated_column")),
        (_definition({"lat": "LONGITUDE"}), ("warning", f"{_CONFORM}/lat", "contradicting_column")),
        (_definition({"number": "STREET_NAME"}), ("warning", f"{_CONFORM}/number", "contradicting_column")),
        (_definition({"street": ["House Number"]}), ("warning", f"{_CONFORM}/street", "contradicting_column")),
        (_definition({"city": "Postcode"}), ("warning", f"{_CONFORM}/city", "contradicting_column")),
        (_definition(year="2014"), ("warning", "/layers/addresses/0/year", "old")),
        (_definition(license=""), ("hint", "/layers/addresses/0", "no_license")),
        (_definition(skip=True), ("hint", "/layers/addresses/0/skip", "source.skip")),
        (_definition(data="http://example.org/a.csv"), ("hint", "/layers/addresses/0/data", "not_encrypted")),
        (_definition(protocol="gopher"), ("error", "/layers/addresses/0/protocol", "source.schema")),
        (
            _definition(protocol="ESRI", data="https://example.org/arcgis/rest/services/a/FeatureServer"),
            ("warning", "/layers/addresses/0/data", "no_layer_number"),
        ),
        (
            _definition(
                protocol="ESRI", data="https://example.org/arcgis/rest/services/a/FeatureServer/0", compression="zip"
            ),
            ("warning", "/layers/addresses/0/compression", "no_effect"),
        ),
        (
            _definition(
                {"format": "xml", "layer": "a"},
                protocol="ESRI",
                data="https://example.org/arcgis/rest/services/a/FeatureServer/0",
            ),
            ("warning", f"{_CONFORM}/layer", "no_effect"),
        ),
        (
            _definition({"format": "geojson", "id": "gid"}, layer="buildings"),
            ("warning", "/layers/buildings/0/conform/id", "no_effect"),
        ),
        (_definition({"addrtype": "kind"}), ("warning", f"{_CONFORM}/addrtype", "no_effect")),
        (
            _definition({"format": "geojson", "pid": "a", "accuracy": 1}, layer="parcels"),
            ("warning", "/layers/parcels/0/conform/accuracy", "no_effect"),
        ),
        (_definition({"skiplines": 3, "headers": 2}), ("warning", f"{_CONFORM}/skiplines", "no_effect")),
        (_definition({"skiplines": 1, "headers": -1}), ("warning", f"{_CONFORM}/skiplines", "no_effect")),
        (
            _definition(data="https://x.org/a/rest/services/b/MapServer/2/query?where=1%3D1&f=geojson"),
            ("warning", "/layers/addresses/0/data", "one_page"),
        ),
        (
            _definition(protocol="ESRI", data=["https://x.org/b/FeatureServer/2?where=A%3D1&token=t"]),
            ("warning", "/layers/addresses/0/data/0", "no_effect"),
        ),
        ({"schema": 1}, ("error", "/schema", "source.schema")),
        ([], ("error", "", "source.schema")),
    ],
    ids=lambda value: value[2] + value[1].replace("/", ".") if isinstance(value, tuple) else "",
)
def test_check_definition_finding_has_pointer_and_code(definition: Any, expected: tuple[str, str, str]) -> None:
    found = _findings(definition)

    assert any(
        item[0] == expected[0] and item[1].startswith(expected[1]) and item[2] == expected[2] for item in found
    ), found


@pytest.mark.parametrize(
    "data",
    [
        "https://x.org/b/FeatureServer/2",
        "https://x.org/b/FeatureServer/2/query",
        "https://x.org/b/MapServer/2/?Token=t&gdbVersion=v",
    ],
)
def test_check_definition_url_of_a_layer_has_no_findings(data: str) -> None:
    conform = {"format": "geojson", "pid": "a"}
    assert _findings(_definition(conform, layer="parcels", protocol="ESRI", data=data)) == []


@pytest.mark.parametrize("data", ["https://x.org/mapserver/1/query.zip", "https://x.org/query?f=geojson"])
def test_check_definition_url_of_a_file_has_no_findings(data: str) -> None:
    assert _findings(_definition({"format": "geojson", "pid": "a"}, layer="parcels", data=data)) == []


@pytest.mark.parametrize(
    ("pattern", "replace"),
    [
        ("(IL)", "$1"),
        (r"(\d{5})", "$1"),
        (r"(\d{5})", "${1}"),
        ("^(.*),", "$1"),
        ("([0-9]+)(.*)", "$1"),
        (r"^(?:.*?)([0-9]+)", "$1"),
        (r"\b([A-Z]{2})\b", "$1"),
        ("(?i)(st|ave)$", "$1"),
        ("^([0-9]+)(.*?)", "$1$2"),
    ],
)
def test_check_rule_replacement_by_groups_that_keeps_text_is_reported(pattern: str, replace: str) -> None:
    rule = {"function": "regexp", "field": "a", "pattern": pattern, "replace": replace}
    (finding,) = [item for item in check_rule(rule, "/x") if item.code == "keeps_the_rest"]
    assert finding.pointer == "/x/replace"
    value = ast.literal_eval(re.search(r"\(('.*?') keeps", finding.message)[1])  # type: ignore[index]
    assert "…" in conform_row(rule, a=value)


@pytest.mark.parametrize(
    ("pattern", "replace"),
    [
        ("^([0-9]+) .*$", "$1"),
        ("^.*?([0-9]{5})$", "$1"),
        (".*?([0-9]{5}).*", "$1"),
        (r"^\s*(\S+).*", "$1"),
        ("[^,]*,(.*)", "$1"),
        (r"^(\d+)(?: .*)?$", "$1"),
        (r"\A(a)\Z", "$1"),
        ("^(?:(a)|(b))$", "$1$2"),
        ("(a)", "$1 "),
        ("(a)", "x"),
        ("(a)", r"\\1"),
        ("(a)", ""),
        ("(?<=x)(a)(?=y)", "$1"),
    ],
)
def test_check_rule_replacement_of_the_whole_value_is_not_reported(pattern: str, replace: str) -> None:
    rule = {"function": "regexp", "field": "a", "pattern": pattern, "replace": replace}
    assert "keeps_the_rest" not in {item.code for item in check_rule(rule, "/x")}


def test_check_definition_failing_test_is_an_error() -> None:
    test = {
        "enabled": True,
        "acceptance-tests": [{"inputs": {"no": "1", "st": "A"}, "expected": {"number": "2", "street": "A"}}],
    }

    found = _findings(_definition(test=test))

    assert found == [("error", "/layers/addresses/0/test", "source.test_failed")]


def test_check_definition_duplicate_name_is_an_error() -> None:
    definition = _definition()
    definition["layers"]["addresses"] *= 2

    assert ("error", "/layers/addresses/1/name", "source.schema") in _findings(definition)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"function": "join", "fields": ["a"]}, "one_column"),
        ({"function": "join", "fields": ["a", "a"]}, "repeated_column"),
        ({"function": "first_non_empty", "fields": ["a"]}, "one_column"),
        ({"function": "format", "fields": ["a"], "format": "$1 $2"}, "no_such_field"),
        ({"function": "format", "fields": ["a", "b"], "format": "$1"}, "unused_field"),
        ({"function": "regexp", "field": "a", "pattern": "("}, "source.regexp"),
        ({"function": "regexp", "field": "a", "pattern": "a" * 100_001}, "source.regexp"),
        ({"function": "regexp", "field": "a", "pattern": "(a)", "replace": "$2"}, "source.regexp"),
        ({"function": "regexp", "field": "a", "pattern": "abc"}, "no_groups"),
        ({"function": "regexp", "field": "a", "pattern": "^(a+)+$", "replace": "$1"}, "source.regexp_timeout"),
        ({"function": "remove_prefix", "field": "a", "field_to_remove": "a"}, "always_empty"),
        ({"function": "map", "field": "a", "mapping": {}}, "empty_mapping"),
        ({"function": "constant", "value": ""}, "always_empty"),
        ({"function": "get", "field": "a"}, "no_item"),
        ({"function": "chain", "functions": [{"function": "constant", "value": "x"}], "variable": "v"}, "one_step"),
        ({"function": "chain", "functions": [{"function": "constant", "value": "x"}] * 2}, "no_variable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_check_rule_finding(rule: dict[str, Any], code: str) -> None:
    assert code in {item.code for item in check_rule(rule, "/x")}


@pytest.mark.parametrize("pattern", ["^(a+)+$", r"(\w+\s?)*$", r"([a-z0-9]+[-. ]?)+\.$", r"x(?:\d*\d*)*y"])
def test_find_backtracking_input_slow_pattern_has_one(pattern: str) -> None:
    assert find_backtracking_input(pattern) is not None


@pytest.mark.parametrize(
    "pattern", [r"^(?:[0-9]+ )(.*)", r"^(.*?),\s*([A-Z]{2})\s+(\d{5})(?:-\d{4})?$", r"(ab)+c", "a*b*"]
)
def test_find_backtracking_input_safe_pattern_has_none(pattern: str) -> None:
    assert find_backtracking_input(pattern) is None


def test_check_text_invalid_json_has_a_remedy() -> None:
    (finding,) = check_text('{"schema": 2,,}')

    assert "remove one of the two commas" in finding.message


def test_check_command_folder_prints_places_and_exits_with_10(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(_definition()))
    (tmp_path / "bad.json").write_text(json.dumps(_definition({"csvsplit": ""})))

    done = CliRunner().invoke(main, ["check", str(tmp_path)])

    assert done.exit_code == 10
    assert f"{tmp_path}/bad.json:1:" in done.output
    assert ": error: " in done.output
    assert "2 definitions checked: 1 error, 0 warnings, 0 hints" in done.output


def test_check_command_json_is_one_object_per_line(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(json.dumps(_definition(year="2014")))

    done = CliRunner().invoke(main, ["check", "--json", str(tmp_path)])

    assert done.exit_code == 0
    assert json.loads(done.output)["code"] == "old"
