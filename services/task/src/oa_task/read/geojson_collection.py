"""The features of a list of any size, block by block: those of a collection, an array, or one after the other.

The reader cuts a block where the text looks like the end of a feature, and parses it. A list that parses ends with a
value, so a wrong cut never goes unnoticed. Where no cut parses, the reader parses the features one by one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import orjson

from oa_shared.json_types import JsonObject
from oa_task.read.geojson_text import JsonText
from oa_task.runtime.failure import TaskFailure

_BLOCK_BYTES = 2 * 1024 * 1024
_MAX_FEATURE_BYTES = 64 * 1024 * 1024
_CUTS_TRIED = 4
_FIRST_KEY = re.compile(rb'\s*\{\s*("[^"\\]*")')
_SEPARATORS = re.compile(r"[\s,\x1e\0]*")
_DECODER = json.JSONDecoder()
_OPEN = '{"":0'  # the start of an object whose further members are those after the list


class ListEnd(Enum):
    """What ends a list of features: the end of its object, of an array, or of the text."""

    OBJECT = "object"
    ARRAY = "array"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive features, and their text separated by commas; None if their integers of any length are exact."""

    features: list[object]
    text: bytes | None

    def exact(self) -> list[object]:
        """Return the features, parsed so that integers of any length are exact."""
        if self.text is None:
            return self.features
        exact: list[object] = json.loads(b"[" + self.text + b"]")
        return exact


class FeatureListReader:
    """The features of a list from the first one on; `members` are those of its object that come after the list."""

    def __init__(self, text: JsonText, *, name: str, end: ListEnd) -> None:
        self._text = text
        self._name = name
        self._end = end
        self._is_done = False
        self.members: JsonObject = {}

    def blocks(self) -> Iterator[Block]:
        """Yield the features up to the end of the list. Raises TaskFailure source.format with the byte offset."""
        while not self._is_done:
            self._text.fill(_BLOCK_BYTES)
            yield self._fast_block() or self._one_by_one()

    def _fast_block(self) -> Block | None:
        if self._end is ListEnd.TEXT:
            return None
        if not self._text.is_exhausted:
            return self._block()
        return self._last_block() if self._end is ListEnd.OBJECT else None

    def _block(self) -> Block | None:
        """Consume the complete features in the held text; None if none of the tried cuts parses."""
        held = self._text.held
        first = _FIRST_KEY.match(held)
        if not first:
            return None
        boundary = re.compile(rb"\}(\s*,\s*)\{\s*" + re.escape(first[1]))
        cuts = [match.span(1) for match in boundary.finditer(held, len(held) // 2)]
        for start, end in cuts[: -_CUTS_TRIED - 1 : -1]:
            if (block := parse_block(held[:start])) is not None:
                self._text.consume(end)
                return block
        return None

    def _last_block(self) -> Block | None:
        """Consume the features up to a bracket followed only by the end of the collection; None if there is none."""
        held = self._text.held
        cut = len(held)
        for _ in range(_CUTS_TRIED):
            cut = held.rfind(b"]", 0, max(cut, 0))
            members = _members(held[cut + 1 :]) if cut >= 0 else None
            if members is not None and (block := parse_block(held[:cut])) is not None:
                self._is_done, self.members = True, members
                self._text.consume(len(held))
                return block
        return None

    def _one_by_one(self) -> Block:
        """Consume the complete features in the held text, reading on until there is at least one."""
        while True:
            texts, problem = self._complete_features()
            if texts or self._is_done:
                return Block([_parse_exactly(text) for text in texts], None)
            if self._text.is_exhausted or len(self._text.held) > _MAX_FEATURE_BYTES:
                raise self._failure(problem)
            self._text.fill(2 * len(self._text.held) + _BLOCK_BYTES)

    def _complete_features(self) -> tuple[list[bytes], ValueError | None]:
        """Consume complete features; return their texts and the error at the feature after them."""
        held = self._text.held
        text = held.decode("latin-1")  # one character per byte keeps the positions of values
        end, texts = 0, []
        try:
            while not self._is_done:
                start = _skip_separators(text, end)
                if self._is_end(text, start):
                    self._text.consume(start + 1)
                    self._is_done = True
                    self.members = self._read_members() if self._end is ListEnd.OBJECT else {}
                else:
                    _, end = _DECODER.raw_decode(text, start)
                    texts.append(held[start:end])
        except ValueError as error:
            self._text.consume(end)
            return texts, error
        except RecursionError as error:
            raise self._nested_too_deeply(end) from error
        return texts, None

    def _is_end(self, text: str, position: int) -> bool:
        if self._end is ListEnd.TEXT:
            return position == len(text) and self._text.is_exhausted
        return text[position : position + 1] == "]"

    def _read_members(self) -> JsonObject:
        """Consume the end of the object after the list, and return its members."""
        while True:
            held = self._text.held
            try:
                _, end = _DECODER.raw_decode(_OPEN + held.decode("latin-1"))
                members = json.loads(_OPEN.encode() + held[: end - len(_OPEN)])
            except ValueError as error:
                if self._text.is_exhausted or len(held) > _MAX_FEATURE_BYTES:
                    raise self._failure(error, shift=len(_OPEN)) from error
                self._text.fill(2 * len(held) + _BLOCK_BYTES)
            except RecursionError as error:
                raise self._nested_too_deeply(0) from error
            else:
                self._text.consume(end - len(_OPEN))
                return {name: value for name, value in members.items() if name}

    def _nested_too_deeply(self, position: int) -> TaskFailure:
        offset = self._text.offset + position
        return TaskFailure("source.format", f"{self._name}: the feature at byte {offset:,} is nested too deeply")

    def _failure(self, problem: ValueError | None, *, shift: int = 0) -> TaskFailure:
        """Return the failure at the place of a problem; `shift` is the number of bytes before the held text."""
        offset = self._text.offset + (max(problem.pos - shift, 0) if isinstance(problem, json.JSONDecodeError) else 0)
        if not self._text.held.strip(b" \t\r\n,"):
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


def _members(rest: bytes) -> JsonObject | None:
    """Return the members after the list of features if the rest of the text is the end of the collection, else None."""
    try:
        members: JsonObject = orjson.loads(_OPEN.encode() + rest)
    except orjson.JSONDecodeError:
        return None
    members.pop("", None)
    return members


def _parse_exactly(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # one unusable feature, for example with a number of 5,000 digits


def _skip_separators(text: str, position: int) -> int:
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position
