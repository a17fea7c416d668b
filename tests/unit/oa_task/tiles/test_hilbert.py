import numpy as np
from pmtiles.tile import zxy_to_tileid

from oa_task.tiles.hilbert import curve_positions, first_tile_id


def test_curve_positions_are_the_tile_ids_of_pmtiles() -> None:
    random = np.random.default_rng(1)
    for zoom in (0, 1, 2, 5, 14, 20):
        x, y = random.integers(0, 1 << zoom, 200), random.integers(0, 1 << zoom, 200)
        expected = [zxy_to_tileid(zoom, *place) for place in zip(x.tolist(), y.tolist(), strict=True)]
        assert (curve_positions(x, y, zoom) + first_tile_id(zoom)).tolist() == expected


def test_curve_positions_of_a_coarser_grid_are_those_without_two_bits() -> None:
    random = np.random.default_rng(2)
    x, y = random.integers(0, 1 << 12, 500), random.integers(0, 1 << 12, 500)
    assert (curve_positions(x, y, 12) >> 2 == curve_positions(x >> 1, y >> 1, 11)).all()
