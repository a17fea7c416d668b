"""What the picture shows besides data: land, borders, names, and the small map of a small area."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from oa_task.preview import borders
from oa_task.preview.backdrop import LAND_COLOR, draw_backdrop
from oa_task.preview.frame import Frame
from oa_task.preview.locator import draw_locator
from oa_task.preview.place_names import draw_names, find_names
from oa_task.preview.place_spans import PlaceLayer

SIZE = (540, 360)
KANSAS = Frame(-101, 37.5, -96, 39.5)
LAYERS = (borders.LAND, borders.COUNTRIES, borders.REGIONS, borders.COUNTIES)


def pixels(frame: Frame) -> np.ndarray:
    return np.array(draw_backdrop(frame, SIZE), dtype=int)


def land_share(frame: Frame) -> float:
    """Return the share of pixels that are not water: water is bluer than it is red."""
    picture = pixels(frame)
    return float((picture[:, :, 2] - picture[:, :, 0] < 10).mean())


@pytest.mark.parametrize(
    ("frame", "low", "high"),
    [
        (Frame(-40, 20, -30, 27), 0, 0),
        (KANSAS, 1, 1),
        (Frame(-161, 18.5, -154.5, 22.5), 0.05, 0.4),
        (Frame(176, -20, 183, -15.5), 0.05, 0.4),
        (Frame(49, 36, 55, 47), 0.2, 0.8),
        (Frame(-180, -85, 180, 85), 0.3, 0.6),
    ],
    ids=["ocean", "inland", "islands", "antimeridian", "Caspian", "world"],
)
def test_land_and_water_are_where_they_are(frame: Frame, low: float, high: float) -> None:
    assert low <= land_share(frame) <= high


def test_frame_beyond_the_antimeridian_is_that_on_its_other_side() -> None:
    west, east = Frame(-184, -20, -177, -15.5), Frame(176, -20, 183, -15.5)
    assert (pixels(west) == pixels(east)).all()


@pytest.mark.parametrize(
    "frame",
    [
        Frame(-98, 36.9, -97.8, 37.1),
        Frame(8.9, 49.5, 9.5, 50.1),
        Frame(7.4, 48.4, 8.2, 48.9),
        Frame(-97.7, 37.3, -97, 37.9),
    ],
    ids=["state", "region", "country", "county"],
)
def test_border_is_a_quiet_line(frame: Frame) -> None:
    picture = pixels(frame)
    darker = (picture.max(axis=2) < min(LAND_COLOR) - 15).mean()
    assert 0.001 < darker < 0.1


@pytest.mark.parametrize("layer", LAYERS)
def test_no_piece_leaves_the_cells_next_to_its_own(layer: int) -> None:
    """A frame reads its own cells and those next to them."""
    table, _ = borders._content()
    for _, column, row, start, size in table[table[:, 0] == layer].tolist():
        cell = borders._read_cell(start, size, column, row)
        x, y = cell.points
        assert (column - 1) * 10 <= x.min(), (column, row)
        assert x.max() <= (column + 2) * 10, (column, row)
        assert (row - 1) * 10 <= y.min(), (column, row)
        assert y.max() <= (row + 2) * 10, (column, row)


def test_picture_of_a_town_reads_few_cells() -> None:
    borders._read_cell.cache_clear()
    draw_backdrop(Frame(-72.95, 41.2, -72.5, 41.4), SIZE)
    assert 0 < borders._read_cell.cache_info().misses <= 9 * len(LAYERS)


@pytest.mark.parametrize(
    ("layer", "place", "name"),
    [
        (borders.COUNTIES, (-89.4, 43.07), "Dane"),
        (borders.REGIONS, (-89.4, 43.07), "Wisconsin"),
        (borders.COUNTRIES, (2.35, 47.0), "France"),
        (borders.REGIONS, (9.0, 50.6), "Hessen"),
        (borders.COUNTRIES, (-40, 30), None),
        (borders.COUNTIES, (9.0, 50.6), None),
    ],
)
def test_point_is_in_its_place(layer: int, place: tuple[float, float], name: str | None) -> None:
    found = PlaceLayer(layer, Frame(place[0] - 0.1, place[1] - 0.1, place[0] + 0.1, place[1] + 0.1)).find(*place)
    assert (None if found is None else borders.list_names()[found]) == name


def test_names_are_of_places_in_the_frame() -> None:
    assert {place.name for place in find_names(KANSAS, SIZE)} == {"Kansas"}
    assert {place.name for place in find_names(Frame(-20, 30, 30, 60), SIZE)} >= {"France", "Spain", "Germany"}
    assert find_names(Frame(-40, 20, -39, 21), SIZE) == []


def test_name_is_written_where_it_hides_no_data() -> None:
    for count, is_written in ((0, True), (1, False)):
        image = Image.new("RGB", SIZE, LAND_COLOR)
        draw_names(ImageDraw.Draw(image), (0, 0), KANSAS, np.full(SIZE[::-1], count), [])
        assert (np.array(image) != LAND_COLOR).any() == is_written


def test_names_of_the_file_have_letters_of_the_font() -> None:
    names = borders.list_names()
    assert "France" in names
    assert all(name.isascii() for name in names)


@pytest.mark.parametrize(
    ("frame", "is_shown"),
    [
        (Frame(-89.41, 43.06, -89.39, 43.075), True),
        (Frame(179.95, -16.9, 180.1, -16.8), True),
        (Frame(-40, 20, -39.9, 20.07), False),
        (KANSAS, False),
    ],
    ids=["town", "antimeridian", "ocean", "state"],
)
def test_small_area_has_a_small_map_around_it(frame: Frame, *, is_shown: bool) -> None:
    box = draw_locator(Image.new("RGB", SIZE), (0, 0), frame, np.zeros(SIZE[::-1], dtype=int))
    assert (box is not None) == is_shown


def test_small_map_hides_no_data() -> None:
    frame, counts = Frame(-89.41, 43.06, -89.39, 43.075), np.ones(SIZE[::-1], dtype=int)
    assert draw_locator(Image.new("RGB", SIZE), (0, 0), frame, counts) is None
    counts[:, : SIZE[0] // 2] = 0
    box = draw_locator(Image.new("RGB", SIZE), (0, 0), frame, counts)
    assert box is not None
    assert box[0] < SIZE[0] / 2
