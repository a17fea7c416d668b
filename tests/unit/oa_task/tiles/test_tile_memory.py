"""The memory of tiles: what grows with the number of points, in bytes for each point."""

import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from oa_task.features.batch import Attributes, Points
from oa_task.tiles import entries, tile_writer
from oa_task.tiles.label import TilesetLabel
from oa_task.tiles.spool import SHOWN_ATTRIBUTES, TileSpool
from oa_task.tiles.tileset import write_tileset

FEW, MANY = 50_000, 150_000
BATCH = 25_000
MOST_BYTES_PER_POINT = 48
"""The order of the points takes 4 bytes, their positions 8, the choices of the zooms 11, the tiles of a zoom 8."""


def peak_bytes(points: int, folder: Path) -> int:
    """Return the peak of the memory of Python and numpy while tiles of points are written."""
    random, names = np.random.default_rng(1), SHOWN_ATTRIBUTES["addresses"]
    spool = TileSpool(folder / "spool", names)
    for _ in range(points // BATCH):
        frame = pl.DataFrame({name: (np.arange(BATCH) % 97).astype(str) for name in names})
        spool.write(Attributes(frame), Points(random.random(BATCH) * 2 - 100, random.random(BATCH) + 40))
    spool.close()
    tracemalloc.start()
    try:
        write_tileset({"addresses": spool}, folder / "out.pmtiles", TilesetLabel("test"), work=folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_write_tileset_of_points_needs_little_memory_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Chunks and blocks need the same memory for any number of points.
    monkeypatch.setattr(tile_writer, "_CHUNK_FEATURES", 2_000)
    monkeypatch.setattr(entries, "_BLOCK", 2_000)
    few, many = (tmp_path / str(points) for points in (FEW, MANY))
    grown = peak_bytes(MANY, many) - peak_bytes(FEW, few)
    assert grown / (MANY - FEW) < MOST_BYTES_PER_POINT
