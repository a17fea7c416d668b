"""The encoding of a .dbf file: what the definition names, then the .cpg file, then the header, then the texts."""

from pathlib import Path

import numpy as np

from oa_task.features.bad_rows import BadRows
from oa_task.read.cell_text import UTF8, TableEncoding, decode, decode_all
from oa_task.read.cells import has_letters_beyond_ascii, is_utf8, text_bounds, values
from oa_task.read.code_pages import codec_of_cpg, codec_of_language
from oa_task.read.dbf import DbfTable
from oa_task.read.encoding import table_codecs
from oa_task.read.request import ReadRequest

_DEFAULT = "iso8859-1"
_MAX_CPG_BYTES = 64
_SAMPLE_BLOCKS, _BLOCK_ROWS = 10, 1_000
_MOST = 0.9


def choose_encoding(request: ReadRequest, table: DbfTable) -> TableEncoding:
    """Return the encoding of the texts and names of a table.

    Without `conform.encoding`, texts that are nearly all UTF-8 are read as UTF-8, with a warning if something names
    another encoding. Raises TaskFailure source.schema for an unknown `conform.encoding`.
    """
    if declared := request.option("encoding"):
        return TableEncoding(table_codecs(declared), "`conform.encoding`")
    cpg = request.path.with_suffix(".cpg")
    content = _content(cpg)
    codec, named_by = (codec_of_cpg(content) if content else None), cpg.name
    if codec is None and table.language:
        codec = codec_of_language(table.language)
        named_by = f"the language byte {table.language:#04x} of {request.path.stem}.dbf"
    utf8, beyond = _count_utf8(table, () if codec is None else table_codecs(codec))
    chosen = UTF8 if beyond and utf8 >= beyond * _MOST else codec
    if content is not None and codec_of_cpg(content) is None and beyond:
        _warn_of_cpg(request.bad_rows, cpg, content, chosen or _DEFAULT)
    if codec is not None and chosen != codec:
        text = f"{named_by} names {codec}, but {utf8:,} of {beyond:,} sampled texts beyond ASCII are valid UTF-8"
        request.bad_rows.warn(f"{text}: all are read as UTF-8; set `conform.encoding`")
    if chosen is None:
        return TableEncoding((_DEFAULT,), is_guess=True)
    return TableEncoding(table_codecs(chosen), named_by if chosen == codec else "")


def _content(cpg: Path) -> str | None:
    """Return the first line of a .cpg file, None if there is no such file."""
    if not cpg.is_file():
        return None
    with cpg.open("rb") as file:
        start = file.read(_MAX_CPG_BYTES)
    return start.decode("utf-8-sig", "replace").strip("\0 \t\r\n").partition("\n")[0].strip()


def _warn_of_cpg(bad_rows: BadRows, cpg: Path, content: str, codec: str) -> None:
    problem = f"names {content[:50]!r}, an unknown encoding" if content else "is empty"
    bad_rows.warn(f"{cpg.name} {problem}: the texts are read as {codec}; set `conform.encoding`")


def _count_utf8(table: DbfTable, named: tuple[str, ...]) -> tuple[int, int]:
    """Return how many texts and names of a sample are UTF-8 and how many have letters beyond ASCII.

    Texts whose letters have many bytes are often UTF-8 by accident: then nothing counts as UTF-8 if all texts are valid
    in the `named` encoding too.
    """
    sample = [field.name for field in table.fields if not field.name.isascii()]
    utf8 = sum(decode(name, (UTF8,)) is not None for name in sample)
    for records in _blocks(table.records):
        for field in (field for field in table.fields if field.kind == "C"):
            cells = np.ascontiguousarray(records[:, field.start : field.start + field.width])
            cells = cells[has_letters_beyond_ascii(cells)]
            if len(cells):
                starts, ends = text_bounds(cells)
                utf8 += int(is_utf8(cells).sum())
                sample += values(cells, starts, ends)
    has_many_bytes = bool(named) and TableEncoding(named).has_letters_of_many_bytes
    if utf8 and has_many_bytes and None not in decode_all(sample, named):
        return 0, len(sample)
    return utf8, len(sample)


def _blocks(records: np.ndarray) -> list[np.ndarray]:
    """Return all records, or evenly spaced blocks of them if they are many."""
    if len(records) <= _SAMPLE_BLOCKS * _BLOCK_ROWS:
        return [records]
    starts = np.linspace(0, len(records) - _BLOCK_ROWS, _SAMPLE_BLOCKS).astype(int)
    return [records[start : start + _BLOCK_ROWS] for start in starts]
