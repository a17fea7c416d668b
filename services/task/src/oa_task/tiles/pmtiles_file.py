"""PMTiles version 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md), written in the order of tiles.

Equal tiles are stored once, of the first 200,000 different ones.
The order of the file is header, root directory, metadata, leaf directories, tiles.
"""

import json
import shutil
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from isal import igzip_lib
from xxhash import xxh3_128_digest

from oa_shared.json_types import JsonObject
from oa_task.tiles.hilbert import zoom_of
from oa_task.tiles.varints import encode_varints, varint

_HEADER_BYTES = 127
_MAX_ROOT_BYTES = 16_384 - _HEADER_BYTES
_FIRST_LEAF_ENTRIES = 4096
_GZIP, _MVT = 2, 1
_E7 = 10_000_000
_LEVEL = 1
_MOST_REMEMBERED = 200_000
Bounds = tuple[float, float, float, float]


def compress(data: bytes | bytearray | memoryview) -> bytes:
    """Return gzip without a time, so that equal data gives equal bytes."""
    return bytes(igzip_lib.compress(data, _LEVEL, igzip_lib.COMP_GZIP))


def _integers() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class _Entries:
    """The directory: for each run of equal tiles its first ID, the number of tiles, and the place of their bytes."""

    tile_ids: "array[int]" = field(default_factory=_integers)
    runs: "array[int]" = field(default_factory=_integers)
    offsets: "array[int]" = field(default_factory=_integers)
    sizes: "array[int]" = field(default_factory=_integers)

    def add(self, tile_id: int, offset: int, size: int) -> None:
        if self.tile_ids and self.offsets[-1] == offset and self.tile_ids[-1] + self.runs[-1] == tile_id:
            self.runs[-1] += 1
            return
        self.tile_ids.append(tile_id)
        self.runs.append(1)
        self.offsets.append(offset)
        self.sizes.append(size)

    def directory(self, first: int, last: int) -> bytes:
        """Return the entries from `first` to before `last` as a compressed directory."""
        part = slice(first, last)
        return _directory(self.tile_ids[part], self.runs[part], self.offsets[part], self.sizes[part])


class PmtilesFile:
    """Writes tiles, whose IDs must increase, to `path`, which exists when `close` returns."""

    def __init__(self, path: Path, work: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._tiles = work / "tiles.data"
        self._file = self._tiles.open("wb", 1 << 20)
        self._entries = _Entries()
        self._places: dict[bytes, tuple[int, int]] = {}
        self._end = self._contents = 0

    def write(self, tile_id: int, tile: bytes) -> None:
        """Append a compressed tile."""
        digest = xxh3_128_digest(tile)
        place = self._places.get(digest)
        if place is None:
            place = self._end, len(tile)
            if len(self._places) < _MOST_REMEMBERED:
                self._places[digest] = place
            self._file.write(tile)
            self._end += len(tile)
            self._contents += 1
        self._entries.add(tile_id, *place)

    @property
    def zooms(self) -> tuple[int, int]:
        """Return the lowest and the highest zoom with a tile; 0 and 0 without tiles."""
        ids = self._entries.tile_ids
        return (zoom_of(ids[0]), zoom_of(ids[-1])) if ids else (0, 0)

    def close(self, metadata: JsonObject, *, bounds: Bounds, center: tuple[float, float]) -> None:
        """Write the file. `bounds` and `center` are degrees: west, south, east, north; longitude, latitude."""
        self._file.close()
        root, leaves = self._directories()
        described = compress(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
        sections = [len(root), len(described), len(leaves), self._end]
        counts = (sum(self._entries.runs), len(self._entries.runs), self._contents)
        header = _header(sections, counts, zooms=self.zooms, bounds=bounds, center=center)
        with self._part.open("wb") as file, self._tiles.open("rb") as tiles:
            file.write(b"".join((header, root, described, leaves)))
            shutil.copyfileobj(tiles, file, 1 << 20)
        self._tiles.unlink()
        self._part.replace(self._path)

    def abandon(self) -> None:
        """Remove the unfinished files."""
        self._file.close()
        for path in (self._tiles, self._part):
            path.unlink(missing_ok=True)

    def _directories(self) -> tuple[bytes, bytes]:
        """Return the root directory and the leaf directories, as large as the root needs to fit."""
        entries = self._entries
        root = entries.directory(0, len(entries.runs))
        leaf_entries = _FIRST_LEAF_ENTRIES
        leaves: list[bytes] = []
        while len(root) > _MAX_ROOT_BYTES:
            firsts = range(0, len(entries.runs), leaf_entries)
            leaves = [entries.directory(first, first + leaf_entries) for first in firsts]
            sizes = [len(leaf) for leaf in leaves]
            offsets = [end - size for end, size in zip(np.cumsum(sizes).tolist(), sizes, strict=True)]
            root = _directory([entries.tile_ids[first] for first in firsts], [0] * len(sizes), offsets, sizes)
            leaf_entries *= 2
        return root, b"".join(leaves)


def _directory(tile_ids: Sequence[int], runs: Sequence[int], offsets: Sequence[int], sizes: Sequence[int]) -> bytes:
    places, lengths = np.array(offsets, dtype=np.int64), np.array(sizes, dtype=np.int64)
    follows = np.zeros(len(places), dtype=bool)
    follows[1:] = places[1:] == places[:-1] + lengths[:-1]
    ids = np.diff(np.array(tile_ids, dtype=np.int64), prepend=0)
    numbers = np.concatenate([ids, np.array(runs, dtype=np.int64), lengths, np.where(follows, 0, places + 1)])
    if len(numbers) and numbers.max() >= 1 << 32:
        return compress(varint(len(runs)) + b"".join(map(varint, numbers.tolist())))
    return compress(varint(len(runs)) + encode_varints(numbers.astype(np.uint32))[0].tobytes())


def _header(
    sections: list[int],
    counts: tuple[int, int, int],
    *,
    zooms: tuple[int, int],
    bounds: Bounds,
    center: tuple[float, float],
) -> bytes:
    """Return the header; `sections` are the bytes of root directory, metadata, leaf directories and tiles."""
    places: list[int] = []
    for size in sections:
        places += [_HEADER_BYTES if not places else places[-2] + places[-1], size]
    is_clustered = 1
    kinds = (is_clustered, _GZIP, _GZIP, _MVT, *zooms)
    west, south, east, north = (round(side * _E7) for side in bounds)
    middle = (zooms[1], *(round(side * _E7) for side in center))
    return struct.pack("<7sB11Q6B4iB2i", b"PMTiles", 3, *places, *counts, *kinds, west, south, east, north, *middle)
