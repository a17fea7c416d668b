"""The tiles of all zooms: encoded by chunks in two threads, each tile within its limit, written in order."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from oa_task.tiles.hilbert import first_tile_id
from oa_task.tiles.pmtiles_file import PmtilesFile, compress
from oa_task.tiles.thinning import spread
from oa_task.tiles.tile_features import TileFeatures
from oa_task.tiles.tile_layer import TileLayer

MOST_BYTES = 500_000
"""The limit of a compressed tile, that of tippecanoe."""
_MOST_FEATURES = 100_000
_CHUNK_FEATURES = 20_000
_CHUNK_VERTICES = 250_000
_THREADS = 2
_MARGIN = 0.9
_MOST_COARSER = 8
Share = tuple[TileLayer, TileFeatures]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Compressed tiles of a zoom by their positions, and how many features were dropped from them."""

    tiles: list[tuple[int, bytes]]
    dropped: int


class _ChunkQueue:
    """Encodes chunks in threads and writes them to a file in their order; counts the features dropped by zoom."""

    def __init__(self, file: PmtilesFile, pool: ThreadPoolExecutor) -> None:
        self.dropped: list[int] = []
        self._file = file
        self._pool = pool
        self._waiting: deque[tuple[int, Future[_Chunk]]] = deque()

    def start_zoom(self) -> None:
        """Count the features of the next zoom."""
        self.dropped.append(0)

    def put(self, chunk: list[Share]) -> None:
        """Add a chunk of the zoom. While enough chunks are waiting, write the first."""
        zoom = len(self.dropped) - 1
        self._waiting.append((zoom, self._pool.submit(_encode_chunk, chunk, zoom)))
        if len(self._waiting) > _THREADS:
            self._write_first()

    def finish(self) -> None:
        """Write all waiting chunks."""
        while self._waiting:
            self._write_first()

    def _write_first(self) -> None:
        zoom, encoded = self._waiting.popleft()
        chunk = encoded.result()
        for position, tile in chunk.tiles:
            self._file.write(first_tile_id(zoom) + position, tile)
        self.dropped[zoom] += chunk.dropped


def write_zooms(layers: Sequence[TileLayer], file: PmtilesFile, zooms: range) -> list[int]:
    """Write the tiles of zooms from 0 on; return how many features of each zoom did not fit into their tiles.

    Zooms from the first one without a feature on are not in the result.
    """
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1), thread_name_prefix="tiles") as pool:
        queue = _ChunkQueue(file, pool)
        for zoom in zooms:
            if not all(layer.can_overlap for layer in layers):
                queue.finish()
            shares = [(layer, layer.features(zoom)) for layer in layers]
            if not any(len(features) for _, features in shares):
                break
            queue.start_zoom()
            for chunk in _split(shares):
                queue.put(chunk)
        queue.finish()
    return queue.dropped


def _split(shares: list[Share]) -> Iterator[list[Share]]:
    """Yield the features of all layers in chunks of whole tiles."""
    positions = shares[0][1].positions
    if len(shares) > 1:
        positions = np.sort(np.concatenate([features.positions for _, features in shares]))
    size = min(min(_CHUNK_FEATURES, max(1, int(_CHUNK_VERTICES / layer.mean_vertices))) for layer, _ in shares)
    bounds = np.unique(positions[::size])
    firsts = [np.searchsorted(features.positions, bounds) for _, features in shares]
    for number in range(len(bounds)):
        chunk = []
        for (layer, features), starts in zip(shares, firsts, strict=True):
            end = starts[number + 1] if number + 1 < len(bounds) else len(features)
            if end > starts[number]:
                chunk.append((layer, features.select(slice(int(starts[number]), int(end)))))
        yield chunk


def _encode_chunk(shares: list[Share], zoom: int) -> _Chunk:
    shares, dropped = _limit_numbers(shares)
    tiles = []
    for position, layers in sorted(_encode(shares, zoom).items()):
        tile = compress(b"".join(layers)) if len(layers) > 1 else compress(layers[0])
        if len(tile) > MOST_BYTES:
            tile, fewer = _fit(_of_tile(shares, position), zoom, len(tile))
            dropped += fewer
        if tile:
            tiles.append((position, tile))
    return _Chunk(tiles, dropped)


def _encode(shares: list[Share], zoom: int, *, coarser: int = 0) -> dict[int, list[bytes]]:
    """Return the layers of each tile by its position."""
    tiles: dict[int, list[bytes]] = {}
    for layer, features in shares:
        positions, encoded = layer.encode(features, zoom, coarser=coarser)
        for position, data in zip(positions.tolist(), encoded, strict=True):
            tiles.setdefault(position, []).append(data)
    return tiles


def _limit_numbers(shares: list[Share]) -> tuple[list[Share], int]:
    """Return features without those of a tile beyond a number that cannot fit, and how many were left out."""
    limited, dropped = [], 0
    for layer, features in shares:
        _, firsts, counts = np.unique(features.positions, return_index=True, return_counts=True)
        if counts.max() > _MOST_FEATURES:
            chosen = [first + spread(count, _MOST_FEATURES) for first, count in zip(firsts, counts, strict=True)]
            dropped += int(np.maximum(counts - _MOST_FEATURES, 0).sum())
            features = features.select(np.concatenate(chosen))  # noqa: PLW2901 - the same, fewer
        limited.append((layer, features))
    return limited, dropped


def _of_tile(shares: list[Share], position: int) -> list[Share]:
    masks = [(layer, features, features.positions == position) for layer, features in shares]
    return [(layer, features.select(mask)) for layer, features, mask in masks if mask.any()]


def _fit(shares: list[Share], zoom: int, size: int) -> tuple[bytes, int]:
    """Return a tile with evenly fewer features, then with a coarser one, until it fits; and how many were dropped.

    The tile is empty if nothing helps.
    """
    count = sum(len(features) for _, features in shares)
    tile, coarser = b"", 0
    while size > MOST_BYTES:
        if all(len(features) == 1 for _, features in shares):
            coarser += 1
        share = MOST_BYTES / size * _MARGIN
        shares = [
            (layer, features.select(spread(len(features), max(1, int(len(features) * share)))))
            for layer, features in shares
        ]
        layers = [data for tiles in _encode(shares, zoom, coarser=coarser).values() for data in tiles]
        tile = compress(b"".join(layers))
        size = len(tile)
        if size > MOST_BYTES and coarser == _MOST_COARSER:
            return b"", count
    return tile, count - sum(len(features) for _, features in shares)
