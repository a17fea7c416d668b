"""Commands for people name a place of the definition in one way: `file:line:column`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from oa_task.commands.named_places import NamedPlaces
from oa_task.definition.task_entry import read_definition
from oa_task.runtime.failure import TaskFailure

_OA_TASK = Path(sys.executable).with_name("oa-task")
_CONFORM = {"format": "csv", "number": "NO", "street": "ST", "lon": "X", "lat": "Y"}
_NO_NUMBER = {"function": "regexp", "field": "NO", "pattern": "^x(.*)$"}
# By the kind of fault: what it changes in the rules, and the value at whose place the message points.
FAULTS = {
    "column that a rule needs": (
        {"number": {"function": "remove_prefix", "field": "N", "field_to_remove": "ST"}},
        "number",
    ),
    "column that a rule can do without": ({"unit": ["FLAT"]}, "unit"),
    "rule that gives no value": ({"number": _NO_NUMBER}, "number"),
    "function that does not exist": ({"street": {"function": "shout", "field": "ST"}}, "function"),
}


@pytest.fixture
def places(tmp_path: Path) -> NamedPlaces:
    path = tmp_path / "copy.json"
    path.write_text('{"layers": {\n "addresses": [\n  {"name": "city",\n   "conform": {"number": "N"}}]}}')
    return NamedPlaces("sources/x.json", path)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("the data lacks N at /layers/addresses/0/conform/number", "the data lacks N at sources/x.json:4:16"),
        ("/layers/addresses/0: bad; /: worse", "sources/x.json:3:3: bad; sources/x.json:1:1: worse"),
        ("rule (/layers/addresses/0/name) fails", "rule (sources/x.json:3:4) fails"),
        ("no file /tmp/x, https://a.example/layers/addresses", "no file /tmp/x, https://a.example/layers/addresses"),
        ("a value that does not exist: /layers/parcels/0", "a value that does not exist: entry 1 of `parcels`"),
        ("nothing to name", "nothing to name"),
    ],
)
def test_pointers_of_values_become_places(places: NamedPlaces, message: str, named: str) -> None:
    assert places.name(message) == named


def test_definition_that_is_not_json_has_the_place_of_its_fault(places: NamedPlaces) -> None:
    places.path.write_text("\n" * 1001 + '{"layers" 1}')
    with pytest.raises(TaskFailure, match=r"copy\.json is not JSON: line 1,002, column 11: ") as caught:
        read_definition(places.path)
    assert places.describe(caught.value) == (
        "sources/x.json:1002:11: not JSON: a colon is missing between a key and its value"
    )


def test_definition_that_is_not_text_has_no_place(places: NamedPlaces) -> None:
    places.path.write_text("{}", "utf-16")
    with pytest.raises(TaskFailure) as caught:
        read_definition(places.path)
    assert places.describe(caught.value).startswith("sources/x.json: not JSON: ")


def test_other_failure_has_its_message_with_places(places: NamedPlaces) -> None:
    failure = TaskFailure("source.schema", "/layers/addresses/0: bad")
    assert places.describe(failure) == "sources/x.json:3:3: bad"


def test_definition_that_cannot_be_read_has_names_of_values(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"layers": ')
    for name in ("x.json", "missing.json"):
        assert NamedPlaces(name, tmp_path / name).name("bad /layers, /tmp") == "bad `layers`, /tmp"


def _end(command: str, definition: Path, *options: str) -> str:
    words = [str(_OA_TASK), command, str(definition), *options]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


def test_try_names_the_places_that_check_names(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("NO,ST,X,Y\n1,Main St,-100,40\n")
    wrong = []
    for number, (fault, (rules, key)) in enumerate(FAULTS.items()):
        entry = {"name": "city", "protocol": "http", "data": "https://a.example/x.csv", "conform": _CONFORM | rules}
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}, indent=1))
        lines = path.read_text().splitlines()
        printed = _end("try", path, "--data", str(data))
        line = next(at for at, text in enumerate(lines, 1) if text.lstrip().startswith(f'"{key}"'))
        if f"{path}:{line}:" not in printed or "/layers/" in printed:
            wrong.append((fault, printed))
    assert wrong == []
