"""The fingerprint: it changes with all that decides the files, and with nothing else."""

import json
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from oa_task.definition.task_entry import TaskEntry, read_definition, select_entry
from oa_task.runner.fingerprint import PLACES, _digest_of_places, fingerprint

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

NOT_IN_RESULTS = {"column_words.toml"}  # words for proposals of definitions


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


def test_public_data_of_the_engine_counts_and_the_list_of_its_files_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packages = {package: Path(str(resources.files(package))) for package in ("oa_task", "oa_shared")}
    listed = {str(resources.files(package).joinpath(name)) for package, name in PLACES}
    data = {path for root in packages.values() for path in root.rglob("*") if path.suffix in {".gz", ".bin", ".toml"}}
    assert {str(path) for path in data if path.name not in NOT_IN_RESULTS} == listed
    before = fingerprint(ENTRY)
    monkeypatch.setattr("oa_task.runner.fingerprint.PLACES", PLACES[1:])
    _digest_of_places.cache_clear()
    try:
        assert fingerprint(ENTRY) != before
    finally:
        _digest_of_places.cache_clear()
