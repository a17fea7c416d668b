"""Layers of vector tiles as protobuf (specification 2.1, section 4), many tiles at a time."""

import json
import struct
import sys
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oa_task.tiles.feature_geometry import Commands
from oa_task.tiles.ragged import ragged_indexes
from oa_task.tiles.texts import JSON_MARK, NO_VALUE
from oa_task.tiles.varints import encode_varints, varint, varint_sizes
from oa_task.tiles.world import EXTENT

_LAYER, _VERSION, _NAME, _FEATURE, _KEY, _VALUE, _EXTENT = 0x1A, b"\x78\x02", 0x0A, 0x12, 0x1A, 0x22, 0x28
_TAGS, _KIND, _GEOMETRY = 0x12, 0x18, 0x22
_TEXT, _DOUBLE, _UNSIGNED, _SIGNED, _BOOLEAN = 0x0A, 0x19, 0x28, 0x30, 0x38
_MOST = 1 << 63


@dataclass(frozen=True, slots=True)
class LayerEncoder:
    """Encodes the tiles of a layer with a name and the keys of its attributes."""

    name: str
    keys: tuple[str, ...]

    def encode(self, tiles: np.ndarray, kinds: np.ndarray, commands: Commands, columns: list[pa.Array]) -> list[bytes]:
        """Return the layer of each tile.

        `tiles` has the number of each feature's tile, increasing from 0 without gaps; `columns` has an array of
        oa_task.tiles.texts for each key, with a value for each feature.
        """
        count = int(tiles[-1]) + 1
        tags = _Tags.of(columns, tiles, count)
        features, starts = _encode_features(kinds, commands, tags)
        bounds = starts[np.searchsorted(tiles, np.arange(count + 1))]
        head = bytes([_NAME]) + _with_size(self.name.encode())
        tail = b"".join(bytes([_KEY]) + _with_size(key.encode()) for key in self.keys)
        end = bytes([_EXTENT]) + varint(EXTENT) + _VERSION
        layers = []
        for tile in range(count):
            body = b"".join(
                (head, features[bounds[tile] : bounds[tile + 1]], tail, tags.values_of(tile), end),
            )
            layers.append(bytes([_LAYER]) + _with_size(body))
        return layers


@dataclass(frozen=True, slots=True)
class _Tags:
    """The tags of features one after the other, how many each has, and the values to which they point by tile."""

    numbers: np.ndarray
    counts: np.ndarray
    values: memoryview
    value_ends: np.ndarray
    firsts: np.ndarray

    @classmethod
    def of(cls, columns: list[pa.Array], tiles: np.ndarray, count: int) -> "_Tags":
        """Return the tags; equal values of a tile are stored once, whatever their key."""
        size = len(tiles)
        if not columns:
            nothing = np.zeros(count + 1, dtype=np.int64)
            return cls(np.empty(0, np.uint32), np.zeros(size, np.int64), memoryview(b""), nothing, nothing)
        coded = pa.concat_arrays(columns).dictionary_encode()
        codes = coded.indices.to_numpy().astype(np.int64)
        different: int = len(coded.dictionary)
        has_value = codes != _code_of_nothing(coded.dictionary)
        keys = np.tile(tiles, len(columns)) * different + codes
        local, unique = _rank_in_tiles(keys[has_value], np.tile(tiles, len(columns))[has_value], different, count)
        encoded = _encode_values(coded.dictionary).take(pa.array(unique % different))
        ends = np.frombuffer(encoded.buffers()[1], dtype=np.int64)[: len(unique) + 1]
        pairs = np.full((size, len(columns), 2), 0, dtype=np.uint32)
        pairs[:, :, 0] = np.arange(len(columns))
        placed = np.zeros(len(codes), dtype=np.uint32)
        placed[has_value] = local
        pairs[:, :, 1] = placed.reshape(len(columns), size).T
        stays = has_value.reshape(len(columns), size).T
        numbers = pairs.reshape(-1) if has_value.all() else pairs[stays].reshape(-1)
        firsts = np.searchsorted(unique, np.arange(count + 1, dtype=np.int64) * different)
        data = encoded.buffers()[2]
        return cls(numbers, 2 * stays.sum(axis=1), memoryview(data if data is not None else b""), ends, firsts)

    def values_of(self, tile: int) -> memoryview:
        """Return the encoded values of a tile."""
        first, last = self.firsts[tile], self.firsts[tile + 1]
        return self.values[self.value_ends[first] : self.value_ends[last]]


def _rank_in_tiles(keys: np.ndarray, tiles: np.ndarray, different: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each key among the different keys of its tile, and the sorted different keys.

    Sorting the key and the place of each value as one number is several times as fast as sorting with indexes.
    """
    bits = max(len(keys) - 1, 1).bit_length()
    if (count * different).bit_length() + bits > 63:  # noqa: PLR2004 - the bits of a number
        unique, ranks = np.unique(keys, return_inverse=True)
    else:
        packed = np.sort(keys << bits | np.arange(len(keys)))
        ordered = packed >> bits
        is_new = np.diff(ordered, prepend=-1) != 0
        unique = ordered[is_new]
        ranks = np.empty(len(keys), dtype=np.int64)
        ranks[packed & ((1 << bits) - 1)] = np.cumsum(is_new) - 1
    firsts = np.searchsorted(unique, np.arange(count, dtype=np.int64) * different)
    return ranks - firsts[tiles], unique


def _code_of_nothing(dictionary: pa.Array) -> int:
    code: int = pc.index(dictionary, pa.scalar(NO_VALUE.encode(), dictionary.type)).as_py()
    return code


def _encode_features(kinds: np.ndarray, commands: Commands, tags: _Tags) -> tuple[memoryview, np.ndarray]:
    """Return the bytes of all features, and where each starts, with the end of the last."""
    geometry, counts = commands
    tag_bytes, geometry_bytes = _sum_sizes(tags.numbers, tags.counts), _sum_sizes(geometry, counts)
    sizes = 4 + varint_sizes(tag_bytes) + tag_bytes + varint_sizes(geometry_bytes) + geometry_bytes
    ends = np.cumsum(8 + tags.counts + counts)
    places = ends - (8 + tags.counts + counts)
    numbers = np.empty(int(ends[-1]), dtype=np.uint32)
    numbers[places], numbers[places + 1], numbers[places + 2], numbers[places + 3] = _FEATURE, sizes, _TAGS, tag_bytes
    numbers[ragged_indexes(places + 4, tags.counts)] = tags.numbers
    places = places + 4 + tags.counts
    numbers[places], numbers[places + 1], numbers[places + 2] = _KIND, kinds, _GEOMETRY
    numbers[places + 3] = geometry_bytes
    numbers[ragged_indexes(places + 4, counts)] = geometry
    encoded, byte_ends = encode_varints(numbers)
    return memoryview(encoded.tobytes()), np.concatenate(([0], byte_ends[ends - 1]))


def _sum_sizes(numbers: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the bytes of the numbers of each feature."""
    running = np.concatenate(([0], np.cumsum(varint_sizes(numbers))))
    ends = np.cumsum(counts)
    return np.asarray(running[ends] - running[ends - counts])


def _encode_values(dictionary: pa.Array) -> pa.Array:
    """Return each value as a field of a layer, large_binary."""
    if pc.any(pc.starts_with(dictionary, JSON_MARK)).as_py():
        return pa.array([_encode_value(value) for value in dictionary.to_pylist()], pa.large_binary())
    sizes = pc.binary_length(dictionary).to_numpy().astype(np.uint32)
    numbers = np.empty((len(sizes), 4), dtype=np.uint32)
    numbers[:, 0], numbers[:, 2], numbers[:, 3] = _VALUE, _TEXT, sizes
    numbers[:, 1] = sizes + 1 + varint_sizes(sizes)
    heads, ends = encode_varints(numbers.reshape(-1))
    offsets = np.concatenate(([0], ends[3::4]))
    prefixes = pa.Array.from_buffers(pa.large_binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(heads)])
    return pc.binary_join_element_wise(prefixes, dictionary, pa.scalar(b"", pa.large_binary()))


def _encode_value(text: bytes) -> bytes:
    mark = JSON_MARK.encode()
    message = _json_message(json.loads(text[1:])) if text.startswith(mark) else bytes([_TEXT]) + _with_size(text)
    return bytes([_VALUE]) + _with_size(message)


def _json_message(value: object) -> bytes:
    if isinstance(value, bool):
        return bytes([_BOOLEAN, value])
    if isinstance(value, int) and 0 <= value < _MOST:
        return bytes([_UNSIGNED]) + varint(value)
    if isinstance(value, int) and -_MOST < value < 0:
        return bytes([_SIGNED]) + varint(-2 * value - 1)
    if isinstance(value, int | float) and abs(value) <= sys.float_info.max:
        return bytes([_DOUBLE]) + struct.pack("<d", value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return bytes([_TEXT]) + _with_size(text.encode())


def _with_size(data: bytes) -> bytes:
    return varint(len(data)) + data
