"""Damage to the bytes of a file: cuts, overwritten blocks, flipped bits, bytes behind the end, lost files."""

import fnmatch
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

Files = dict[str, bytes]
_BLOCK_BYTES = 200
_FLIPS = (0.3, 0.5, 0.7)
_GARBAGE = b"\0\xff\x1a<garbage>" + bytes(range(128, 256)) * 2


class Place(StrEnum):
    """What is damaged: a file that holds rows, before it is packed, or the download."""

    DATA = "in the data"
    DOWNLOAD = "in the download"


@dataclass(frozen=True, slots=True)
class ByteDamage:
    """Damage to a file: `apply` gets its bytes and the place of a row in the middle of it.

    At most `silent_rows` rows may differ without a word: fewer bytes than a row has are changed.
    """

    apply: Callable[[bytes, int], bytes]
    silent_rows: int = 0


def _cut(body: bytes, _middle: int, *, share: float) -> bytes:
    return body[: int(len(body) * share)]


def _cut_last_row(body: bytes, _middle: int) -> bytes:
    return body[:-20]


def _overwrite(body: bytes, middle: int, *, fill: bytes) -> bytes:
    end = min(middle + _BLOCK_BYTES, len(body))
    return body[:middle] + (fill * _BLOCK_BYTES)[: end - middle] + body[end:]


def _flip(body: bytes, _middle: int) -> bytes:
    damaged = bytearray(body)
    for share in _FLIPS:
        damaged[int(len(damaged) * share)] ^= 1 << int(share * 10 % 8)
    return bytes(damaged)


def _append(body: bytes, _middle: int) -> bytes:
    return body + _GARBAGE


def _block(fill: bytes) -> ByteDamage:
    """Return damage that may replace the text of one row by another text: the block is smaller than the widest cell."""
    return ByteDamage(partial(_overwrite, fill=fill), silent_rows=1)


BYTE_DAMAGES: dict[str, ByteDamage] = {
    "cut at 10 %": ByteDamage(partial(_cut, share=0.1)),
    "cut at 50 %": ByteDamage(partial(_cut, share=0.5)),
    "cut at 90 %": ByteDamage(partial(_cut, share=0.9)),
    "last row cut": ByteDamage(_cut_last_row),
    "zeros in the middle": _block(b"\0"),
    "0xff in the middle": _block(b"\xff"),
    "noise in the middle": _block(random.Random(5).randbytes(_BLOCK_BYTES)),  # noqa: S311 - the same in each run
    "flipped bits": ByteDamage(_flip, silent_rows=len(_FLIPS)),
    "garbage appended": ByteDamage(_append),
    "empty": ByteDamage(lambda _body, _middle: b""),
}


def damage_files(files: Files, damage: ByteDamage, pattern: str, mark: bytes) -> Files:
    """Return the files with damage to the largest one that matches; its middle is at `mark` if it holds that."""
    name = max(fnmatch.filter(files, pattern), key=lambda item: len(files[item]))
    return {**files, name: damage_body(files[name], damage, mark)}


def damage_body(body: bytes, damage: ByteDamage, mark: bytes) -> bytes:
    """Return the damaged bytes."""
    found = body.find(mark)
    return damage.apply(body, found if found >= 0 else len(body) // 2)


def lose_file(files: Files, suffix: str) -> Files:
    """Return the files without those of a suffix."""
    return {name: body for name, body in files.items() if not name.endswith(suffix)}
