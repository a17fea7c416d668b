from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely
from PIL import Image

from oa_task.features.batch import Attributes, Geometry, Points, Shapes
from oa_task.preview.picture import MAP_SIZE, Caption, draw_picture
from oa_task.preview.point_spool import PointSpool, read_chunks
from oa_task.write.lines import OutputBatch, output_batch

GROUND = (246, 244, 239)
CORNER = (90, 96)


def batch(geometry: Geometry) -> OutputBatch:
    return output_batch(Attributes(pl.DataFrame({"pid": [""] * len(geometry)})), geometry, "parcels")


def draw(folder: Path, geometry: Geometry, *, lines: bool = False) -> np.ndarray:
    """Return the mask of blue pixels on the map of a geometry: shape (height, width)."""
    places = PointSpool(folder / "places")
    places.write(batch(geometry))
    places.close()
    draw_picture(read_chunks(folder / "places"), Caption("title", "sub", "foot"), folder / "p.png", lines=lines)
    x, y = CORNER
    pixels = np.array(Image.open(folder / "p.png").convert("RGB"), dtype=int)[y : y + MAP_SIZE[1], x : x + MAP_SIZE[0]]
    return pixels[:, :, 2] - pixels[:, :, 0] > 40


def test_draw_picture_single_point_is_a_dot_in_the_middle(tmp_path: Path) -> None:
    blue = draw(tmp_path, Points(np.array([10.0]), np.array([50.0])))
    rows, columns = np.nonzero(blue)
    assert abs(rows.mean() - MAP_SIZE[1] / 2) < 3
    assert abs(columns.mean() - MAP_SIZE[0] / 2) < 3
    assert 20 < blue.sum() < 200


def test_draw_picture_points_on_both_sides_of_the_antimeridian_are_close(tmp_path: Path) -> None:
    longitudes = np.concatenate([np.linspace(179.5, 180, 50), np.linspace(-180, -179.5, 50)])
    blue = draw(tmp_path, Points(longitudes, np.zeros(100)))
    columns = np.nonzero(blue.any(axis=0))[0]
    assert np.diff(columns).max() < MAP_SIZE[0] / 20


def test_draw_picture_outlier_does_not_shrink_the_others(tmp_path: Path) -> None:
    x = np.append(np.linspace(10, 11, 5000), 0.0)
    blue = draw(tmp_path, Points(x, np.append(np.linspace(50, 51, 5000), 0.0)))
    rows = np.nonzero(blue.any(axis=1))[0]
    assert rows.max() - rows.min() > MAP_SIZE[1] * 0.5


def test_draw_picture_polygon_is_an_outline(tmp_path: Path) -> None:
    blue = draw(tmp_path, Shapes(np.array([shapely.box(10, 50, 10.1, 50.05), None])), lines=True)
    assert not blue[MAP_SIZE[1] // 2, MAP_SIZE[0] // 2]
    assert blue[MAP_SIZE[1] // 2].sum() >= 2
    assert blue.any(axis=0).sum() > MAP_SIZE[0] * 0.5


def test_draw_picture_lines_are_not_connected(tmp_path: Path) -> None:
    shapes = np.array([shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(0, 1), (1, 1)])])
    blue = draw(tmp_path, Shapes(shapes), lines=True)
    assert not blue[MAP_SIZE[1] // 2].any()


@pytest.mark.parametrize("lines", [False, True])
def test_draw_picture_without_geometry_writes_a_picture(tmp_path: Path, *, lines: bool) -> None:
    assert not draw(tmp_path, Points(np.array([np.nan]), np.array([np.nan])), lines=lines).any()


def write_picture(path: Path, pairs: np.ndarray) -> bytes:
    draw_picture([pairs], Caption("title", "sub", "foot"), path, lines=False)
    return path.read_bytes()


@pytest.mark.parametrize("place", [(-89.4, 43.07), (179.9, -16.8), (8.68, 50.11), (-30.0, 30.0)])
def test_same_points_have_the_same_picture(tmp_path: Path, place: tuple[float, float]) -> None:
    pairs = np.array([place])
    assert write_picture(tmp_path / "a.png", pairs) == write_picture(tmp_path / "b.png", pairs)


@pytest.mark.parametrize(
    "pairs", [[(1e6, 1e6)], [(-170, 5), (0, 91), (170, -5)], [(0, 90)], [(200, -400), (-900, 1e5)]]
)
def test_points_off_the_earth_have_a_picture(tmp_path: Path, pairs: list[tuple[float, float]]) -> None:
    assert write_picture(tmp_path / "a.png", np.array(pairs, dtype=float))
