"""Profile, sample and picture never fail the job, and show as much of the input as can be read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oa_task.conversion import row_inspection
from oa_task.conversion.post_pass_outputs import PostPassOutputs
from oa_task.conversion.row_inspection import inspect_rows
from oa_task.conversion.stats import ConversionStats
from oa_task.features.batch import FeatureBatch
from oa_task.read.source import open_batches
from oa_task.results.files import PICTURE_FILE, PROFILE_FILE, SAMPLE_FILE
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.phase_clock import PhaseClock
from support.readers import entry_of

CONFORM = {"format": "csv", "lon": "X", "lat": "Y"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(b"NO,ST,NOTE,X,Y\n1,Main,caf\xe9,2,3\n2,High,b,2,3\n")
    return path


def write_outputs(data: Path, tmp_path: Path) -> list[str]:
    post_pass = PostPassOutputs(
        entry=entry_of(CONFORM), title="x", out=tmp_path, work=tmp_path, without=frozenset({"tiles"})
    )
    return post_pass.write([data], ConversionStats(), PhaseClock())


def fail_with_all_columns(*arguments: Any, **options: Any) -> Iterator[FeatureBatch]:
    if options.get("all_columns"):
        raise TaskFailure("source.format", "the column NOTE is broken")
    yield from open_batches(*arguments, **options)


def fail_always(*_arguments: Any, **_options: Any) -> Iterator[FeatureBatch]:
    raise TaskFailure("source.format", "the file is broken")
    yield


def test_profile_and_sample_show_an_undecodable_cell_as_empty(data: Path, tmp_path: Path) -> None:
    write_outputs(data, tmp_path)
    rows = json.loads((tmp_path / SAMPLE_FILE).read_text(encoding="utf-8"))["rows"]
    assert [row["raw"]["NOTE"] for row in rows] == ["", "b"]
    assert json.loads((tmp_path / PROFILE_FILE).read_text(encoding="utf-8"))["columns"]["NOTE"]["distinct"] == 1


def test_profile_and_sample_have_the_columns_of_rules_if_another_is_unreadable(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_inspection, "open_batches", fail_with_all_columns)
    write_outputs(data, tmp_path)
    rows = json.loads((tmp_path / SAMPLE_FILE).read_text(encoding="utf-8"))["rows"]
    assert [row["raw"] for row in rows] == [
        {"NO": "1", "ST": "Main", "X": "2", "Y": "3"},
        {"NO": "2", "ST": "High", "X": "2", "Y": "3"},
    ]


def test_preview_has_the_columns_of_rules_if_another_is_unreadable(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_inspection, "open_batches", fail_with_all_columns)
    found = inspect_rows([data], entry_of(CONFORM), work=tmp_path / "work", first=2, count=1)
    assert [row["raw"]["ST"] for row in found["rows"]] == ["High"]


def test_profile_and_picture_that_fail_are_warnings(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_inspection, "open_batches", fail_always)
    profile, picture = write_outputs(data, tmp_path)  # no pass has written the points of the picture
    assert "the file is broken" in profile
    assert PICTURE_FILE in picture
    assert not (tmp_path / PROFILE_FILE).exists()
