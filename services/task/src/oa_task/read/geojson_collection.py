"""The features of a GeoJSON collection of any size, block by block.

The reader cuts a block where the text looks like the end of a feature, and parses it. A list that parses ends with a
value, so a wrong cut never goes unnoticed. Where no cut parses, the reader parses the features one by one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from oa_task.runtime.failure import TaskFailure

_BLOCK_BYTES = 2 * 1024 * 1024
_MAX_FEATURE_BYTES = 64 * 1024 * 1024
_CUTS_TRIED = 4
_FIRST_KEY = re.compile(rb'\s*\{\s*("[^"\\]*")')
_SEPARATORS = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive features, and their text separated by commas."""

    features: list[object]
    text: bytes

    def exact(self) -> list[object]:
        """Return the features, parsed so that integers of any length are exact."""
        exact: list[object] = json.loads(b"[" + self.text + b"]")
        return exact


class FeatureCollectionReader:
    """The features of a collection from the first one on; `offset` is the file offset of the held text."""

    def __init__(self, pieces: Iterator[bytes], held: bytes, *, name: str, offset: int) -> None:
        self._pieces = pieces
        self._held = held
        self._name = name
        self._offset = offset
        self._is_exhausted = False
        self._is_done = False

    def blocks(self) -> Iterator[Block]:
        """Yield the features up to the closing bracket. Raises TaskFailure source.format with the byte offset."""
        while not self._is_done:
            self._fill(_BLOCK_BYTES)
            block = self._last_block() if self._is_exhausted else self._block()
            yield block or self._one_by_one()

    def _fill(self, size: int) -> None:
        parts, held = [self._held], len(self._held)
        while held < size and not self._is_exhausted:
            piece = next(self._pieces, None)
            self._is_exhausted = piece is None
            parts.append(piece or b"")
            held += len(parts[-1])
        self._held = b"".join(parts)

    def _consume(self, size: int) -> None:
        self._held = self._held[size:]
        self._offset += size

    def _block(self) -> Block | None:
        """Consume the complete features in the held text; None if none of the tried cuts parses."""
        first = _FIRST_KEY.match(self._held)
        if not first:
            return None
        boundary = re.compile(rb"\}(\s*,\s*)\{\s*" + re.escape(first[1]))
        cuts = [match.span(1) for match in boundary.finditer(self._held, len(self._held) // 2)]
        for start, end in cuts[: -_CUTS_TRIED - 1 : -1]:
            if (block := parse_block(self._held[:start])) is not None:
                self._consume(end)
                return block
        return None

    def _last_block(self) -> Block | None:
        """Consume the features up to a bracket followed only by the end of the collection; None if there is none."""
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
        """Consume the complete features in the held text, reading on until there is at least one."""
        while True:
            texts, problem = self._complete_features()
            if texts or self._is_done:
                return Block([_parse_exactly(text) for text in texts], b",".join(texts))
            if self._is_exhausted or len(self._held) > _MAX_FEATURE_BYTES:
                raise self._failure(problem)
            self._fill(2 * len(self._held) + _BLOCK_BYTES)

    def _complete_features(self) -> tuple[list[bytes], ValueError | None]:
        """Consume complete features; return their texts and the error at the feature after them."""
        text = self._held.decode("latin-1")  # one character per byte keeps the positions of values
        end, texts = 0, []
        try:
            while not self._is_done:
                start = _skip_separators(text, end)
                self._is_done = text[start : start + 1] == "]"
                if not self._is_done:
                    _, end = _DECODER.raw_decode(text, start)
                    texts.append(self._held[start:end])
        except ValueError as error:
            self._consume(end)
            return texts, error
        except RecursionError as error:
            raise TaskFailure(
                "source.format", f"{self._name}: the feature at byte {self._offset + end:,} is nested too deeply"
            ) from error
        return texts, None

    def _failure(self, problem: ValueError | None) -> TaskFailure:
        offset = self._offset + (problem.pos if isinstance(problem, json.JSONDecodeError) else 0)
        if not self._held.strip(b" \t\r\n,"):
            text = f"ends at byte {offset:,} before its features are closed: the download may be truncated"
        else:
            text = f"is not valid GeoJSON at byte {offset:,}: {problem}"
        return TaskFailure("source.format", f"{self._name} {text}")


def parse_block(text: bytes) -> Block | None:
    """Return the values of a comma-separated list, None if the text is not one."""
    try:
        return Block(orjson.loads(b"[" + text + b"]"), text)
    except orjson.JSONDecodeError:
        return None


def _parse_exactly(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # one unusable feature, for example with a number of 5,000 digits


def _skip_separators(text: str, position: int) -> int:
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position


def _ends_object(rest: bytes) -> bool:
    try:
        orjson.loads(b'{"x":0' + rest)
    except orjson.JSONDecodeError:
        return False
    return True
