"""The review of a typed definition: the findings of `oa check` at their lines, within a budget; which entries run."""

import json
from typing import Any

import pytest

from oa_api.trials.examination import review_with
from oa_api.trials.remarks import MAX_REMARKS
from oa_api.trials.review import review_posted
from oa_shared.definition_check.findings import Severity
from oa_task.check.definition import check_definition, check_text
from support.direct_examiner import DirectExaminer

ENTRY: dict[str, Any] = {
    "name": "city",
    "protocol": "http",
    "data": "http://example.org/a.csv",
    "year": "2001",
    "conform": {
        "format": "csv",
        "lon": "x",
        "lat": "y",
        "number": "no",
        "street": {"function": "regexp", "field": "st", "pattern": "abc"},
        "unit": {"function": "join", "fields": ["a", "a"]},
        "encoding": "klingon-8",
    },
}


# The geoid of Oconto County, with the name of Monroe County.
WRONG_GEOID = {"US Census": {"geoid": "55083", "name": "Monroe County", "state": "Wisconsin"}, "country": "us"}


def definition(*entries: dict[str, Any], coverage: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"schema": 2, "coverage": coverage or {"country": "xx"}, "layers": {"addresses": list(entries)}}


@pytest.mark.parametrize("coverage", [{"country": "xx"}, WRONG_GEOID], ids=["no coverage", "wrong geoid"])
async def test_review_has_the_findings_of_check_at_the_lines_of_their_pointers(coverage: dict[str, Any]) -> None:
    document = definition(ENTRY, {**ENTRY, "skip": True}, coverage=coverage)
    text = json.dumps(document, indent=2)
    review = await review_with(DirectExaminer(), text)

    remarks = {(remark.severity, remark.pointer, remark.code) for remark in review.remarks}
    findings = {(item.severity, item.pointer, item.code) for item in check_definition(document)}
    assert len(findings) >= 8
    assert remarks == findings
    lines = text.split("\n")
    for remark in review.remarks:
        key = remark.pointer.rpartition("/")[2]
        assert key.isdigit() or f'"{key}"' in lines[remark.line - 1]
    assert [remark.line for remark in review.remarks] == sorted(remark.line for remark in review.remarks)


async def test_review_names_a_geoid_of_another_county_than_the_named_one() -> None:
    text = json.dumps(definition(ENTRY, coverage=WRONG_GEOID), indent=2)
    review = await review_with(DirectExaminer(), text)
    (found,) = (remark for remark in review.remarks if remark.code == "wrong_geoid")
    assert found.severity is Severity.WARNING
    assert '"geoid": "55083"' in text.split("\n")[found.line - 1]
    assert found.message == (
        "geoid 55083 is Oconto, Wisconsin (US Census 55083), but the coverage names Monroe, Wisconsin (55081)"
    )


async def test_review_names_a_repeated_key_as_check_does() -> None:
    text = json.dumps(definition(ENTRY), indent=2).replace('"lat": "y"', '"lon": "z",\n"lat": "y"')
    review = await review_with(DirectExaminer(), text)
    (found,) = (remark for remark in review.remarks if remark.code == "repeated_key")
    assert (found.pointer, found.severity) == ("/layers/addresses/0/conform/lon", Severity.WARNING)
    assert '"lon"' in text.split("\n")[found.line - 1]
    assert {remark.code for remark in review.remarks} == {item.code for item in check_text(text)}


async def test_chosen_entry_is_the_first_without_error_or_skip_or_the_selected_one() -> None:
    good = {**ENTRY, "conform": {"format": "csv", "lon": "x", "lat": "y", "number": "n", "street": "s"}}
    names = ("wrong", "skipped", "first", "second")
    bodies: list[dict[str, Any]] = [ENTRY, {**good, "skip": True}, good, good]
    document = definition(*({**body, "name": name} for name, body in zip(names, bodies, strict=True)))
    review = await review_with(DirectExaminer(), json.dumps(document))

    chosen = [review.choose(selected) for selected in (None, ("addresses", "second"), ("addresses", "wrong"))]
    assert [entry and entry["name"] for entry in chosen] == ["first", "second", None]


def test_rules_stop_at_the_budget_after_the_schema_has_been_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oa_api.trials.review._LINT_CPU_S", 0.0)
    text = json.dumps(definition(*({**ENTRY, "name": str(number)} for number in range(100))))

    first, last = [reply for replies in review_posted({}, text.encode()) for reply in replies]

    assert first["remarks"] == []
    remarks: Any = last["remarks"]
    assert [remark["code"] for remark in remarks].count("source.too_large") == 1
    assert len(remarks) <= 3
    entries: Any = last["entries"]
    assert len(entries) == 100


async def test_remarks_have_a_bound() -> None:
    text = json.dumps(definition(*({**ENTRY, "name": str(number)} for number in range(400))))
    review = await review_with(DirectExaminer(), text)

    assert len(review.remarks) == MAX_REMARKS + 1
    assert max(len(remark.message) for remark in review.remarks) < 1000


@pytest.mark.parametrize(
    ("text", "line"), [("", 1), ("{\n\n}}", 3), ('{"a": 1,\n "b": tru}', 2), ("\ufeff{}", 1), ("NaN", 1)]
)
async def test_text_that_is_not_json_has_one_error_at_its_line(text: str, line: int) -> None:
    review = await review_with(DirectExaminer(), text)

    assert [(remark.line, remark.severity) for remark in review.remarks] == [(line, Severity.ERROR)]
    assert review.choose(None) is None
