"""Workbooks of Office Open XML in parts: the library that reads them holds each cell of a sheet.

A part is a workbook with the same texts and styles and with some rows of one sheet, byte for byte: its cells are those
of the whole sheet.
"""

import datetime as dt
import re
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
_ATTRIBUTE = rb"""\s+[^\s=<>"']+\s*=\s*(?:"[^<"]*"|'[^<']*')"""
_START = re.compile(rb"<sheetData(?:%s)*\s*/?>" % _ATTRIBUTE)
_END = b"</sheetData"
_AFTER = b"</sheetData></worksheet>"
_ROW = re.compile(rb"<row(?=[\s/>])")
_NUMBERED_ROW = re.compile(rb"""<row(?:%s)*?\s+r\s*=\s*["'](\d+)["']""" % _ATTRIBUTE)
# What may contain text that looks like a row: comments, sections of plain text and processing instructions.
_DECLARATION, _INSTRUCTION = b"<!", b"<?"
# More rows than a program writes: Excel's last row is 1,048,576, that of LibreOffice 16,777,216.
_MOST_ROWS = 1 << 24
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
            _copy_shared(source, shared, self.member)
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
            if last_row >= _MOST_ROWS:
                raise UnknownWorkbookError(f"row {last_row + 1:,}")
            yield from repeat([""] * len(columns), first_row - next_row)
            for row in islice(sheet.iter_rows(), first_row, None):  # it begins with the empty rows before the first
                yield [""] * before + row + [""] * after if before or after else row
            next_row = last_row + 1

    def columns(self) -> range:
        """Return the columns from the first to the last one with a cell in any row."""
        bounds = [(sheet.start[1], sheet.end[1]) for sheet in self.sheets() if sheet.start and sheet.end]
        return range(min(first for first, _ in bounds), max(last for _, last in bounds) + 1)


def find_large_sheets(path: Path, folder: Path, part_bytes: int = PART_BYTES) -> Mapping[str, SheetParts]:
    """Return the sheets to read in parts, by name: not the small ones, which the library reads as a whole.

    There are none in a workbook that the library must read as a whole; `folder` is for the parts.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename: member.file_size for member in archive.infolist()}
        if max(sizes.get(member, _MAX_BOOK_BYTES + 1) for member in (_BOOK, _RELATIONS)) > _MAX_BOOK_BYTES:
            return {}
        # ValueError and LookupError are of documents in encodings that the parser does not know, or in none.
        try:
            members = _list_members(archive)
        except (ET.ParseError, zipfile.BadZipFile, zlib.error, LookupError, ValueError, RuntimeError, EOFError):
            return {}
    return {
        name: SheetParts(path, name, member, folder, part_bytes)
        for name, member in members.items()
        if sizes.get(member, 0) > part_bytes
    }


def cut_rows(file: IO[bytes], part_bytes: int) -> Iterator[bytes]:
    """Yield the XML of a sheet in documents of about `part_bytes`, each with whole rows, the first of them numbered.

    Raises UnknownWorkbookError.
    """
    head, body = _split_head(file)
    next_row, is_last = 1, False
    while not is_last:
        while len(body) <= part_bytes and _END not in body and (piece := file.read(_PIECE_BYTES)):
            body += piece
        if _DECLARATION in body or _INSTRUCTION in body:
            raise UnknownWorkbookError("a comment, a section of plain text or an instruction")
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
    if _DECLARATION in start[: match.end()]:
        raise UnknownWorkbookError("a comment or a document type")
    return start[: match.end()], start[match.end() :]


def _with_number(rows: bytes, number: int) -> bytes:
    """Return rows with a number in the first: a row without a number follows the row before it."""
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


def _copy_shared(source: zipfile.ZipFile, target: Path, sheet: str) -> None:
    """Write the members that all sheets share: texts, styles, names; not the member of the sheet itself."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for member in source.infolist():
            folder = str(PurePosixPath(member.filename).parent).removeprefix(".")
            is_shared = folder in _SHARED_FOLDERS and member.filename.endswith((".xml", ".rels"))
            if is_shared and member.filename != sheet:
                with source.open(member) as file, copy.open(member.filename, "w", force_zip64=True) as written:
                    shutil.copyfileobj(file, written, _PIECE_BYTES)


def _list_members(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """Return the member with the rows of each sheet, by the name of the sheet, without names that are not unique."""
    documents = archive.read(_BOOK), archive.read(_RELATIONS)
    if any(_DECLARATION in document for document in documents):
        return {}
    book, relations = (ET.fromstring(document) for document in documents)  # noqa: S314 - without entities
    targets = {item.get("Id", ""): item.get("Target", "") for item in relations.iter()}
    sheets = [item for item in book.iter() if item.tag.rpartition("}")[2] == "sheet"]
    names = Counter(item.get("name") for item in sheets)
    members = {}
    for sheet in sheets:
        name = sheet.get("name")
        identifiers = [value for key, value in sheet.attrib.items() if key.endswith("}id")]
        if name is not None and names[name] == 1 and len(identifiers) == 1 and identifiers[0] in targets:
            members[name] = _member_of(targets[identifiers[0]])
    return members


def _member_of(target: str) -> str:
    """Return the member of the archive that a relation of the workbook names."""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
