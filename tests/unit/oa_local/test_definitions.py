"""The expected count of the real definitions depends only on their files."""

import json
from pathlib import Path

import pytest

from oa_local.definitions import NoDefinitionsError, entries_of, read_definitions


def write(folder: Path, name: str, layers: dict[str, list[dict[str, str]]]) -> None:
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"schema": 2, "layers": layers}), "utf-8")


def test_read_definitions_names_sources_by_their_path(tmp_path: Path) -> None:
    write(tmp_path, "xx/a/city", {})
    assert list(read_definitions(tmp_path)) == ["xx/a/city"]


def test_read_definitions_of_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoDefinitionsError, match=r"no \.json file"):
        read_definitions(tmp_path)


def test_entries_of_counts_repeated_names_of_a_layer(tmp_path: Path) -> None:
    write(tmp_path, "xx/a", {"addresses": [{"name": "city"}, {"name": "city"}], "parcels": [{"name": "city"}]})
    counted = entries_of(read_definitions(tmp_path))
    assert counted == {("xx/a", "addresses", "city"): 2, ("xx/a", "parcels", "city"): 1}
