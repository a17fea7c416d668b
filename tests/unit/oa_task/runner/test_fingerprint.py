"""The fingerprint: it changes with all that decides the files, and with nothing else."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from oa_task.definition.task_entry import TaskEntry, read_definition, select_entry
from oa_task.runner.fingerprint import fingerprint

CONFORM = {"format": "csv", "number": "NO", "street": ["A", "B"]}
ENTRY = TaskEntry("addresses", "city", ("http://example.org/a.csv",), "http", None, CONFORM, {"number": "NO"})
OTHERS: dict[str, Any] = {
    "layer": "parcels",
    "name": "county",
    "urls": ("http://example.org/b.csv",),
    "protocol": "ESRI",
    "compression": "zip",
    "conform": {**CONFORM, "street": ["B", "A"]},
    "rules": {"number": "NUM"},
    "tests": [{"inputs": {"NO": "1"}, "expected": {"number": "1"}}],
    "headers": {"Accept": "text/csv"},
    "license": {"text": "CC0"},
    "year": "2025",
    "coverage": {"country": "us"},
}


@pytest.mark.parametrize("name", [field.name for field in fields(TaskEntry) if field.name != "pointer"])
def test_every_other_value_of_an_entry_changes_the_fingerprint(name: str) -> None:
    assert fingerprint(replace(ENTRY, **{name: OTHERS[name]})) != fingerprint(ENTRY)


def test_position_of_the_entry_does_not_change_the_fingerprint() -> None:
    assert fingerprint(replace(ENTRY, pointer="/layers/addresses/7")) == fingerprint(ENTRY)


def test_omitted_outputs_change_the_fingerprint_in_any_order() -> None:
    assert fingerprint(ENTRY, ["tiles"]) != fingerprint(ENTRY)
    assert fingerprint(ENTRY, ["tiles", "preview"]) == fingerprint(ENTRY, ["preview", "tiles"])


def test_inherited_default_counts_like_the_value_of_the_entry(tmp_path: Path) -> None:
    def read(test: dict[str, Any]) -> TaskEntry:
        body = {"name": "city", "data": "http://example.org/a.csv", "protocol": "http", "conform": CONFORM, **test}
        path = tmp_path / "source.json"
        path.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [body]}}))
        return select_entry(read_definition(path), "addresses", "city")

    plain = fingerprint(read({}))
    assert fingerprint(read({"test": {"enabled": False, "acceptance-tests": OTHERS["tests"]}})) == plain
    assert fingerprint(read({"email": "a@example.org", "website": "https://example.org"})) == plain
    assert fingerprint(read({"test": {"acceptance-tests": OTHERS["tests"]}})) != plain
