"""A workbook in parts has the rows of the whole one, whatever its rows and cells state of their places."""

import io
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from random import Random

import pytest
import python_calamine as calamine

from oa_task.read import spreadsheet
from oa_task.read.workbook_parts import (
    Cell,
    OtherColumnsError,
    SheetParts,
    UnknownWorkbookError,
    cut_rows,
    find_large_sheets,
)
from support.readers import read_files
from support.table_files import xlsx_body

_PART_BYTES = 200
_SHEETS = 40
_HALF = 0.5
_MUCH_S = 20
_NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TEXTS = ("a", "", "x < y & z", "0012", " b ", "<row>")
_STYLES = (
    f'<styleSheet {_NAMES}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)


def write_workbook(path: Path, sheet: str) -> None:
    """Write a workbook whose sheet A has this XML, with shared texts and a style of dates."""
    texts = "".join(f"<si><t xml:space='preserve'>{escape(text)}</t></si>" for text in _TEXTS)
    more = {"xl/sharedStrings.xml": f"<sst {_NAMES}>{texts}</sst>", "xl/styles.xml": _STYLES}
    path.write_bytes(xlsx_body({"A": ()}))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    relations = members["xl/_rels/workbook.xml.rels"]
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="s{name}" Type="{kinds}/{name}" Target="{name}.xml"/>'
        for name in ("sharedStrings", "styles")
    )
    members["xl/_rels/workbook.xml.rels"] = relations.replace("</Relationships>", f"{links}</Relationships>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**members, **more, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, text)


def rewrite(path: Path, **changes: Callable[[bytes], bytes]) -> None:
    """Change members of a workbook: `book`, `relations` and `sheet`."""
    names = {"xl/workbook.xml": "book", "xl/_rels/workbook.xml.rels": "relations", "xl/worksheets/sheet1.xml": "sheet"}
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, changes.get(names.get(name, ""), bytes)(body))


def cut_small_parts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make the reader use small parts; return a list of the sheets that it has in parts, which it fills."""
    used: list[str] = []

    def find_sheets(path: Path, folder: Path) -> Mapping[str, SheetParts]:
        large = find_large_sheets(path, folder, _PART_BYTES)
        used.extend(large)
        return large

    monkeypatch.setattr(spreadsheet, "find_large_sheets", find_sheets)
    return used


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def read_whole(path: Path) -> list[list[Cell]]:
    return list(calamine.CalamineWorkbook.from_path(path).get_sheet_by_name("A").iter_rows())


def read_parts(path: Path, part_bytes: int = _PART_BYTES) -> tuple[list[list[Cell]], int]:
    """Return the rows of sheet A by parts, and the number of parts."""
    parts = find_large_sheets(path, path.parent, part_bytes)["A"]
    try:
        rows: list[Sequence[Cell]] = list(parts.rows())
    except OtherColumnsError:
        rows = list(parts.rows(parts.columns()))
    return [list(row) for row in rows], sum(1 for _ in parts.sheets())


def make_sheet(random: Random) -> str:
    """Return the XML of a sheet: gaps between rows and columns, with and without places, empty rows and cells.

    Attributes of rows may look like places of theirs.
    """
    number, rows = 0, []
    for _ in range(random.randint(3, 25)):
        gap = random.choice((1, 1, 1, 2, 5))
        number += gap
        place = f' r="{number}"' if gap > 1 or random.random() < _HALF else ""
        column, cells = 0, []
        for _ in range(random.randint(0, 4)):
            step = random.choice((1, 1, 3))
            column += step
            own = f' r="{chr(64 + column)}{number}"' if step > 1 or random.random() < _HALF else ""
            cells.append(random.choice(_CELLS).format(own=own))
        spans = random.choice(("", ' spans="1:4"', " a=\"> r='7' \"", " hidden='1'", " a='1 r=\"7\" b'"))
        rows.append(f"<row{spans}{place}>{''.join(cells)}</row>" if cells else f"<row{spans}{place}/>")
    return f'<worksheet {_NAMES}><cols><col min="1" max="2"/></cols><sheetData>{"".join(rows)}</sheetData></worksheet>'


_CELLS = (
    '<c{own} t="s"><v>0</v></c>',
    '<c{own} t="s"><v>5</v></c>',
    "<c{own}><v>12.50</v></c>",
    '<c{own} s="1"><v>45000</v></c>',
    '<c{own} t="b"><v>1</v></c>',
    '<c{own} t="inlineStr"><is><t>&lt;row r="9"&gt; b</t></is></c>',
    '<c{own} s="1"/>',
    '<c{own} t="e"><v>#N/A</v></c>',
    '<c{own} t="str"><f>A1</f><v>row</v></c>',
)


def test_rows_of_parts_are_those_of_the_whole_sheet(tmp_path: Path) -> None:
    random, path, most_parts = Random(5), tmp_path / "a.xlsx", 0  # noqa: S311 - the same sheets in each run
    for _ in range(_SHEETS):
        sheet = make_sheet(random)
        write_workbook(path, sheet)
        if len(sheet) > 2 * _PART_BYTES:
            rows, parts = read_parts(path)
            assert rows == read_whole(path), sheet
            most_parts = max(parts, most_parts)
    assert most_parts > 3


def test_each_part_has_few_rows_however_many_the_sheet_has(tmp_path: Path) -> None:
    numbers = count(1)
    rows = "".join(f'<row><c t="s"><v>0</v></c><c><v>{next(numbers)}</v></c></row>' for _ in range(2_000))
    write_workbook(tmp_path / "a.xlsx", f"<worksheet {_NAMES}><sheetData>{rows}</sheetData></worksheet>")
    parts = find_large_sheets(tmp_path / "a.xlsx", tmp_path, 10_000)["A"]
    heights = [sheet.height for sheet in parts.sheets()]
    assert sum(heights) == 2_000
    assert max(heights) <= 10_000 // len(rows[:40])


@pytest.mark.parametrize(
    "sheet",
    [
        f"<worksheet {_NAMES}><sheetData>{{rows}}<!-- <row> --></sheetData></worksheet>",
        f'<x:worksheet xmlns:x="{_NAMES[7:-1]}"><x:sheetData></x:sheetData><a>{{rows}}</a></x:worksheet>',
        f'<worksheet {_NAMES}><sheetData>{{rows}}<row r="2"><c r="A2"><v>1</v></c></row></sheetData></worksheet>',
        f"<worksheet {_NAMES}><sheetData>{{rows}}<?x <row> ?></sheetData></worksheet>",
        f'<worksheet {_NAMES}><sheetData>{{rows}}<row r="16777217"><c><v>1</v></c></row></sheetData></worksheet>',
    ],
    ids=["comment", "prefix", "order", "instruction", "distance"],
)
def test_sheet_whose_rows_cannot_be_separated_is_read_as_a_whole(sheet: str, tmp_path: Path) -> None:
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>' for number in range(5, 25))
    write_workbook(tmp_path / "a.xlsx", sheet.format(rows=rows))
    with pytest.raises(UnknownWorkbookError):
        read_parts(tmp_path / "a.xlsx")


@pytest.mark.parametrize("conform", [{}, {"headers": 3, "skiplines": 3}], ids=["first", "third"])
def test_source_is_the_same_in_parts(
    conform: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = ("NO", "ST", "X", "Y")
    title = ((), ("Title",)) if conform else ()
    table = (*title, header, *((number, f"street {number}", number % 90, 2) for number in range(200)))
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx_body({"A": table, "B": (header,)}))
    entry = {"format": "csv", "lon": "X", "lat": "Y", **conform}
    whole = read_files([path], entry)
    used = cut_small_parts(monkeypatch)
    in_parts = read_files([path], entry)
    assert used[:1] == ["A"]
    assert in_parts.column("ST") == whole.column("ST")
    assert in_parts.points == whole.points
    assert in_parts.bad_rows.warnings == whole.bad_rows.warnings


@pytest.mark.parametrize("encoding", ["x-unknown", "rot13", "gb18030", "utf-32"])
def test_encoding_that_the_parser_does_not_know_is_left_to_the_library(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx_body({"A": (("NO", "X", "Y"), *((number, 1, 2) for number in range(20)))}))
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    rewrite(path, book=lambda book: declaration + book[book.find(b"<workbook") :])
    used = cut_small_parts(monkeypatch)
    assert len(read_files([path], {"format": "csv", "lon": "X", "lat": "Y"}).points) == 20
    assert not used


def test_time_grows_with_the_rows_even_if_none_ends() -> None:
    rows, started_s = b"<sheetData>" + b"<row a " * 100_000, time.process_time()
    with pytest.raises(UnknownWorkbookError, match="no end"):
        list(cut_rows(io.BytesIO(rows), len(rows)))
    assert time.process_time() - started_s < _MUCH_S
