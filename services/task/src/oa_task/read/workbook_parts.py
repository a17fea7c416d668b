"""Workbooks of Office Open XML in parts: the library that reads them holds each cell of a sheet.

A part is a workbook with the same texts and styles and with some rows of one sheet, byte for byte: its cells are those
of the whole sheet.
"""

import datetime as dt
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

PART_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 1 << 20
_MAX_BOOK_BYTES = 4 * 1024 * 1024
_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHARED_FOLDERS = frozenset({"", "_rels", "xl", "xl/_rels"})
_START = re.compile(rb"<sheetData(?:\s[^>]*)?>")
_END = b"</sheetData"
_AFTER = b"</sheetData></worksheet>"
_ROW = re.compile(rb"<row(?=[\s/>])")
_NUMBERED_ROW = re.compile(rb"<row\s(?:[^>]*?\s)?r\s*=\s*[\"'](\d+)[\"']")
# What may contain text that looks like a row.
_OPAQUE = b"<!"
Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


class UnknownWorkbookError(Exception):
    """A workbook that the library must read as a whole, because its rows cannot be separated without a parser."""


class OtherColumnsError(Exception):
    """A part of a sheet with cells in other columns than those to read."""


@dataclass(frozen=True, slots=True)
class SheetParts:
    """A sheet of a workbook, whose rows are `member`; `folder` is for the parts."""

    path: Path
    name: str
    member: str
    folder: Path
    part_bytes: int = PART_BYTES

    def sheets(self) -> Iterator["CalamineSheet"]:
        """Yield the sheet of each part, whose cells have the places that they have in the whole one.

        Raises UnknownWorkbookError, CalamineError.
        """
        import python_calamine as calamine  # noqa: PLC0415 - only for workbooks

        shared, part = self.folder / "shared.xlsx", self.folder / "part.xlsx"
        with zipfile.ZipFile(self.path) as source:
            _copy_shared(source, shared)
            with source.open(self.member) as file:
                for rows in cut_rows(file, self.part_bytes):
                    shutil.copyfile(shared, part)
                    with zipfile.ZipFile(part, "a") as target:
                        target.writestr(self.member, rows)
                    yield calamine.CalamineWorkbook.from_path(part).get_sheet_by_name(self.name)

    def rows(self, columns: range | None = None) -> Iterator[Sequence[Cell]]:
        """Yield the cells of `columns` in each row, from the first row of the sheet to the last one with a cell.

        Without them the columns are those of the first part, as in most sheets. Raises as `sheets` does, and
        OtherColumnsError.
        """
        next_row = 0
        for sheet in self.sheets():
            if sheet.start is None or sheet.end is None:
                continue
            (first_row, first), (last_row, last) = sheet.start, sheet.end
            columns = range(first, last + 1) if columns is None else columns
            before, after = first - columns.start, columns.stop - last - 1
            if before < 0 or after < 0:
                raise OtherColumnsError
            if next_row > first_row:
                raise UnknownWorkbookError("rows in another order than that of their numbers")
            yield from repeat([""] * len(columns), first_row - next_row)
            for row in islice(sheet.iter_rows(), first_row, None):  # it begins with the empty rows before the first
                yield [""] * before + row + [""] * after if before or after else row
            next_row = last_row + 1

    def columns(self) -> range:
        """Return the columns from the first to the last one with a cell in any row."""
        bounds = [(sheet.start[1], sheet.end[1]) for sheet in self.sheets() if sheet.start and sheet.end]
        return range(min(first for first, _ in bounds), max(last for _, last in bounds) + 1)


def find_parts(path: Path, name: str, folder: Path, part_bytes: int = PART_BYTES) -> SheetParts | None:
    """Return a sheet in parts, None for a small one and for a workbook that the library must read as a whole."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        if max(sizes.get(member, _MAX_BOOK_BYTES + 1) for member in (_BOOK, _RELATIONS)) > _MAX_BOOK_BYTES:
            return None
        try:
            member = _find_member(archive, name)
        except (ET.ParseError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
            return None
    if member is None or sizes.get(member, 0) <= part_bytes:
        return None
    return SheetParts(path, name, member, folder, part_bytes)


def cut_rows(file: IO[bytes], part_bytes: int) -> Iterator[bytes]:
    """Yield the XML of a sheet in documents of about `part_bytes`, each with whole rows, the first of them numbered.

    Raises UnknownWorkbookError.
    """
    head, body = _split_head(file)
    next_row, is_last = 1, False
    while not is_last:
        while len(body) <= part_bytes and _END not in body and (piece := file.read(_PIECE_BYTES)):
            body += piece
        if _OPAQUE in body:
            raise UnknownWorkbookError("a comment or a section of plain text")
        end, is_last = _end_of_part(body, part_bytes)
        rows, body = body[:end], body[end:]
        yield b"".join((head, _with_number(rows, next_row), _AFTER))
        next_row = _row_after(rows, next_row)


def _end_of_part(body: bytes, part_bytes: int) -> tuple[int, bool]:
    """Return where the last row that fits into a part ends, and whether it is the last one of the sheet."""
    end = body.find(_END)
    if 0 <= end <= part_bytes:
        return end, True
    starts = [match.start() for match in _ROW.finditer(body, 1, part_bytes)]
    following = _ROW.search(body, max(part_bytes, 1))
    if starts or following:
        return (starts[-1] if starts else following.start() if following else end), False
    if end < 0:
        raise UnknownWorkbookError("no end of a row")
    return end, True


def _split_head(file: IO[bytes]) -> tuple[bytes, bytes]:
    """Return the XML up to the rows, and the first bytes of these."""
    start = file.read(_PIECE_BYTES)
    match = _START.search(start)
    if match is None or match[0].endswith(b"/>"):
        raise UnknownWorkbookError("no element with rows")
    if _OPAQUE in start[: match.end()]:
        raise UnknownWorkbookError("a comment or a document type")
    return start[: match.end()], start[match.end() :]


def _with_number(rows: bytes, number: int) -> bytes:
    """Return rows with a number in the first one: a row without a number follows the row before it."""
    first = _ROW.search(rows)
    if first is None or _NUMBERED_ROW.match(rows, first.start()):
        return rows
    return b'%s r="%d"%s' % (rows[: first.end()], number, rows[first.end() :])


def _row_after(rows: bytes, number: int) -> int:
    """Return the number of the row that follows rows; `number` is that of the first one unless it has one."""
    starts = [match.start() for match in _ROW.finditer(rows)]
    numbered = None
    for match in _NUMBERED_ROW.finditer(rows):
        numbered = match
    if numbered is None:
        return number + len(starts)
    return int(numbered[1]) + sum(start >= numbered.start() for start in starts)


def _copy_shared(source: zipfile.ZipFile, target: Path) -> None:
    """Write the members that all sheets share: texts, styles, names."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for member in source.infolist():
            folder = str(PurePosixPath(member.filename).parent).removeprefix(".")
            if folder in _SHARED_FOLDERS and member.filename.endswith((".xml", ".rels")):
                with source.open(member) as file, copy.open(member.filename, "w", force_zip64=True) as written:
                    shutil.copyfileobj(file, written, _PIECE_BYTES)


def _find_member(archive: zipfile.ZipFile, name: str) -> str | None:
    """Return the member with the rows of a sheet, None if not exactly one sheet has the name."""
    documents = archive.read(_BOOK), archive.read(_RELATIONS)
    if any(_OPAQUE in document for document in documents):
        return None
    book, relations = (ET.fromstring(document) for document in documents)  # noqa: S314 - without entities
    sheets = [item for item in book.iter() if item.tag.rpartition("}")[2] == "sheet" and item.get("name") == name]
    if len(sheets) != 1:
        return None
    identifiers = {value for key, value in sheets[0].attrib.items() if key.endswith("}id")}
    targets = [item.get("Target", "") for item in relations.iter() if item.get("Id") in identifiers]
    if len(targets) != 1:
        return None
    return targets[0].removeprefix("/") if targets[0].startswith("/") else f"xl/{targets[0]}"
