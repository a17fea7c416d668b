"""Every pair of format, geometry, encoding, packing and damage keeps the law of reading (readers.law)."""

from pathlib import Path

import pytest

from readers.combinations import Combination, covering_damaged, covering_sound
from readers.formats import READER_FORMATS
from readers.law import BREACHES, Verdict, is_sound, judge

_SEED = 1


def breaches(combinations: list[Combination], folder: Path) -> list[str]:
    judged = ((item, judge(item, folder / "one")) for item in combinations)
    return [
        f"{item}: {outcome.verdict}: {outcome.detail[:300]}" for item, outcome in judged if outcome.verdict in BREACHES
    ]


@pytest.fixture(scope="module")
def sound() -> list[Combination]:
    return covering_sound(_SEED)


@pytest.fixture(scope="module")
def damaged() -> list[Combination]:
    return covering_damaged(_SEED)


@pytest.mark.parametrize("name", READER_FORMATS)
def test_read_sound_data_of_a_format_has_its_rows(tmp_path: Path, sound: list[Combination], name: str) -> None:
    chosen = [item for item in sound if item.format == name]
    assert any(is_sound(item) for item in chosen)
    assert breaches(chosen, tmp_path) == []


@pytest.mark.parametrize("name", READER_FORMATS)
def test_read_damaged_data_of_a_format_loses_no_row_in_silence(
    tmp_path: Path, damaged: list[Combination], name: str
) -> None:
    chosen = [item for item in damaged if item.format == name]
    assert len(chosen) > len(READER_FORMATS)
    assert breaches(chosen, tmp_path) == []


@pytest.mark.parametrize("name", READER_FORMATS)
def test_read_plainest_data_of_a_format_is_right(tmp_path: Path, sound: list[Combination], name: str) -> None:
    known = [item for item in sound if item.format == name and is_sound(item)]
    assert [judge(item, tmp_path / "one").verdict for item in known[:5]] == [Verdict.RIGHT] * len(known[:5])
