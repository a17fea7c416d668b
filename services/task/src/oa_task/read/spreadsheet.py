"""Workbooks of Excel and OpenDocument, read as the CSV that a spreadsheet program would save."""

import csv
import datetime as dt
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import dropwhile, islice
from pathlib import Path
from typing import TYPE_CHECKING

from oa_task.features.batch import FeatureBatch
from oa_task.read.content_kind import identify
from oa_task.read.content_signatures import ContentKind
from oa_task.read.csv import read_csv
from oa_task.read.request import ReadRequest
from oa_task.read.workbook_parts import Cell, OtherColumnsError, SheetParts, UnknownWorkbookError, find_large_sheets
from oa_task.runtime.failure import TaskFailure

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook, SheetMetadata

_MAX_EXPANDED_BYTES = 1 << 30
_MAX_RATIO = 100
_SMALL_BYTES = 10 * 1024 * 1024
_CHUNK_BYTES = 1 << 20
_MAX_NAMES = 50
_MAX_PEEKED = 10
_BETWEEN_CELLS = re.compile(rb"(?<=>)\s+(?=</?table:)|(?<=[\"/]>)\s+(?=<text:p)")
_SEEN_BYTES = 2  # before white space, in the pattern above
# Members that no library of workbooks reads.
_PICTURE = re.compile(r"\.(?:bmp|emf|gif|jpe?g|png|svg|tiff?|wmf)\Z", re.IGNORECASE)
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error)
_CSV_OPTIONS = ("encoding", "csvsplit", "format")


def read_spreadsheet(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of rows of the sheet that `conform.layer` names, else of the first visible one that has rows.

    Raises TaskFailure source.format, source.empty, source.too_large, and those of CSV.
    """
    _check_expanded_size(request.path)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / request.path.name
        _write_table(request, _readable_copy(request.path, Path(folder)), Path(folder), table)
        conform = {key: value for key, value in request.conform.items() if key not in _CSV_OPTIONS}
        yield from read_csv(replace(request, path=table, conform={**conform, "format": "csv"}))


def peek_sheets(path: Path, rows: int) -> dict[str, tuple[int, list[list[str]]]]:
    """Return the number of rows and the first rows of each visible sheet that has rows. Raises TaskFailure."""
    _check_expanded_size(path)
    with tempfile.TemporaryDirectory() as folder, _open_workbook(path, Path(folder)) as workbook:
        sheets = {name: workbook.get_sheet_by_name(name) for name in _visible_sheets(workbook)[:_MAX_PEEKED]}
        return {
            name: (sheet.height, [[_text(cell) for cell in row] for row in islice(sheet.iter_rows(), rows)])
            for name, sheet in sheets.items()
            if sheet.height
        }


@contextmanager
def _open_workbook(path: Path, folder: Path) -> "Iterator[CalamineWorkbook]":
    """Yield a workbook; errors of its library, here and in the block, become TaskFailure source.format."""
    import python_calamine as calamine  # noqa: PLC0415 - only for workbooks

    with _as_failures(path), _readable_copy(path, folder).open("rb") as file:
        yield calamine.CalamineWorkbook.from_filelike(file)


@contextmanager
def _as_failures(path: Path) -> Iterator[None]:
    """Turn the errors of the library of workbooks into TaskFailure source.format."""
    import python_calamine as calamine  # noqa: PLC0415 - only for workbooks

    try:
        yield
    except calamine.PasswordError as error:
        raise TaskFailure("source.format", f"{path.name} needs a password: find a file without one") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        text = f"{path.name} is {identify(path).kind.value} that cannot be read: {error}"
        raise TaskFailure("source.format", text) from error


def _visible_sheets(workbook: "CalamineWorkbook") -> list[str]:
    """Return the names of the visible sheets with cells; of all if none is visible."""
    visible = [sheet.name for sheet in _tables(workbook) if str(sheet.visible).endswith(".Visible")]
    return visible or [sheet.name for sheet in _tables(workbook)]


def _tables(workbook: "CalamineWorkbook") -> "list[SheetMetadata]":
    """Return the sheets with cells: not those of charts, macros and dialogs."""
    return [sheet for sheet in workbook.sheets_metadata if str(sheet.typ).endswith("WorkSheet")]


def _write_table(request: ReadRequest, workbook_path: Path, folder: Path, target: Path) -> None:
    """Write the cells of the sheet as CSV in UTF-8; `folder` is for parts of the workbook."""
    import python_calamine as calamine  # noqa: PLC0415 - only for workbooks

    with _as_failures(request.path):
        large = find_large_sheets(workbook_path, folder)
        sheet = _find_sheet(request, workbook_path, large)
        if not _write_parts(request, large.get(sheet), target):
            with workbook_path.open("rb") as file:
                cells = calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name(sheet).iter_rows()
                _write_rows(request, cells, target)


def _write_parts(request: ReadRequest, parts: SheetParts | None, target: Path) -> bool:
    """Write a sheet part by part; return whether that is possible."""
    if parts is None:
        return False
    try:
        try:
            _write_rows(request, parts.rows(), target)
        except OtherColumnsError:
            _write_rows(request, parts.rows(parts.columns()), target)
    except _errors_of_parts():
        return False  # the library reads the entire workbook, or reports what is wrong with it
    return True


def _errors_of_parts() -> tuple[type[Exception], ...]:
    """Return the errors of a sheet in parts, which the library then reads as a whole, or whose fault it reports."""
    import python_calamine as calamine  # noqa: PLC0415 - only for workbooks

    return (UnknownWorkbookError, calamine.CalamineError, *_DAMAGE)


def _write_rows(request: ReadRequest, rows: Iterator[Sequence[Cell]], target: Path) -> None:
    """Write the rows of a sheet; without `headers` and `skiplines`, from the first one that is not empty on."""
    if not (request.conform.get("headers") or request.conform.get("skiplines")):
        rows = dropwhile(lambda row: not any(cell != "" for cell in row), rows)
    with target.open("w", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([_text(cell) for cell in row] for row in rows)


def _find_sheet(request: ReadRequest, workbook_path: Path, large: Mapping[str, SheetParts]) -> str:
    """Return the name of the sheet to read. Raises TaskFailure source.empty."""
    import python_calamine as calamine  # noqa: PLC0415 - only for workbooks

    def has_rows(name: str) -> bool:
        parts = large.get(name)
        try:
            return any(sheet.height for sheet in parts.sheets()) if parts is not None else has_cells(name)
        except _errors_of_parts():
            return has_cells(name)

    def has_cells(name: str) -> bool:
        return workbook.get_sheet_by_name(name).height > 0

    with workbook_path.open("rb") as file:
        workbook = calamine.CalamineWorkbook.from_filelike(file)
        return _choose_sheet(request, workbook, has_rows)


def _choose_sheet(request: ReadRequest, workbook: "CalamineWorkbook", has_rows: Callable[[str], bool]) -> str:
    """Return the name of the sheet to read. Raises TaskFailure source.empty."""
    visible = _visible_sheets(workbook)
    layer = request.conform.get("layer")
    if layer is not None:
        return _named_sheet(layer, [sheet.name for sheet in _tables(workbook)], visible)
    filled = [name for name in visible if has_rows(name)]
    if not filled:
        raise TaskFailure("source.empty", f"{request.path.name} has no sheet with rows")
    if filled[1:]:
        others = ", ".join(filled[1:_MAX_NAMES])
        request.bad_rows.warn(
            f"missing `conform.layer`: the workbook has several sheets; read {filled[0]}; not read: {others}"
        )
    return filled[0]


def _named_sheet(layer: object, names: Sequence[str], visible: Sequence[str]) -> str:
    """Return the sheet of that name, of that name in any case, or of that number."""
    text = str(layer)
    matches = [name for name in names if name == text] or [name for name in names if name.casefold() == text.casefold()]
    if matches:
        return matches[0]
    if text.isdecimal() and int(text) < len(visible):
        return visible[int(text)]
    present = ", ".join(names[:_MAX_NAMES]) or "no sheets"
    raise TaskFailure("source.empty", f"missing sheet {layer!r} (`conform.layer`); the workbook has {present}")


def _readable_copy(path: Path, folder: Path) -> Path:
    """Return a workbook without white space between the cells, which its library does not expect; often the same."""
    if identify(path).kind is not ContentKind.ODS:
        return path
    copy = folder / "copy.ods"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for member in source.infolist():
            if _PICTURE.search(member.filename):
                continue
            with source.open(member) as file, target.open(member.filename, "w", force_zip64=True) as written:
                pieces = iter(partial(file.read, _CHUNK_BYTES), b"")
                written.writelines(join_cells(pieces) if member.filename == "content.xml" else pieces)
    return copy


def join_cells(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the XML of OpenDocument without the white space between cells, whatever the length of its pieces."""
    before, held = b"", [b""]
    for piece in pieces:
        held.append(piece)
        if b"<" not in piece:
            continue
        text = b"".join(held)
        end = len(text[: text.rfind(b"<")].rstrip())  # the space before a tag belongs to that tag
        ready, held = before + text[:end], [text[end:]]
        yield _BETWEEN_CELLS.sub(b"", ready)[len(before) :]
        before = ready[-_SEEN_BYTES:]
    yield _BETWEEN_CELLS.sub(b"", before + b"".join(held))[len(before) :]


def _text(cell: Cell) -> str:
    """Return the text of a cell: whole numbers without a decimal point, dates as in the other formats."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        is_date = cell.time() == dt.time()
        return f"{cell:%Y/%m/%d}" if is_date else f"{cell:%Y/%m/%d %H:%M:%S}"
    if isinstance(cell, dt.date):
        return f"{cell:%Y/%m/%d}"
    return str(cell)


def _check_expanded_size(path: Path) -> None:
    """Check that a workbook is intact except for pictures, and its size: its library holds a sheet in memory.

    A workbook may name a sheet in any way, so the size counts members of any name.
    """
    if not zipfile.is_zipfile(path):
        return
    limit = min(max(path.stat().st_size * _MAX_RATIO, _SMALL_BYTES), _MAX_EXPANDED_BYTES)
    expanded_bytes = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                expanded_bytes += _expand(archive, member, limit - expanded_bytes)
                if expanded_bytes > limit:
                    text = f"{path.name} expands to more than {limit:,} bytes, the limit of a workbook"
                    raise TaskFailure("source.too_large", f"{text}: find a CSV of the same data")
    except (*_DAMAGE, OSError, ValueError) as error:
        raise TaskFailure("source.format", f"{path.name} is not a valid workbook: {error}") from error


def _expand(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> int:
    """Return the expanded bytes of a member, counted up to the first piece beyond a limit, or up to its damage.

    Raises one of _DAMAGE, but not for a picture.
    """
    expanded_bytes = 0
    try:
        with archive.open(member) as file:
            while expanded_bytes <= limit and (chunk := file.read(_CHUNK_BYTES)):
                expanded_bytes += len(chunk)
    except _DAMAGE:
        if not _PICTURE.search(member.filename):
            raise
    return expanded_bytes
