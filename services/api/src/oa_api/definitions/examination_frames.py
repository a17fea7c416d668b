"""Frames between the API and the process that examines definitions: a JSON header and, in requests, a body of bytes.

A frame is the lengths of both (32 bits each, big endian), then both.
"""

import json
import struct
from collections.abc import Callable
from typing import cast

_LENGTHS = struct.Struct(">II")
# How an examination ends.
DONE, OUT_OF_MEMORY, FAILED = "done", "out of memory", "failed"
LENGTHS_BYTES = _LENGTHS.size
# A reply holds one large definition or many small ones; a longer one is not from our own code.
MAX_FRAME_BYTES = 64 * 1024 * 1024


class BrokenFrameError(Exception):
    """The bytes of a frame are not those of a frame."""


def encode_frame(header: object, body: bytes = b"") -> bytes:
    """Return a frame."""
    head = json.dumps(header).encode()
    return _LENGTHS.pack(len(head), len(body)) + head + body


def decode_lengths(lengths: bytes) -> tuple[int, int]:
    """Return the bytes of the header and of the body. Raises BrokenFrameError."""
    head, body = cast("tuple[int, int]", _LENGTHS.unpack(lengths))
    if head + body > MAX_FRAME_BYTES:
        raise BrokenFrameError(f"a frame of {head + body:,} bytes, limit {MAX_FRAME_BYTES:,} bytes")
    return head, body


def read_frame(read: Callable[[int], bytes]) -> tuple[object, bytes] | None:
    """Return the header and the body of the next frame of a pipe, or None at its end. Raises BrokenFrameError."""
    lengths = read(LENGTHS_BYTES)
    if not lengths:
        return None
    head_bytes, body_bytes = decode_lengths(lengths)
    header: object = json.loads(read(head_bytes))
    return header, read(body_bytes)
