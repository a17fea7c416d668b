"""The encoding of a text that names none, guessed from its bytes."""

import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from oa_task.read.encoding import is_valid

_HEAD_BYTES = 1 << 20
_CANDIDATES = ("cp1252", "cp1250", "cp1251", "cp1253", "cp932", "cp949", "gb18030")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WORD = re.compile(r"[^\W\d_]+")
_MAX_WORDS = 2000


def guess_encoding(path: Path) -> str | None:
    """Return the encoding that a definition must name, None for UTF-8 and for a text with a byte order mark.

    Of the encodings in which the start of the text is valid, the one in which most words have letters of one script and
    one case wins; the first of equals. A text that is valid in none gets cp1252.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES) + file.readline()
    if head.startswith(_BOMS) or is_valid(head, "utf-8"):
        return None
    scores = {name: _plausibility(head.decode(name)) for name in _CANDIDATES if is_valid(head, name)}
    return max(scores, key=lambda name: scores[name]) if scores else _CANDIDATES[0]


def _plausibility(text: str) -> float:
    """Return the share of characters beyond ASCII that are in words as languages write them."""
    foreign = sum(not character.isascii() for character in text[: _HEAD_BYTES // 4])
    words = [word for word in _WORD.findall(text[: _HEAD_BYTES // 4]) if not word.isascii()][:_MAX_WORDS]
    good = sum(sum(not letter.isascii() for letter in word) for word in words if _is_plausible(word))
    total = sum(sum(not letter.isascii() for letter in word) for word in words)
    in_words = min(total / foreign, 1.0) if foreign else 0.0
    return good / total * (0.5 + in_words / 2) if total else 0.0


def _is_plausible(word: str) -> bool:
    has_one_case = word.islower() or word.isupper() or word.istitle() or not any(c.isupper() for c in word[1:])
    scripts = Counter(_script(letter) for letter in word)
    return has_one_case and len(scripts) == 1


@cache
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if name in {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"} else name
