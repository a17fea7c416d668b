"""Detection of UTF-8 in data that is decoded by another encoding: wrong letters, which no codec reports."""

import polars as pl

from oa_task.features.bad_rows import BadRows
from oa_task.read.encoding import is_valid
from oa_task.read.undecodable import MARK, raw_bytes

_ASCII = range(0x80)
_CONTINUATION = range(0x80, 0xC0)
_LEAD = range(0xC2, 0xF5)
_NOT_ASCII = r"[^\x00-\x7f]"
_EXAMPLES = 3
_SHOWN = 60


class Utf8Cells:
    """Counts the cells that are sound UTF-8 although `codec` has decoded them, for one file."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._is_single_byte = _is_single_byte(codec)
        self._pattern = "" if codec.startswith("utf") else self._suspects()
        self._count = 0
        self._examples: dict[str, str] = {}

    def look(self, frame: pl.DataFrame) -> None:
        """Count such cells of text columns. Cheap: only texts with a suspicious pair of letters are decoded again."""
        if not self._pattern:
            return
        for column in frame.iter_columns():
            suspects = column.filter(column.str.contains(self._pattern).fill_null(value=False))
            if len(suspects):
                self._count_column(suspects)

    def warn(self, bad_rows: BadRows) -> None:
        """Add a warning with the number of cells and examples, if there were any."""
        if not self._count:
            return
        values = "1 value is" if self._count == 1 else f"{self._count:,} values are"
        shown = ", ".join(f"{wrong!r} for {right!r}" for wrong, right in self._examples.items())
        text = f"{values} UTF-8 in data read as {self._codec}, and are garbled: {shown}"
        bad_rows.warn(f"{text}; check `conform.encoding`")

    def _count_column(self, suspects: pl.Series) -> None:
        sound = [text for text in suspects.unique(maintain_order=True).to_list() if self._is_utf8(text)]
        if sound:
            self._count += int(suspects.is_in(sound).sum())
        for text in sound[: _EXAMPLES - len(self._examples)]:
            right = raw_bytes(text, self._codec).decode()
            self._examples[text[:_SHOWN]] = right[:_SHOWN]

    def _is_utf8(self, text: str) -> bool:
        """Return whether the bytes of a text are UTF-8; two-byte letters alone are chance in a multi-byte encoding."""
        raw = raw_bytes(text, self._codec)
        return is_valid(raw, "utf-8") and (self._is_single_byte or max(raw) >= 0xE0)  # noqa: PLR2004 - three bytes

    def _suspects(self) -> str:
        """Return a pattern that matches every text whose bytes may be UTF-8 beyond ASCII."""
        if not self._is_single_byte:
            return f"{_NOT_ASCII}|{MARK}"
        marks = MARK[1:-1]
        return f"[{_letters(self._codec, _LEAD)}{marks}][{_letters(self._codec, _CONTINUATION)}{marks}]"


def _is_single_byte(codec: str) -> bool:
    values = bytes([*_ASCII, *_LEAD])
    return len(values.decode(codec, "replace")) == len(values)


def _letters(codec: str, values: range) -> str:
    """Return the letters of some bytes in a single-byte encoding, for a set of a regular expression."""
    return "".join(f"\\x{{{ord(letter):x}}}" for letter in bytes(values).decode(codec, "ignore"))
