"""Protobuf's varints, many at a time."""

import numpy as np

_BITS = 7
_MORE = 128
_MOST_OF_TWO = 1 << 2 * _BITS


def varint_sizes(numbers: np.ndarray) -> np.ndarray:
    """Return the bytes of each number (uint32) as int64."""
    sizes = np.ones(len(numbers), dtype=np.int64)
    for bits in range(_BITS, 32, _BITS):
        longer = numbers >= np.uint32(1 << bits)
        if not longer.any():
            break
        sizes += longer
    return sizes


def encode_varints(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes of numbers (uint32) one after the other, and where each ends."""
    if len(numbers) and numbers.max() < _MOST_OF_TWO:
        return _encode_short(numbers)
    return _encode_long(numbers)


def _encode_short(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the same for numbers of at most two bytes, as nearly all of tiles are, in a quarter of the time."""
    has_two = numbers >= _MORE
    ends = np.cumsum(has_two, dtype=np.int64)
    ends += np.arange(1, len(numbers) + 1)
    encoded = np.empty(int(ends[-1]), dtype=np.uint8)
    # First the last byte of each number, then the first one: a number of one byte has only the latter.
    encoded[ends - 1] = numbers >> np.uint32(_BITS)
    first = (numbers & np.uint32(_MORE - 1)).astype(np.uint8)
    first |= has_two.view(np.uint8) << np.uint8(_BITS)
    encoded[ends - 1 - has_two] = first
    return encoded, ends


def _encode_long(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sizes = varint_sizes(numbers)
    ends = np.cumsum(sizes)
    encoded = np.empty(ends[-1] if len(ends) else 0, dtype=np.uint8)
    places, rest, left = ends - sizes, numbers, sizes
    while len(places):
        is_longer = left > 1
        encoded[places] = (rest & np.uint32(_MORE - 1)) | (is_longer * np.uint32(_MORE))
        places, rest, left = places[is_longer] + 1, rest[is_longer] >> np.uint32(_BITS), left[is_longer] - 1
    return encoded, ends


def varint(number: int) -> bytes:
    """Return one number."""
    encoded = bytearray()
    while number >= _MORE:
        encoded.append(number & (_MORE - 1) | _MORE)
        number >>= _BITS
    encoded.append(number)
    return bytes(encoded)


def zigzag(numbers: np.ndarray) -> np.ndarray:
    """Return signed numbers (int32) as uint32, small ones of either sign as small ones."""
    numbers = numbers.astype(np.int32, copy=False)
    encoded: np.ndarray = (numbers << 1) ^ (numbers >> 31)
    unsigned: np.ndarray = encoded.view(np.uint32)
    return unsigned
