"""The attributes of a shapefile, read from its .dbf file (docs/engine.md, "Shapefiles")."""

import numpy as np
import polars as pl

from oa_task.read.cell_text import UTF8, CellText, TableEncoding, decode
from oa_task.read.columns import make_names_unique
from oa_task.read.dbf import DbfTable, open_table
from oa_task.read.dbf_encoding import choose_encoding
from oa_task.read.dbf_values import is_real, value_text
from oa_task.read.request import AllColumns, ReadRequest
from oa_task.runtime.failure import TaskFailure

# A name that ends after 10 bytes may lack the rest of its last letter.
_MAX_CUT_BYTES = 3


class DbfAttributes:
    """The columns of a .dbf file: `names` are those of all columns, `reals` the ones to read that are real numbers."""

    def __init__(self, request: ReadRequest, table: DbfTable) -> None:
        """Add warnings for names that occur twice, and for an encoding that is in doubt."""
        self.table = table
        self._bad_rows = request.bad_rows
        encoding = choose_encoding(request, table)
        self._text = CellText(encoding, request.bad_rows)
        names = [_name(field.name, encoding) for field in table.fields]
        self.names = tuple(make_names_unique(names, request.bad_rows))
        by_name = zip(self.names, table.fields, strict=True)
        self._selected = [(name, field) for name, field in by_name if name in request.columns]
        self.reals = frozenset(name for name, field in self._selected if is_real(field))

    def frame(self, records: np.ndarray, rows: np.ndarray) -> pl.DataFrame:
        """Return the columns to read of the records with these indexes; `rows` has the input row of each one."""
        if len(records) and records[-1] - records[0] == len(records) - 1:
            found = self.table.records[records[0] : records[-1] + 1]
        else:
            found = self.table.records[records]
        columns = {}
        for name, field in self._selected:
            cells = np.ascontiguousarray(found[:, field.start : field.start + field.width])
            columns[name] = value_text(self._text.decode(cells, rows, name), field)
        damaged = self.table.is_damaged(records)
        self._bad_rows.note("a damaged record of the .dbf file", rows[damaged], code="source.format")
        self.table.release()
        return pl.DataFrame(columns)

    def finish(self) -> None:
        """Add a warning if letters may be wrong."""
        self._text.warn()


def open_attributes(request: ReadRequest) -> DbfAttributes | None:
    """Return the attributes of a shapefile, None without a .dbf file if no rule reads a column.

    Raises TaskFailure source.columns_missing for a missing or empty .dbf file, source.format for a damaged one.
    """
    path = request.path.with_suffix(".dbf")
    if path.is_file() and path.stat().st_size:
        return DbfAttributes(request, open_table(path))
    problem = "is empty" if path.is_file() else "is missing"
    text = f"{path.name} {problem}: it holds the attributes of {request.path.name}; check what the URL returns"
    if isinstance(request.columns, AllColumns) or not request.columns:
        request.bad_rows.warn(text)
        return None
    raise TaskFailure("source.columns_missing", text)


def _name(raw: bytes, encoding: TableEncoding) -> str:
    """Return the name of a column, without the letter at its end if that is cut."""
    codecs = (UTF8, *encoding.codecs) if encoding.is_guess else encoding.codecs
    name = decode(raw, codecs)
    for cut in range(1, _MAX_CUT_BYTES + 1):
        name = decode(raw[:-cut], encoding.codecs) if name is None else name
    return raw.decode("latin-1") if name is None else name
