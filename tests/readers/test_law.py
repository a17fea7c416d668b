"""The judge finds rows that are lost, doubled, bent or refused; the pairs are all there."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from oa_task.runtime.failure import TaskFailure
from readers import law
from readers.combinations import NO_DAMAGE, Combination
from readers.damages import Place
from readers.law import Verdict, judge
from readers.pairwise import all_combinations, cover_pairs
from readers.shapes import Gaps
from readers.texts import Naming

_SOUND = Combination("GeoPackage", "polygon", "Z", Gaps.NONE, "utf-8", Naming.NOTHING, "zip", NO_DAMAGE, Place.DATA, 0)
_DIMENSIONS = {"a": ["1", "2", "3"], "b": ["x", "y"], "c": ["p", "q", "r"], "d": ["0", "1"]}
Lines = list[dict[str, Any]]


def _lose(lines: Lines) -> Lines:
    return lines[1:]


def _double(lines: Lines) -> Lines:
    return [*lines, lines[0]]


def _bend(lines: Lines) -> Lines:
    lines[3]["geometry"]["coordinates"][0][1][0] += 0.0001
    return lines


def _drop_geometry(lines: Lines) -> Lines:
    lines[3]["geometry"] = None
    return lines


def _recode(lines: Lines) -> Lines:
    lines[0]["properties"]["name"] = lines[0]["properties"]["name"].encode().decode("latin-1")
    return lines


@pytest.mark.parametrize("change", [_lose, _double, _bend, _drop_geometry, _recode])
def test_judge_output_that_differs_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Lines], Lines]
) -> None:
    assert judge(_SOUND, tmp_path / "one").verdict is Verdict.RIGHT
    read = law.read_lines
    monkeypatch.setattr(law, "read_lines", lambda path: change(read(path)))
    assert judge(_SOUND, tmp_path / "one").verdict is Verdict.SILENT


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (TaskFailure("source.format", "x"), Verdict.REFUSED),
        (TaskFailure("bug.crash", "x"), Verdict.CRASH),
        (ValueError("x"), Verdict.CRASH),
    ],
)
def test_judge_failure_of_sound_data_is_a_breach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, verdict: Verdict
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(law, "convert", fail)
    assert judge(_SOUND, tmp_path / "one").verdict is verdict


def _is_possible(values: dict[str, str]) -> bool:
    return not (values.get("a") == "1" and values.get("b") == "x") and not (values.get("c") == values.get("d") == "q")


def test_cover_pairs_has_each_pair_of_the_product() -> None:
    def pairs(rows: list[dict[str, str]]) -> set[object]:
        return {pair for row in rows for pair in combinations(row.items(), 2)}

    product = list(all_combinations(_DIMENSIONS, _is_possible))
    covering = cover_pairs(_DIMENSIONS, _is_possible, 7)
    assert pairs(covering) == pairs(product)
    assert len(covering) < len(product) / 2
    assert all(_is_possible(values) for values in covering)
    assert cover_pairs(_DIMENSIONS, _is_possible, 7) == covering
