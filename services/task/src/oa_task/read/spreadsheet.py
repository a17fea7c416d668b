"""Workbooks of Excel and OpenDocument, read as the CSV that a spreadsheet program would save."""

import csv
import datetime as dt
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from oa_task.features.batch import FeatureBatch
from oa_task.read.csv import read_csv
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure

_MAX_EXPANDED_BYTES = 1 << 30
_MAX_RATIO = 100
_SMALL_BYTES = 10 * 1024 * 1024
_CHUNK_BYTES = 1 << 20
_CSV_OPTIONS = ("encoding", "csvsplit", "format")
Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def read_spreadsheet(request: ReadRequest) -> Iterator[FeatureBatch]:
    """Yield batches of rows of the sheet that `conform.layer` names, else of the first visible one that has rows.

    Raises TaskFailure source.format, source.empty, source.too_large, and those of CSV.
    """
    _check_expanded_size(request.path)
    with tempfile.TemporaryDirectory(dir=request.path.parent) as folder:
        table = Path(folder) / request.path.name
        _write_table(request, table)
        conform = {key: value for key, value in request.conform.items() if key not in _CSV_OPTIONS}
        yield from read_csv(replace(request, path=table, conform={**conform, "format": "csv"}))


def _write_table(request: ReadRequest, target: Path) -> None:
    """Write the cells of the sheet as CSV in UTF-8."""
    conform = request.conform
    counts_lines = bool(conform.get("headers") or conform.get("skiplines"))
    with _open_rows(request, skip_empty_area=not counts_lines) as rows, target.open("w", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([_text(cell) for cell in row] for row in rows)


@contextmanager
def _open_rows(request: ReadRequest, *, skip_empty_area: bool) -> Iterator[Iterator[list[Cell]]]:
    """Open the rows of the sheet, with or without the empty rows and columns before the first cell."""
    import python_calamine  # noqa: PLC0415 - only for workbooks

    name = request.path.name
    try:
        with python_calamine.load_workbook(request.path) as workbook:
            sheets = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.typ is python_calamine.SheetTypeEnum.WorkSheet
            ]
            visible = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.name in sheets and sheet.visible is python_calamine.SheetVisibleEnum.Visible
            ]
            chosen = _choose_sheet(request, sheets, visible)
            if chosen is None:
                chosen = _first_with_rows(request, visible or sheets, workbook)
            yield workbook.get_sheet_by_name(chosen).iter_rows(skip_empty_area=skip_empty_area)
    except python_calamine.PasswordError as error:
        raise TaskFailure("source.format", f"{name} needs a password: find a file without one") from error
    except (python_calamine.CalamineError, zipfile.BadZipFile, ValueError) as error:
        raise TaskFailure("source.format", f"{name} is not a valid workbook: {error}") from error


def _choose_sheet(request: ReadRequest, sheets: Sequence[str], visible: Sequence[str]) -> str | None:
    """Return the sheet that `conform.layer` names or numbers, None without `layer`."""
    layer = request.conform.get("layer")
    if layer is None:
        return None
    text = str(layer)
    matches = [sheet for sheet in sheets if sheet == text] or [
        sheet for sheet in sheets if sheet.casefold() == text.casefold()
    ]
    if matches:
        return matches[0]
    if text.isdecimal() and int(text) < len(visible):
        return visible[int(text)]
    names = ", ".join(sheets[:50]) or "no sheets"
    raise TaskFailure("source.empty", f"missing sheet {layer!r} (`conform.layer`); the workbook has {names}")


def _first_with_rows(request: ReadRequest, sheets: Sequence[str], workbook: object) -> str:
    get_sheet = workbook.get_sheet_by_name  # type: ignore[attr-defined] # loaded late
    filled = [sheet for sheet in sheets if get_sheet(sheet).height]
    if not filled:
        raise TaskFailure("source.empty", f"{request.path.name} has no sheet with rows")
    if filled[1:]:
        others = ", ".join(filled[1:50])
        request.bad_rows.warn(f"`conform.layer` names none of several sheets: read {filled[0]}; not read: {others}")
    return filled[0]


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
    """Check how large the parts of a workbook are once expanded: its library holds a sheet in memory."""
    if not zipfile.is_zipfile(path):
        return
    limit = min(max(path.stat().st_size * _MAX_RATIO, _SMALL_BYTES), _MAX_EXPANDED_BYTES)
    expanded_bytes = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.filename.endswith((".xml", ".bin")):
                    continue
                with archive.open(member) as file:
                    while chunk := file.read(_CHUNK_BYTES):
                        expanded_bytes += len(chunk)
                        if expanded_bytes > limit:
                            text = f"{path.name} expands to more than {limit:,} bytes, the limit of a workbook"
                            raise TaskFailure("source.too_large", f"{text}: find a CSV of the same data")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise TaskFailure("source.format", f"{path.name} is not a valid workbook: {error}") from error
