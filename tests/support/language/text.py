"""One text that people read, with its place, and the code within it hidden."""

import re
from dataclasses import dataclass

HIDDEN = "\N{HORIZONTAL ELLIPSIS}"
_CODE_SPAN = re.compile(r"``[^`]+``|`[^`\n]+`")


@dataclass(frozen=True, slots=True)
class Text:
    """One text: the file, the line where it starts, its kind, and the words."""

    file: str
    line: int
    kind: str
    words: str


def hide_code(words: str) -> str:
    """Return the words with everything between backticks hidden; the lines stay the same."""
    return _CODE_SPAN.sub(lambda span: re.sub(r"[^\n]", HIDDEN, span[0]), words)
