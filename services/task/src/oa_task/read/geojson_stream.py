"""GeoJSON files of each kind as blocks of features: collections, arrays, sequences, single features, and several."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import orjson

from oa_shared.json_types import JsonObject
from oa_task.features.bad_rows import BadRows
from oa_task.read.geojson_collection import Block, FeatureListReader, ListEnd, parse_block
from oa_task.read.geojson_text import JsonText
from oa_task.runtime.failure import TaskFailure

_BLOCK_BYTES = 2 * 1024 * 1024
_MAX_FEATURE_BYTES = 64 * 1024 * 1024
_MAX_HEAD_BYTES = 16 * 1024 * 1024
_FEATURES = re.compile(rb'"features"\s*:\s*\[')
_RECORD_SEPARATOR = b"\x1e"
_SHOWN = 200


@dataclass(slots=True)
class CollectionMembers:
    """The members of a collection besides its features, and the number of features read so far."""

    members: JsonObject = field(default_factory=dict)
    features: int = 0


class GeoJsonStream:
    """The features of a file, and `collections`, one for each collection that it has, complete after the last block."""

    def __init__(self, pieces: Iterator[bytes], bad_rows: BadRows, name: str) -> None:
        self._text = JsonText(pieces)
        self._bad_rows = bad_rows
        self._name = name
        self.collections: list[CollectionMembers] = []

    def blocks(self) -> Iterator[Block]:
        """Yield the features of everything in the file.

        Raises TaskFailure source.format with the byte offset at which the text stops being GeoJSON.
        """
        text, is_first = self._text, True
        while text.skip_blanks() or is_first:
            start = self._read_head()
            if start is not None:
                yield from self._collection(start)
            elif text.held.startswith(b"["):
                text.consume(1)
                yield from self._list(ListEnd.ARRAY)
            elif _is_sequence(text.held):
                yield from self._sequence()
            else:
                self._check_value(is_first=is_first)
                yield from self._list(ListEnd.TEXT)
            is_first = False

    def head(self) -> JsonObject:
        """Return the members of the first collection that come before its features."""
        self._text.skip_blanks()
        start = self._read_head()
        return _head_members(self._text.held, start) if start is not None else {}

    def _read_head(self) -> int | None:
        """Read until the kind of the next value is known; return where the features of a collection start."""
        text = self._text
        while True:
            start = _features_start(text.held)
            # Without its end, the first line may continue with another feature.
            is_line = text.is_exhausted or b"\n" in text.held or text.held.startswith(_RECORD_SEPARATOR)
            is_known = start is not None or text.held.startswith(b"[") or (is_line and _is_sequence(text.held))
            if is_known or text.is_exhausted or len(text.held) > _MAX_HEAD_BYTES:
                return start
            text.fill(len(text.held) + 1)

    def _collection(self, start: int) -> Iterator[Block]:
        collection = CollectionMembers(_head_members(self._text.held, start))
        self.collections.append(collection)
        self._text.consume(start)
        reader = FeatureListReader(self._text, name=self._name, end=ListEnd.OBJECT)
        for block in reader.blocks():
            collection.features += len(block.features)
            yield block
        collection.members |= reader.members

    def _list(self, end: ListEnd) -> Iterator[Block]:
        for block in FeatureListReader(self._text, name=self._name, end=end).blocks():
            yield self._flat(block)

    def _sequence(self) -> Iterator[Block]:
        held = self._text.held
        separator = _RECORD_SEPARATOR if held.startswith(_RECORD_SEPARATOR) else b"\n"
        for piece in self._text.rest():
            held += piece
            cut = held.rfind(separator) + 1
            if cut and len(held) >= _BLOCK_BYTES:
                yield self._flat(_records(held[:cut].split(separator)))
                held = held[cut:]
            elif len(held) > _MAX_FEATURE_BYTES:
                row = self._bad_rows.rows_read + 1
                raise TaskFailure("source.format", f"the feature in row {row:,} is longer than 64 MiB")
        yield self._flat(_records(held.split(separator)))
        self._text.consume(len(self._text.held))

    def _flat(self, block: Block) -> Block:
        """Return a block with the features of each collection in its place."""
        if not any(_is_collection(feature) for feature in block.features):
            return block
        features: list[object] = []
        for value in block.exact():
            if isinstance(value, dict) and isinstance(own := value.get("features"), list):
                members = {name: member for name, member in value.items() if name != "features"}
                self.collections.append(CollectionMembers(members, len(own)))
                features += own
            else:
                features.append(value)
        return Block(features, None)

    def _check_value(self, *, is_first: bool) -> None:
        """Raise TaskFailure source.format unless the text continues with a feature."""
        text, place = self._text.held, f"byte {self._text.offset:,}"
        start = text[:_SHOWN].decode("utf-8", "replace")
        try:
            value, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            problem = str(error) if is_first else f"text follows the features: {start!r}"
            raise TaskFailure("source.format", f"{self._name} is not valid GeoJSON at {place}: {problem}") from error
        if not isinstance(value, dict) or value.get("type") != "Feature":
            kind = f"an object with {', '.join(map(repr, islice(value, 10)))}" if isinstance(value, dict) else "a value"
            what = "has no features" if is_first else "does not continue with features"
            raise TaskFailure("source.format", f"{self._name} {what}; from {place} on it is {kind}: {start}")


def _is_collection(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("features"), list)


def _features_start(head: bytes) -> int | None:
    return next((match.end() for match in _FEATURES.finditer(head) if _opened_object(head[: match.end()])), None)


def _opened_object(head: bytes) -> JsonObject | None:
    """Return the object that a text opens whose last member is a list that begins, None if it opens none."""
    text = head + b"]}"
    try:
        value: JsonObject = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _not_finite_object(text) if b"NaN" in head or b"Infinity" in head else None
    return value


def _not_finite_object(text: bytes) -> JsonObject | None:
    """Return an object with numbers such as NaN, which only Python reads."""
    try:
        value: JsonObject = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _head_members(head: bytes, start: int) -> JsonObject:
    """Return the members before the features; `start` is where these start."""
    members = _opened_object(head[:start]) or {}
    return {name: member for name, member in members.items() if name != "features"}


def _is_sequence(head: bytes) -> bool:
    if head.startswith(_RECORD_SEPARATOR):
        return True
    try:
        first = orjson.loads(head.split(b"\n", 1)[0])
    except orjson.JSONDecodeError:
        return False
    return isinstance(first, dict) and first.get("type") == "Feature"


def _records(texts: list[bytes]) -> Block:
    """Return the features of the records; a record that is not JSON stays text."""
    filled = [text for text in texts if text.strip(b"\x1e \t\r\n\0")]
    block = parse_block(b",".join(filled))
    if block is not None and len(block.features) == len(filled):
        return block
    return Block([_value(text) for text in filled], None)


def _value(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")
