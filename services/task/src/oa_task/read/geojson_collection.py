"""The features of a GeoJSON collection, block by block, whatever its size.

A block is cut where text looks like the end of a feature, and parsed: a list of values that parses ends where a value
ends, so a wrong cut never goes unnoticed. Where no cut parses, features are parsed one by one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from oa_task.runtime.failure import TaskFailure

_BLOCK_BYTES = 2 * 1024 * 1024
_MAX_FEATURE_BYTES = 64 * 1024 * 1024
_CUTS_TRIED = 4
_FIRST_KEY = re.compile(rb'\s*\{\s*("[^"\\]*")')
_BETWEEN = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Block:
    """Features that follow each other, and their text, separated by commas."""

    features: list[Any]
    text: bytes

    def exact(self) -> list[Any]:
        """Return the features with integers of any length."""
        exact: list[Any] = json.loads(b"[" + self.text + b"]")
        return exact


class FeatureCollectionReader:
    """The features of a collection from the first one on; `offset` is the place in the text of what is held."""

    def __init__(self, pieces: Iterator[bytes], held: bytes, *, name: str, offset: int) -> None:
        self._pieces = pieces
        self._held = held
        self._name = name
        self._offset = offset
        self._is_whole = False
        self._is_done = False

    def blocks(self) -> Iterator[Block]:
        """Yield the features up to the bracket that closes them. Raises TaskFailure source.format with the byte."""
        while not self._is_done:
            self._fill(_BLOCK_BYTES)
            block = self._last_block() if self._is_whole else self._block()
            yield block or self._one_by_one()

    def _fill(self, size: int) -> None:
        parts, held = [self._held], len(self._held)
        while held < size and not self._is_whole:
            piece = next(self._pieces, None)
            self._is_whole = piece is None
            parts.append(piece or b"")
            held += len(parts[-1])
        self._held = b"".join(parts)

    def _take(self, size: int) -> None:
        self._held = self._held[size:]
        self._offset += size

    def _block(self) -> Block | None:
        """Take the features that are whole; None where no cut that is tried parses."""
        first = _FIRST_KEY.match(self._held)
        if not first:
            return None
        boundary = re.compile(rb"\}(\s*,\s*)\{\s*" + re.escape(first[1]))
        cuts = [found.span(1) for found in boundary.finditer(self._held, len(self._held) // 2)]
        for start, end in cuts[: -_CUTS_TRIED - 1 : -1]:
            if (block := parse_block(self._held[:start])) is not None:
                self._take(end)
                return block
        return None

    def _last_block(self) -> Block | None:
        """Take the features up to a bracket after which only the end of the collection follows, None without one."""
        cut = len(self._held)
        for _ in range(_CUTS_TRIED):
            cut = self._held.rfind(b"]", 0, max(cut, 0))
            if (
                cut >= 0
                and _ends_object(self._held[cut + 1 :])
                and (block := parse_block(self._held[:cut])) is not None
            ):
                self._is_done = True
                return block
        return None

    def _one_by_one(self) -> Block:
        """Take the features that are whole in what is held, reading on until there is one."""
        while True:
            texts, problem = self._whole_features()
            if texts or self._is_done:
                return Block([_exactly(text) for text in texts], b",".join(texts))
            if self._is_whole or len(self._held) > _MAX_FEATURE_BYTES:
                raise self._failure(problem)
            self._fill(2 * len(self._held) + _BLOCK_BYTES)

    def _whole_features(self) -> tuple[list[bytes], ValueError | None]:
        """Take whole features; return their texts and why the one after them is none."""
        text = self._held.decode("latin-1")  # one character a byte: where values end is the same
        place, texts = 0, []
        try:
            while not self._is_done:
                start = _skip_between(text, place)
                self._is_done = text[start : start + 1] == "]"
                if not self._is_done:
                    _, place = _DECODER.raw_decode(text, start)
                    texts.append(self._held[start:place])
        except ValueError as error:
            self._take(place)
            return texts, error
        except RecursionError as error:
            raise TaskFailure(
                "source.format", f"{self._name}: the feature at byte {self._offset + place:,} is nested too deeply"
            ) from error
        return texts, None

    def _failure(self, problem: ValueError | None) -> TaskFailure:
        place = self._offset + (problem.pos if isinstance(problem, json.JSONDecodeError) else 0)
        if not self._held.strip(b" \t\r\n,"):
            text = f"ends at byte {place:,} before its features are closed: the download may be cut off"
        else:
            text = f"is not sound GeoJSON at byte {place:,}: {problem}"
        return TaskFailure("source.format", f"{self._name} {text}")


def parse_block(text: bytes) -> Block | None:
    """Return values that are separated by commas, None where they are not."""
    try:
        return Block(orjson.loads(b"[" + text + b"]"), text)
    except orjson.JSONDecodeError:
        return None


def _exactly(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # such as a number of 5,000 digits: one feature that cannot be used


def _skip_between(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    return found.end() if found else place


def _ends_object(rest: bytes) -> bool:
    try:
        orjson.loads(b'{"x":0' + rest)
    except orjson.JSONDecodeError:
        return False
    return True
