"""The file, layer or sheet that the definition names is the one that is read; a choice among several is a warning."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_task.read.file_names import best_matches
from oa_task.read.file_selection import choose_file
from oa_task.runtime.failure import TaskFailure
from support.table_files import xlsx_body

_PARTS = st.sampled_from(["a", "b", "A", "é", "addr.csv", "addr", "b.gdb", "x.zip", "north", "south"])
_PATHS = st.lists(_PARTS, min_size=1, max_size=4).map(lambda parts: Path("/root", *parts, "f.csv"))


def write_files(folder: Path, *names: str, bodies: Mapping[str, bytes] | None = None) -> list[Path]:
    paths = []
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((bodies or {}).get(name, b"NO,X,Y\n1,2,3\n"))
        paths.append(path)
    return sorted(paths)


def choose(folder: Path, *names: str, **conform: str) -> tuple[str, list[str]]:
    warnings: list[str] = []
    path = choose_file(write_files(folder, *names), {"format": "csv", **conform}, warnings.append)
    return path.relative_to(folder).as_posix(), warnings


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("south/addr.csv", "south/addr.csv"),
        ("south\\addr.csv", "south/addr.csv"),
        ("./south/addr.csv", "south/addr.csv"),
        ("SOUTH/ADDR.CSV", "south/addr.csv"),
        ("south/addr", "south/addr.csv"),
        ("south", "south/addr.csv"),
        ("south/", "south/addr.csv"),
        ("elsewhere/codes.csv", "codes.csv"),
        ("codes", "codes.csv"),
        ("deep/west", "x/deep/west/addr.csv"),
        ("inner/addr.csv", "inner.zip/addr.csv"),
        ("addr.csv", "addr.csv"),
    ],
)
def test_choose_file_by_path_then_folder_then_base_name(file: str, expected: str, tmp_path: Path) -> None:
    names = ["addr.csv", "codes.csv", "inner.zip/addr.csv", "north/addr.csv", "south/addr.csv", "x/deep/west/addr.csv"]
    assert choose(tmp_path, *names, file=file)[0] == expected


@given(paths=st.lists(_PATHS, min_size=1, max_size=6, unique=True), data=st.data())
def test_best_matches_whole_path_is_the_only_best_match(paths: list[Path], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths))
    assert best_matches(paths, path.relative_to("/root").as_posix())[0] == path


@given(paths=st.lists(_PATHS, min_size=1, max_size=6, unique=True), name=st.lists(_PARTS, max_size=3).map("/".join))
def test_best_matches_are_some_of_the_paths_whatever_their_order(paths: list[Path], name: str) -> None:
    matches = best_matches(paths, name)
    assert set(matches) <= set(paths)
    assert len(matches) == len(set(matches))
    assert set(matches) == set(best_matches(paths[::-1], name))


@given(paths=st.lists(_PATHS, min_size=1, max_size=6, unique=True), data=st.data())
def test_best_matches_a_path_that_is_written_in_another_form(paths: list[Path], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths))
    name = unicodedata.normalize("NFD", path.relative_to("/root").as_posix()).upper().replace("/", "\\")
    matches = best_matches(paths, name)
    assert path.as_posix().casefold() in {match.as_posix().casefold() for match in matches}


def test_choose_file_letters_of_the_name_decide_between_equal_names(tmp_path: Path) -> None:
    assert choose(tmp_path, "A.csv", "a.csv", file="a.csv") == ("a.csv", [])
    assert choose(tmp_path, "A.csv", "a.csv", file="A.csv") == ("A.csv", [])


def test_choose_file_name_of_any_suffix_is_found(tmp_path: Path) -> None:
    assert choose(tmp_path, "a.csv", "b.dat", file="b.dat")[0] == "b.dat"


def test_choose_file_among_several_tables_is_a_warning_with_the_others(tmp_path: Path) -> None:
    chosen, (warning,) = choose(tmp_path, "data/north/a.csv", "data/south/a.csv", "data/README.txt")
    assert chosen == "data/north/a.csv"
    assert "read north/a.csv; not read: south/a.csv" in warning
    assert "README" not in warning


def test_choose_file_the_name_in_the_warning_selects_that_file(tmp_path: Path) -> None:
    names = ("data/north/a.csv", "data/south/a.csv")
    _, (warning,) = choose(tmp_path, *names, file="a.csv")
    assert "`conform.file` 'a.csv'" in warning
    assert choose(tmp_path, *names, file=warning.rpartition(" ")[2]) == ("data/south/a.csv", [])


def test_choose_file_skips_notes_and_finds_a_workbook_by_content(tmp_path: Path) -> None:
    assert choose(tmp_path, "README.txt", "data.txt") == ("data.txt", [])
    other = tmp_path / "other"
    files = write_files(other, "readme.txt", "export.bin", bodies={"export.bin": xlsx_body()})
    assert choose_file(files, {"format": "csv"}).name == "export.bin"


def test_choose_file_among_several_shapefiles_fails_with_their_paths(tmp_path: Path) -> None:
    files = write_files(tmp_path, "n/a.shp", "s/a.shp")
    with pytest.raises(TaskFailure, match=r"n/a\.shp, s/a\.shp") as caught:
        choose_file(files, {"format": "shapefile"})
    assert caught.value.code == "source.empty"


@pytest.mark.parametrize("names", [("a.gdb/a00000001.gdbtable", "a.gdb/b"), ("a.gdb/b",), ("a/a00000001.gdbtable",)])
def test_choose_file_geodatabase_listed_with_its_files_counts_once(names: tuple[str, ...], tmp_path: Path) -> None:
    files = write_files(tmp_path, *names, "readme.txt")
    chosen = choose_file([files[0].parent, *files], {"format": "gdb"})
    assert chosen.suffix == ".gdb"
    assert (chosen / files[0].name).is_file()
    assert choose_file([files[0].parent, *files], {"format": "gdb"}) == chosen
