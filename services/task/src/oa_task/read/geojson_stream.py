"""GeoJSON files of each kind as blocks of features: collections, sequences, single features."""

import json
import re
from collections.abc import Iterator
from itertools import islice

import orjson

from oa_task.features.bad_rows import BadRows
from oa_task.read.geojson_collection import Block, FeatureCollectionReader, parse_block
from oa_task.runtime.failure import TaskFailure

_BLOCK_BYTES = 2 * 1024 * 1024
_MAX_FEATURE_BYTES = 64 * 1024 * 1024
_MAX_HEAD_BYTES = 16 * 1024 * 1024
_FEATURES = re.compile(rb'"features"\s*:\s*\[')
_RECORD_SEPARATOR = b"\x1e"


def feature_blocks(pieces: Iterator[bytes], bad_rows: BadRows, name: str) -> Iterator[Block]:
    """Yield the features of a collection, of a sequence (one per line, or RFC 8142), or of a file with one feature.

    Raises TaskFailure source.format with the byte offset at which the text stops being GeoJSON.
    """
    head, start = _read_head(pieces)
    if start is not None:
        yield from FeatureCollectionReader(pieces, head[start:], name=name, offset=start).blocks()
    elif _is_sequence(head):
        yield from _sequence(pieces, head, bad_rows)
    else:
        yield _single(head, name)


def member_before_features(head: bytes, member: str) -> object:
    """Return a member that comes before the features of the collection, from `head`, the start of the file."""
    start = _features_start(head)
    if start is None:
        return None
    value: object = orjson.loads(head[:start] + b"]}").get(member)
    return value


def member_after_features(tail: bytes, member: str) -> object:
    """Return a member that comes after the features of the collection, from `tail`, the end of the file."""
    for match in reversed(list(re.finditer(rb'"%s"\s*:' % member.encode(), tail))):
        try:
            members: dict[str, object] = orjson.loads(b"{" + tail[match.start() :])
        except orjson.JSONDecodeError:
            continue
        return members[member]
    return None


def _read_head(pieces: Iterator[bytes]) -> tuple[bytes, int | None]:
    """Read until the kind of file is known; return the text read, and where the features of a collection start."""
    head = b""
    for piece in pieces:
        head += piece
        start = _features_start(head)
        if start is not None or _is_sequence(head) or len(head) > _MAX_HEAD_BYTES:
            return head, start
    return head, None


def _features_start(head: bytes) -> int | None:
    for match in _FEATURES.finditer(head):
        try:
            orjson.loads(head[: match.end()] + b"]}")
        except orjson.JSONDecodeError:
            continue
        return match.end()
    return None


def _is_sequence(head: bytes) -> bool:
    start = head.lstrip()
    if start.startswith(_RECORD_SEPARATOR):
        return True
    try:
        first = orjson.loads(start.split(b"\n", 1)[0])
    except orjson.JSONDecodeError:
        return False
    return isinstance(first, dict) and first.get("type") == "Feature"


def _sequence(pieces: Iterator[bytes], held: bytes, bad_rows: BadRows) -> Iterator[Block]:
    separator = _RECORD_SEPARATOR if held.lstrip().startswith(_RECORD_SEPARATOR) else b"\n"
    for piece in pieces:
        held += piece
        cut = held.rfind(separator) + 1
        if cut and len(held) >= _BLOCK_BYTES:
            yield _records(held[:cut].split(separator))
            held = held[cut:]
        elif len(held) > _MAX_FEATURE_BYTES:
            raise TaskFailure("source.format", f"the feature in row {bad_rows.rows_read + 1:,} is longer than 64 MiB")
    yield _records(held.split(separator))


def _records(texts: list[bytes]) -> Block:
    """Return the features of the records; a record that is not JSON stays text."""
    filled = [text for text in texts if text.strip(b"\x1e \t\r\n")]
    block = parse_block(b",".join(filled))
    if block is not None and len(block.features) == len(filled):
        return block
    return Block([_value(text) for text in filled], b"null")


def _value(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")


def _single(text: bytes, name: str) -> Block:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise TaskFailure("source.format", f"{name} is not valid GeoJSON at byte {offset:,}: {error}") from error
    if not isinstance(value, dict) or value.get("type") != "Feature":
        kind = f"an object with {', '.join(map(repr, islice(value, 10)))}" if isinstance(value, dict) else "a value"
        start = text[:200].decode("utf-8", "replace")
        raise TaskFailure("source.format", f"{name} has no features; from byte 0 on it is {kind}: {start}")
    return Block([value], text)
