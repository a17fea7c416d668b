"""The lines of a failure in a definition, and the patch that repairs it."""

import json
import subprocess
from pathlib import Path

import pytest

from oa_api.jobs.repair import JobFault, locate_fault, propose_repair
from oa_shared.failure_details import FailureDetails, FaultyPlace, Fix, FixAction

TEXT = """{
  "schema": 2, "coverage": {},
  "layers": {
    "addresses": [
      {"name": "other", "data": "http://example.org/num", "protocol": "http"},
      {
        "name": "city",
        "data": "http://example.org/a.csv",
        "protocol": "http",
        "conform": {
          "format": "csv",
          "number": "num", "street": ["pre", "num"],
          "note~/x": "num"
        }
      }
    ]
  }
}
"""
ENTRY = "/layers/addresses/1"


def fault(code: str = "source.columns_missing", message: str = "", *places: FaultyPlace) -> JobFault:
    return JobFault("addresses", "city", code, message, FailureDetails(list(places)))


def apply_patch(patch: str, text: str, folder: Path) -> str:
    file = folder / "sources/a.json"
    file.parent.mkdir()
    file.write_text(text, newline="")
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=folder, check=True)
    return file.read_text()


@pytest.mark.parametrize(
    ("place", "line", "old", "new"),
    [
        (
            FaultyPlace("/conform/number", Fix(FixAction.REPLACE, "NUM\u00e9", "num")),
            12,
            '"number": "num"',
            '"number": "NUM\u00e9"',
        ),
        (FaultyPlace("/conform/street", Fix(FixAction.REPLACE, "N", "num")), 12, '["pre", "num"]', '["pre", "N"]'),
        (FaultyPlace("/conform/note~0~1x", Fix(FixAction.RENAME, "unit")), 13, '"note~/x"', '"unit"'),
        (
            FaultyPlace("/data", Fix(FixAction.REPLACE, "https://example.org/a.csv", "http://example.org/a.csv")),
            8,
            "http://example.org/a",
            "https://example.org/a",
        ),
        (
            FaultyPlace("/conform/encoding", Fix(FixAction.ADD, "cp1252")),
            10,
            '"conform": {\n',
            '"conform": {\n          "encoding": "cp1252",\n',
        ),
    ],
    ids=["value", "one of a list", "key", "url", "added"],
)
def test_sure_fix_is_a_patch_that_git_applies(
    tmp_path: Path, place: FaultyPlace, line: int, old: str, new: str
) -> None:
    repair = propose_repair(TEXT, fault("source.columns_missing", "", place), file="sources/a.json")
    assert repair.lines == [line]
    patched = apply_patch(repair.patch, TEXT, tmp_path)
    assert patched == TEXT.replace(old, new)
    json.loads(patched)


def test_patch_of_a_text_without_a_last_line_end_applies(tmp_path: Path) -> None:
    place = FaultyPlace("/conform/number", Fix(FixAction.REPLACE, "N", "num"))
    text = '{"layers": {"addresses": [{"name": "city", "conform":\n{"number": "num"}}]}}'
    repair = propose_repair(text, fault("source.columns_missing", "", place), file="sources/a.json")
    assert apply_patch(repair.patch, text, tmp_path) == text.replace("num", "N").replace("Nber", "number")


@pytest.mark.parametrize("separator", "\u2028\u2029\x85", ids=ascii)
def test_patch_of_a_text_with_other_separators_applies(tmp_path: Path, separator: str) -> None:
    place = FaultyPlace("/conform/number", Fix(FixAction.REPLACE, "N", "num"))
    text = TEXT.replace('"pre"', f'"p{separator}re"')
    repair = propose_repair(text, fault("source.columns_missing", "", place), file="sources/a.json")
    assert apply_patch(repair.patch, text, tmp_path) == text.replace('"number": "num"', '"number": "N"')


def test_one_place_without_a_fix_leaves_no_patch() -> None:
    places = [FaultyPlace("/conform/number", Fix(FixAction.REPLACE, "N", "num")), FaultyPlace("/conform/street")]
    repair = propose_repair(TEXT, fault("source.columns_missing", "", *places), file="a")
    assert (repair.lines, repair.patch) == ([12], "")


@pytest.mark.parametrize(
    ("code", "message", "lines"),
    [
        ("source.not_found", "https://example.org returned HTTP 404", [8]),
        ("upstream.timeout", "slow", [8]),
        ("source.format", "it is a web page", [11]),
        ("source.crs", "unknown; set `conform.srs`", [10]),
        ("source.regexp", f"at {ENTRY}/conform/number: bad", [12]),
        ("source.columns_missing", f"the data lacks 'x' at {ENTRY}/conform/street", [12]),
        ("infra.lost", "gone", []),
    ],
)
def test_failure_without_places_is_found_by_its_message_or_its_code(code: str, message: str, lines: list[int]) -> None:
    assert propose_repair(TEXT, fault(code, message), file="a").lines == lines


def test_unknown_key_of_an_invalid_definition_is_renamed() -> None:
    text = TEXT.replace('"note~/x"', '"encodng"')
    repair = propose_repair(text, fault("source.schema", "unknown key"), file="a")
    assert 13 in repair.lines


@pytest.mark.parametrize(
    ("message", "pointers"),
    [
        (
            "the data lacks A at /layers/addresses/0/conform/number, B at /layers/addresses/0/conform/street/fields/1.",
            2,
        ),
        ("missing coordinate column X (`conform.lon`, `conform.lat`)", 2),
        ("https://example.org/layers/addresses answered 404", 0),
        ("/layers/parcels/12: missing `conform` with a `format`", 1),
        ("/layers/a/1 " * 100, 1),
    ],
)
def test_locate_fault_returns_the_pointers_of_a_message(message: str, pointers: int) -> None:
    fault = JobFault("addresses", "city", "source.bad_rows", message, FailureDetails())
    found = [place.pointer for place in locate_fault({}, "/layers/addresses/0", fault)]
    assert len(found) == pointers
    assert all(pointer.startswith("/layers/") and not pointer.endswith((".", ",", ":")) for pointer in found)
