"""The header of a PMTiles file states the zooms that have tiles."""

from pathlib import Path

import pytest
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid

from oa_task.tiles.hilbert import first_tile_id, zoom_of
from oa_task.tiles.pmtiles_file import PmtilesFile, compress

_BOUNDS = (-1.0, -2.0, 3.0, 4.0)


@pytest.mark.parametrize("zooms", [(0,), (3, 5), (7,), (14,)])
def test_close_header_has_the_lowest_and_the_highest_zoom_with_a_tile(tmp_path: Path, zooms: tuple[int, ...]) -> None:
    file = PmtilesFile(tmp_path / "a.pmtiles", tmp_path)
    for zoom in zooms:
        file.write(zxy_to_tileid(zoom, 0, 0), compress(b"x"))
    assert file.zooms == (zooms[0], zooms[-1])
    file.close({}, bounds=_BOUNDS, center=(1.0, 1.0))
    with (tmp_path / "a.pmtiles").open("rb") as opened:
        header = Reader(MmapSource(opened)).header()
    assert (header["min_zoom"], header["max_zoom"], header["center_zoom"]) == (zooms[0], zooms[-1], zooms[-1])


@pytest.mark.parametrize("zoom", range(16))
def test_zoom_of_first_and_last_tile_is_their_zoom(zoom: int) -> None:
    for tile in (first_tile_id(zoom), first_tile_id(zoom + 1) - 1):
        assert zoom_of(tile) == tileid_to_zxy(tile)[0] == zoom
