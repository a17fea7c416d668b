"""Text of cells in the encoding of their table: what cannot be read costs one value, and wrong letters are reported."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from oa_task.features.bad_rows import BadRows
from oa_task.read.cells import has_letters_beyond_ascii, is_utf8, plain_texts, text_bounds, texts, values
from oa_task.read.columns import plain_line_ends

UTF8 = "utf-8"
_MANY_BYTES = frozenset(
    {"big5", "big5hkscs", "cp932", "cp949", "cp950", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "johab"}
    | {"shift_jis", "shift_jis_2004", "shift_jisx0213", "euc_jisx0213", "euc_jis_2004"}
)
_ASCII_END = 0x80
_MAX_EXAMPLES = 3
_MAX_EXAMPLE = 40
# A text of an 8-bit encoding is UTF-8 by accident less often than that.
_ACCIDENTS = 500


@dataclass(frozen=True, slots=True)
class TableEncoding:
    """The encoding of a table: Python's `codecs`, where the first one that fits a value counts, and who named it.

    `is_guess` is set if nothing names an encoding; then a value that is UTF-8 is read as UTF-8.
    """

    codecs: tuple[str, ...]
    named_by: str = ""
    is_guess: bool = False

    @property
    def has_letters_of_many_bytes(self) -> bool:
        """Return whether a letter may have several bytes, so that texts are often UTF-8 by accident."""
        return self.codecs[0] in _MANY_BYTES


@dataclass(slots=True)
class CellText:
    """Decodes the cells of a table, and counts what is suspicious; `warn` reports it after the last cell."""

    encoding: TableEncoding
    bad_rows: BadRows
    beyond_ascii: int = 0
    utf8: int = 0
    examples: list[str] = field(default_factory=list)

    def decode(self, cells: np.ndarray, rows: np.ndarray, name: str) -> pl.Series:
        """Return the texts of the cells, "" for what is not text in the encoding, which counts as a bad row.

        `rows` has the input row of each cell, `name` is that of the column.
        """
        is_utf8_table = self.encoding.codecs[0] == UTF8
        is_ascii = cells.max(initial=0) < _ASCII_END
        plain = plain_texts(cells) if is_ascii or is_utf8_table else None
        if plain is not None:
            return plain_line_ends(plain)
        starts, ends = text_bounds(cells)
        if is_ascii:
            return plain_line_ends(texts(cells, starts, ends))
        suspects = np.flatnonzero(has_letters_beyond_ascii(cells))
        some = cells[suspects]
        # Bytes after the end of a text do not belong to it.
        some = np.where(np.arange(cells.shape[1]) < ends[suspects, None], some, ord(" "))
        are_utf8 = is_utf8(some) & has_letters_beyond_ascii(some)
        raw = values(cells[suspects], starts[suspects], ends[suspects])
        decoded = self._decode(raw, are_utf8)
        self._note(raw, decoded, rows[suspects], name)
        if not is_utf8_table:
            self._count(raw, decoded, are_utf8, name)
        ends = ends.copy()
        ends[suspects] = starts[suspects]
        series = texts(cells, starts, ends)
        return plain_line_ends(series.scatter(suspects, ["" if text is None else text for text in decoded]))

    def _decode(self, raw: list[bytes], are_utf8: np.ndarray) -> list[str | None]:
        if not self.encoding.is_guess or not are_utf8.any():
            return decode_all(raw, self.encoding.codecs)
        guess = (UTF8, *self.encoding.codecs)
        return [
            decode(value, guess if is_sound else self.encoding.codecs)
            for value, is_sound in zip(raw, are_utf8.tolist(), strict=True)
        ]

    def _note(self, raw: list[bytes], decoded: list[str | None], rows: np.ndarray, name: str) -> None:
        bad = [index for index, text in enumerate(decoded) if text is None]
        codec, named_by = self.encoding.codecs[0], self.encoding.named_by
        origin = f"{codec}, which {named_by} names," if named_by else codec
        note_unreadable(self.bad_rows, rows[bad], [raw[index] for index in bad], name=name, encoding=origin)

    def _count(self, raw: list[bytes], decoded: list[str | None], are_utf8: np.ndarray, name: str) -> None:
        self.beyond_ascii += len(raw)
        self.utf8 += int(are_utf8.sum())
        for index in np.flatnonzero(are_utf8 | self.encoding.is_guess)[: _MAX_EXAMPLES - len(self.examples)]:
            self.examples.append(f"{(decoded[index] or '')[:_MAX_EXAMPLE]!r} in {name[:_MAX_EXAMPLE]!r}")

    def warn(self) -> None:
        """Add a warning to the report if letters may be wrong."""
        encoding, utf8, beyond = self.encoding, self.utf8, self.beyond_ascii
        if not beyond:
            return
        codec, examples = encoding.codecs[0], ", ".join(self.examples)
        if encoding.is_guess:
            mixed = f"; {utf8:,} of them are valid UTF-8 and are read as that" if utf8 else ""
            text = f"nothing names the encoding of the texts: {beyond:,} beyond ASCII are read as {codec}{mixed}"
            self.bad_rows.warn(f"{text}, such as {examples}; set `conform.encoding`")
            return
        is_likely = utf8 == beyond if encoding.has_letters_of_many_bytes else utf8 * _ACCIDENTS >= beyond
        if utf8 and is_likely:
            text = f"{utf8:,} of {beyond:,} texts beyond ASCII are valid UTF-8, but {encoding.named_by} names {codec}"
            self.bad_rows.warn(f"{text}, in which they are read, such as {examples}; check `conform.encoding`")


def note_unreadable(bad_rows: BadRows, rows: np.ndarray, raw: Sequence[bytes], *, name: str, encoding: str) -> None:
    """Count rows whose text in a column is not valid in its encoding."""
    shown = [value.decode("utf-8", "backslashreplace") for value in raw[:5]]
    bad_rows.note(f"text that is not {encoding} in column {name[:100]!r}", rows, shown, code="source.encoding")


def decode_all(raw: list[bytes], codecs: tuple[str, ...]) -> list[str | None]:
    """Return the texts of values, None for each that is in none of the encodings."""
    joined = b"\n".join(raw)
    if joined.count(b"\n") == len(raw) - 1:
        for codec in codecs:
            try:
                decoded = joined.decode(codec).split("\n")
            except UnicodeDecodeError:
                continue
            if len(decoded) == len(raw):
                return [*decoded]
    return [decode(value, codecs) for value in raw]


def decode(value: bytes, codecs: tuple[str, ...]) -> str | None:
    """Return the text of a value in the first of the encodings in which it is valid, None if there is none."""
    for codec in codecs:
        try:
            return value.decode(codec)
        except UnicodeDecodeError:
            continue
    return None
