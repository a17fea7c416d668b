"""MapInfo files: encodings that the definition names, and rows that their parts announce."""

import re
from pathlib import Path

import pytest

from oa_task.read.mapinfo import count_mapinfo_rows, count_mapinfo_shapes
from oa_task.runtime.failure import TaskFailure
from readers.combinations import NO_DAMAGE, Combination
from readers.damages import Place
from readers.downloads import ROWS, sound_files
from readers.shapes import Gaps
from readers.texts import ENCODINGS, Naming
from support.readers import ReadResult, read_files

TEXTS = ENCODINGS["cp1251"]


def write(folder: Path, name: str, naming: Naming = Naming.CONTRADICTION, gaps: Gaps = Gaps.NONE) -> Path:
    """Write a layer of polygons with texts in Windows-1251; return its .tab or .mif file."""
    item = Combination(name, "polygon", "", gaps, TEXTS.name, naming, "zip", NO_DAMAGE, Place.DATA, 0)
    for file, body in sound_files(item).items():
        (folder / file).write_bytes(body)
    return folder / ("data.tab" if name == "MapInfo TAB" else "data.mif")


def read(path: Path, **conform: str) -> ReadResult:
    files = sorted(path.parent.iterdir())
    return read_files(files, {"format": "shapefile", "file": path.name, **conform})


def count_announced(path: Path) -> int:
    return count_mapinfo_rows(path, -1)


@pytest.mark.parametrize("name", ["MapInfo TAB", "MapInfo MIF"])
def test_read_encoding_of_the_definition_wins_over_the_charset(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    before = path.read_bytes()
    result = read(path, encoding="cp1251")
    assert result.column("ST") == [TEXTS.text(row) for row in range(ROWS)]
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["MapInfo TAB", "MapInfo MIF"])
def test_read_charset_counts_without_a_definition(tmp_path: Path, name: str) -> None:
    result = read(write(tmp_path, name, Naming.FILE))
    assert result.column("ST") == [TEXTS.text(row) for row in range(ROWS)]


def test_read_mif_without_its_mid_is_a_failure(tmp_path: Path) -> None:
    path = write(tmp_path, "MapInfo MIF", Naming.FILE)
    path.with_suffix(".mid").unlink()
    with pytest.raises(TaskFailure, match=r"data\.mid is missing") as failure:
        read(path)
    assert failure.value.code == "source.columns_missing"


@pytest.mark.parametrize("suffix", [".mid", ".mif"])
def test_read_cut_part_of_a_mif_is_a_failure(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, "MapInfo MIF", Naming.FILE)
    part = path.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    with pytest.raises(TaskFailure, match=f"announces {ROWS}") as failure:
        read(path)
    assert failure.value.code == "source.format"


@pytest.mark.parametrize("gaps", [Gaps.NONE, Gaps.NULL])
def test_count_mapinfo_rows_has_each_row(tmp_path: Path, gaps: Gaps) -> None:
    assert count_announced(write(tmp_path, "MapInfo MIF", gaps=gaps)) == ROWS


@pytest.mark.parametrize(
    ("shapes", "records", "count"),
    [
        ("Point 1 2\n  Symbol (1,2,3)\nnone\nPLINE 2\n1 2\n3 4\n", "a\nb\nc\n", 3),
        ("Collection 2\n  Region 1\n  4\n1 2\n1 3\n2 3\n1 2\n  Multipoint 1\n1 2\nPoint 3 4\n", "a\nb\n", 2),
        ("Point 1 2\n", 'a\n"two\nlines"\nc', 3),
        ('Text "the point"\n1 2 3 4\nPoint 1 2\n', "a\n\n", 2),
        ("", "", 0),
    ],
)
def test_count_mapinfo_rows_is_the_larger_number(tmp_path: Path, shapes: str, records: str, count: int) -> None:
    (tmp_path / "a.MIF").write_text(f"Version 300\nColumns 1\n  point Char(9)\nData\n\n{shapes}")
    (tmp_path / "A.mid").write_text(records)
    assert count_announced(tmp_path / "a.MIF") == count


@pytest.mark.parametrize(("gaps", "without"), [(Gaps.NONE, 0), (Gaps.NULL, 2)])
def test_count_mapinfo_shapes_is_that_of_the_map_file(tmp_path: Path, gaps: Gaps, without: int) -> None:
    path = write(tmp_path, "MapInfo TAB", gaps=gaps)
    assert count_mapinfo_shapes(path) == ROWS - without
    assert not read(path, encoding="cp1251").bad_rows.report()


def test_read_tab_whose_shapes_are_gone_has_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, "MapInfo TAB", Naming.FILE)
    index = path.with_suffix(".id")
    index.write_bytes(index.read_bytes()[:40] + bytes(40) + index.read_bytes()[80:])
    warnings = [warning for warning in read(path).bad_rows.warnings if "shapes" in warning]
    assert [re.sub(r"\d+", "N", warning) for warning in warnings] == ["data.map announces N shapes; N rows have one"]


def test_count_mapinfo_shapes_of_a_damaged_map_file_is_not_known(tmp_path: Path) -> None:
    path = write(tmp_path, "MapInfo TAB")
    path.with_suffix(".map").write_bytes(bytes(1_000))
    assert count_mapinfo_shapes(path) is None
