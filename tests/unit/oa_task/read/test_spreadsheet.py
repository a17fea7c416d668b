"""Workbooks are read as the CSV that a spreadsheet program would save."""

import io
import time
import zipfile
from pathlib import Path

import pytest

from oa_task.read.spreadsheet import join_cells
from oa_task.runtime.failure import TaskFailure
from support.packings import pack_zip
from support.readers import ReadResult, read_files
from support.table_files import ods_body, xlsx_body

_MUCH_S = 10
_HEADER = ("NO", "ST", "X", "Y")


def read_workbook(folder: Path, body: bytes, **conform: object) -> ReadResult:
    path = folder / "a.xlsx"
    path.write_bytes(body)
    return read_files([path], {"format": "csv", "lon": "X", "lat": "Y", **conform})


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12, "12"),
        (12.0, "12"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (123456789012345, "123456789012345"),
        (1e21, "1000000000000000000000"),
        (True, "TRUE"),
        (' a, "b"\nc ', ' a, "b"\nc '),
        ("0012", "0012"),
        (None, ""),
    ],
)
def test_cell_is_the_text_of_a_csv(cell: object, text: str, tmp_path: Path) -> None:
    result = read_workbook(tmp_path, xlsx_body({"A": (_HEADER, (cell, "x", 1, 2))}))
    assert result.column("NO") == [text]
    assert result.points == [(1.0, 2.0)]


def test_first_visible_sheet_with_rows_is_read_with_a_warning_of_the_others(tmp_path: Path) -> None:
    sheets = {"Hidden": (_HEADER, ("h", "", 1, 2)), "Empty": (), "B": (_HEADER, ("b", "", 1, 2)), "C": (("x",),)}
    result = read_workbook(tmp_path, xlsx_body(sheets, state="hidden"))
    assert result.column("NO") == ["b"]
    assert any("read B; not read: C" in warning for warning in result.bad_rows.warnings)


@pytest.mark.parametrize("layer", ["B", "b", 1, "1"])
def test_layer_names_the_sheet(layer: object, tmp_path: Path) -> None:
    sheets = {"A": (_HEADER, ("a", "", 1, 2)), "B": (_HEADER, ("b", "", 1, 2))}
    assert read_workbook(tmp_path, xlsx_body(sheets), layer=layer).column("NO") == ["b"]


def test_missing_sheet_fails_with_the_names(tmp_path: Path) -> None:
    with pytest.raises(TaskFailure, match=r"missing sheet 'Z'.*the workbook has A") as caught:
        read_workbook(tmp_path, xlsx_body({"A": (_HEADER,)}), layer="Z")
    assert caught.value.code == "source.empty"


def test_empty_rows_before_the_header_are_skipped_unless_lines_are_counted(tmp_path: Path) -> None:
    rows = ((), ("Title",), _HEADER, ("1", "x", 1, 2))
    assert read_workbook(tmp_path, xlsx_body({"A": rows}), headers=3).column("NO") == ["1"]
    assert read_workbook(tmp_path, xlsx_body({"A": ((), (), *rows[2:])})).column("NO") == ["1"]


def test_options_of_csv_text_do_not_apply_to_cells(tmp_path: Path) -> None:
    body = xlsx_body({"A": (_HEADER, ("é", "x;y", 1, 2))})
    result = read_workbook(tmp_path, body, encoding="cp1252", csvsplit=";")
    assert (result.column("NO"), result.column("ST")) == (["é"], ["x;y"])


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.XML", "xl/rows"])
def test_workbook_that_expands_too_far_is_too_large(member: str, tmp_path: Path) -> None:
    parts = {"xl/workbook.xml": b"<workbook/>", member: b" " * 40_000_000}
    with pytest.raises(TaskFailure) as caught:
        read_workbook(tmp_path, pack_zip(parts, zipfile.ZIP_DEFLATED))
    assert caught.value.code == "source.too_large"


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.dat", "xl/rows"])
def test_workbook_with_a_damaged_member_fails_with_a_code(member: str, tmp_path: Path) -> None:
    body = pack_zip({"xl/workbook.xml": b"<workbook/>", member: b"<worksheet/>"}, zipfile.ZIP_STORED)
    with pytest.raises(TaskFailure, match="not a valid workbook") as caught:
        read_workbook(tmp_path, body.replace(b"<worksheet/>", b"<worksheat/>"))
    assert caught.value.code == "source.format"


_CELLS = (_HEADER, ("1", "x", 1, 2))


@pytest.mark.parametrize("picture", ["xl/media/image1.png", "Thumbnails/thumbnail.JPG"])
@pytest.mark.parametrize("body", [xlsx_body({"A": _CELLS}), ods_body(_CELLS)], ids=["xlsx", "ods"])
def test_workbook_with_a_damaged_picture_is_read(body: bytes, picture: str, tmp_path: Path) -> None:
    packed = io.BytesIO(body)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(picture, b"a picture")
    damaged = packed.getvalue().replace(b"a picture", b"a pixture")
    assert read_workbook(tmp_path, damaged).column("NO") == ["1"]


@pytest.mark.parametrize("piece", range(1, 40))
def test_open_document_in_pieces_of_any_length_has_no_space_between_cells(piece: int) -> None:
    row = (
        b'<table:table-row a="1">\n  <table:table-cell office:value="2">\n\t<text:p> a  b </text:p> </table:table-cell>'
    )
    text = b"<a> <b>x </b>" + row + b"  <table:table-cell/>\n</table:table-row>\n</table:table> \n</a>\n"
    joined = b"".join(join_cells(text[start : start + piece] for start in range(0, len(text), piece)))
    assert joined == (
        b'<a> <b>x </b><table:table-row a="1"><table:table-cell office:value="2"><text:p> a  b </text:p>'
        b"</table:table-cell><table:table-cell/></table:table-row></table:table> \n</a>\n"
    )


def test_time_grows_with_the_text_of_an_open_document_even_if_it_has_no_tags() -> None:
    started_s = time.process_time()
    length = sum(map(len, join_cells([b"<a>", *([b" " * 100] * 60_000), b"</a>"])))
    assert length == len(b"<a></a>") + 6_000_000
    assert time.process_time() - started_s < _MUCH_S
