"""Tilesets, read back by decoders of others: what holds for every kind of geometry, at every zoom."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.features.batch import Points, Shapes
from oa_task.tiles import large_entries, tile_writer
from oa_task.tiles.label import TilesetLabel
from support.vector_tiles import (
    EXTENT,
    TileFeature,
    decode,
    project,
    read_features,
    read_header,
    read_metadata,
    read_tiles,
    shapes_of,
    write,
)

MAX_ZOOM = 14
ONE_UNIT = 1.5
"""A vertex moves by half a unit at most, and the cut at the side of a tile by one more."""
OF_MARK = 2.2
"""A mark of one unit starts at a rounded vertex: half a unit and one, in both directions."""
LARGEST = 0.05
PLACES = st.tuples(st.floats(-179.7, 179.7), st.floats(-70, 70))


@st.composite
def areas(draw: st.DrawFn) -> shapely.Geometry:
    """Return valid areas from less than a unit to many tiles wide, with spikes, holes and several parts."""
    x, y = draw(PLACES)
    size = draw(st.sampled_from((1e-7, 1e-5, 1e-3, 0.02, LARGEST)))
    angles = np.sort(draw(st.lists(st.floats(0, 6.28), min_size=3, max_size=12, unique=True)))
    reaches = np.array(draw(st.lists(st.floats(0.05, 1), min_size=len(angles), max_size=len(angles))))
    ring = np.column_stack((reaches * np.cos(angles), reaches * np.sin(angles))) * size
    shape = shapely.make_valid(shapely.Polygon(ring + np.array((x, y))), method="structure", keep_collapsed=False)
    form = draw(st.integers(0, 4))
    if form == 1:
        shape = shapely.difference(shape, shapely.Point(x, y).buffer(size / 8))
    if form == 2:
        shape = shapely.union(shape, shapely.transform(shape, lambda at: at + 3 * size))
    return shape


@st.composite
def lines(draw: st.DrawFn) -> shapely.Geometry:
    x, y = draw(PLACES)
    size = draw(st.sampled_from((0.0, 1e-7, 1e-4, 0.02, LARGEST)))
    steps = draw(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=9))
    return shapely.LineString(np.array(steps) * size + np.array((x, y)))


def points() -> st.SearchStrategy[shapely.Geometry]:
    return PLACES.map(shapely.Point)


@st.composite
def collections(draw: st.DrawFn) -> shapely.Geometry:
    return shapely.GeometryCollection(draw(st.lists(st.one_of(areas(), lines(), points()), min_size=1, max_size=3)))


GEOMETRIES = st.one_of(
    areas(), lines(), points(), collections(), st.lists(points(), min_size=1).map(shapely.MultiPoint)
)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiles")


def new_folder(parent: Path) -> Path:
    path = parent / str(len(list(parent.iterdir())))
    path.mkdir()
    return path


def list_known(geometries: list[shapely.Geometry | None]) -> list[int]:
    return [number for number, shape in enumerate(geometries) if shape is not None and not shape.is_empty]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(GEOMETRIES, st.none(), st.just(shapely.Polygon())), min_size=1, max_size=5))
def test_tileset_has_every_feature_at_the_highest_zoom_and_something_at_each(
    folder: Path, geometries: list[shapely.Geometry | None]
) -> None:
    if not list_known(geometries):
        return
    path = write(new_folder(folder), shapes_of(geometries))
    features = list(read_features(path))
    numbers = {int(feature.properties["id"]) for feature in features if feature.zoom == MAX_ZOOM}
    assert numbers == set(list_known(geometries))
    assert {feature.zoom for feature in features} == set(range(MAX_ZOOM + 1))
    header = read_header(path)
    assert (header["min_zoom"], header["max_zoom"]) == (0, MAX_ZOOM)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(GEOMETRIES, min_size=1, max_size=5))
def test_tileset_places_are_within_a_unit_of_the_data(folder: Path, geometries: list[shapely.Geometry]) -> None:
    if not list_known(geometries):
        return
    path = write(new_folder(folder), shapes_of(geometries))
    for feature in read_features(path, MAX_ZOOM):
        original = project(geometries[int(feature.properties["id"])], MAX_ZOOM)
        distances = shapely.distance(shapely.points(shapely.get_coordinates(feature.on_world())), original)
        is_mark = feature.geometry.area == 1 or feature.geometry.length == 1
        assert distances.max() <= (OF_MARK if is_mark else ONE_UNIT), feature


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(areas(), min_size=1, max_size=6))
def test_tileset_areas_are_valid_and_turn_as_specified(folder: Path, geometries: list[shapely.Geometry]) -> None:
    if not list_known(geometries):
        return
    path = write(new_folder(folder), shapes_of(geometries))
    for feature in read_features(path):
        assert shapely.is_valid(feature.geometry), (feature, shapely.is_valid_reason(feature.geometry))
        assert feature.geometry.area > 0
        for polygon in shapely.get_parts(feature.geometry):
            # With y to the south, what is clockwise on the screen is counterclockwise for GEOS.
            assert polygon.exterior.is_ccw
            assert not any(hole.is_ccw for hole in polygon.interiors)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(areas(), min_size=1, max_size=4))
def test_tileset_areas_cover_what_the_data_covers(folder: Path, geometries: list[shapely.Geometry]) -> None:
    if not list_known(geometries):
        return
    path = write(new_folder(folder), shapes_of(geometries))
    found = list(read_features(path, MAX_ZOOM))
    for number in list_known(geometries):
        original = project(geometries[number], MAX_ZOOM)
        pieces = [within_tile(feature) for feature in found if feature.properties["id"] == str(number)]
        covered = shapely.union_all(pieces)
        outline = original.boundary.length
        assert shapely.symmetric_difference(covered, original).area <= ONE_UNIT * (outline + 4)


def within_tile(feature: TileFeature) -> shapely.Geometry:
    """Return the geometry without the buffer around the tile, in units of the world."""
    x, y = feature.column * EXTENT, feature.row * EXTENT
    return shapely.intersection(feature.on_world(), shapely.box(x, y, x + EXTENT, y + EXTENT))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(GEOMETRIES, min_size=1, max_size=4))
def test_tileset_twice_has_the_same_bytes(folder: Path, geometries: list[shapely.Geometry]) -> None:
    if list_known(geometries):
        first, second = (write(new_folder(folder), shapes_of(geometries)).read_bytes() for _ in range(2))
        assert first == second


def random_points(count: int, width: float = 1.0) -> Points:
    random = np.random.default_rng(7)
    return Points(-122 + random.random(count) * width, 45 + random.random(count) * width)


def test_tileset_points_are_thinned_evenly_and_stay_from_zoom_to_zoom(tmp_path: Path) -> None:
    count = 20_000
    data = random_points(count)
    path = write(tmp_path, data)
    by_zoom: dict[int, set[int]] = {}
    for feature in read_features(path):
        by_zoom.setdefault(feature.zoom, set()).add(int(feature.properties["id"]))
    assert len(by_zoom[MAX_ZOOM]) == count
    for zoom in range(MAX_ZOOM):
        assert by_zoom[zoom] <= by_zoom[zoom + 1]
        assert len(by_zoom[zoom]) >= 300
    assert len(by_zoom[13]) == pytest.approx(count / 2.5, rel=0.01)
    assert len(by_zoom[12]) == pytest.approx(count / 2.5**2, rel=0.01)
    chosen = np.array(sorted(by_zoom[11]))
    quarter = (data.x[chosen] > -121.5).astype(int) * 2 + (data.y[chosen] > 45.5)
    assert np.bincount(quarter) == pytest.approx(np.full(4, len(chosen) / 4), rel=0.1)


def test_tileset_points_are_in_their_tile(tmp_path: Path) -> None:
    path = write(tmp_path, random_points(3_000))
    for feature in read_features(path):
        (x, y) = shapely.get_coordinates(feature.geometry)[0]
        assert 0 <= x < EXTENT
        assert 0 <= y < EXTENT


def test_most_bytes_is_the_limit_of_half_a_megabyte() -> None:
    assert tile_writer.MOST_BYTES == 500_000


def test_tileset_of_many_features_at_one_place_keeps_the_limit_and_states_what_it_drops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_writer, "MOST_BYTES", 50_000)
    count = 8_000
    random = np.random.default_rng(3)
    texts: list[str | None] = [f"{number:x}" for number in random.integers(0, 1 << 62, count).tolist()]
    path = write(tmp_path, Points(np.full(count, 7.0), np.full(count, 50.0)), {"id": texts})
    assert max(map(len, read_tiles(path).values())) <= 50_000
    shown = sum(1 for _ in read_features(path, MAX_ZOOM))
    assert read_metadata(path)["strategies"][MAX_ZOOM] == {"dropped_as_needed": count - shown}
    assert 1_000 < shown < count


def test_tileset_of_a_line_with_more_vertices_than_a_tile_can_hold_keeps_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_writer, "MOST_BYTES", 30_000)
    random = np.random.default_rng(5)
    path = write(tmp_path, shapes_of([shapely.LineString((10.01, 50.01) + 0.005 * random.random((12_000, 2)))]))
    assert max(map(len, read_tiles(path).values())) <= 30_000
    assert {zoom for zoom, _, _ in read_tiles(path)} == set(range(MAX_ZOOM + 1))


def test_tileset_of_an_area_whose_edges_cross_often_is_valid(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    path = write(tmp_path, shapes_of([shapely.Polygon((10.01, 50.01) + 0.002 * random.random((300, 2)))]))
    found = list(read_features(path))
    assert all(shapely.is_valid(feature.geometry) for feature in found)
    assert {feature.zoom for feature in found} == set(range(MAX_ZOOM + 1))


def test_tileset_of_a_country_ends_at_the_last_zoom_with_few_enough_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_entries, "MOST_PIECES", 2_000)
    path = write(tmp_path, shapes_of([shapely.box(-10, 35, 30, 60)]))
    header = read_header(path)
    tiles = read_tiles(path)
    assert len(tiles) < 4_000
    assert header["min_zoom"] == 0
    assert 7 <= header["max_zoom"] < MAX_ZOOM
    assert max(zoom for zoom, _, _ in tiles) == header["max_zoom"]
    assert header["tile_contents_count"] < len(tiles)


def test_tileset_with_a_country_and_a_town_has_both_in_the_tiles_of_the_town(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_entries, "MOST_PIECES", 2_000)
    path = write(tmp_path, shapes_of([shapely.box(-10, 35, 30, 60), shapely.Point(8.1, 50.2)]))
    assert read_header(path)["max_zoom"] == MAX_ZOOM
    assert {feature.properties["id"] for feature in read_features(path, MAX_ZOOM)} == {"0", "1"}
    assert read_metadata(path)["strategies"][MAX_ZOOM]["dropped_as_needed"] > 0


def test_tileset_feature_across_the_antimeridian_is_on_both_sides(tmp_path: Path) -> None:
    path = write(tmp_path, shapes_of([shapely.box(179.99, 10, 180.01, 10.01)]))
    columns = {feature.column for feature in read_features(path, MAX_ZOOM)}
    assert {0, (1 << MAX_ZOOM) - 1} <= columns
    assert len(columns) < 5


@pytest.mark.parametrize("width", [0.001, 0.1])
@pytest.mark.parametrize("x", [-179.999, -175.0, 175.0, 179.9])
def test_tileset_areas_near_the_antimeridian_are_inside_a_tile_of_every_zoom(
    tmp_path: Path, x: float, width: float
) -> None:
    path = write(tmp_path, shapes_of([shapely.box(x, 0.01, x + width, 0.05), shapely.box(0, 0, 1e-7, 1e-7)]))
    tile = shapely.box(0, 0, EXTENT, EXTENT)
    found = [feature for feature in read_features(path) if feature.properties["id"] == "0"]
    zooms = {feature.zoom for feature in found if shapely.intersects(feature.geometry, tile)}
    assert zooms == {feature.zoom for feature in found}
    assert MAX_ZOOM in zooms


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (180.0, 0.0),
        (-180.0, 0.0),
        (0.0, 90.0),
        (0.0, -90.0),
        (190.0, 10.0),
        (-700.0, 10.0),
        (1e15, 5.0),
        (1e308, -1e308),
    ],
)
def test_tileset_places_beyond_the_map_are_in_a_tile_of_the_map(tmp_path: Path, x: float, y: float) -> None:
    path = write(tmp_path, Points(np.array([x, 1.0]), np.array([y, 1.0])))
    found = list(read_features(path, MAX_ZOOM))
    assert {feature.properties["id"] for feature in found} == {"0", "1"}
    assert all(0 <= feature.column < 1 << MAX_ZOOM and 0 <= feature.row < 1 << MAX_ZOOM for feature in found)


def test_tileset_missing_and_infinite_points_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, Points(np.array([np.nan, np.inf, 7.0]), np.array([np.nan, 1.0, 50.0])))
    assert [feature.properties["id"] for feature in read_features(path, MAX_ZOOM)] == ["2"]


def test_tileset_attributes_keep_their_types(tmp_path: Path) -> None:
    columns: dict[str, list[str | None]] = {
        "row": ["0", "1", "2", "3", "4"],
        "text": ["12", "", "\0null", "ß" * 5_000, None],
        "json": ["12", "-3", "2.5", '"12"', "null"],
        "flag": ["true", "false", '""', "[1]", "123456789012345678901234567890"],
    }
    places = Points(np.linspace(1, 1.001, 5), np.full(5, 2.0))
    path = write(tmp_path, places, columns, encoded=("json", "flag"))
    found: dict[str, dict[str, Any]] = {
        feature.properties["row"]: feature.properties for feature in read_features(path, MAX_ZOOM)
    }
    assert found == {
        "0": {"row": "0", "text": "12", "json": 12, "flag": True},
        "1": {"row": "1", "text": "", "json": -3, "flag": False},
        "2": {"row": "2", "text": "\0null", "json": 2.5, "flag": ""},
        "3": {"row": "3", "text": "ß" * 999 + "…", "json": "12", "flag": "[1]"},
        "4": {"row": "4", "flag": pytest.approx(1.2345678901234568e29)},
    }
    fields = read_metadata(path)["vector_layers"][0]["fields"]
    assert fields == {"flag": "Mixed", "json": "Mixed", "row": "String", "text": "String"}


@pytest.mark.parametrize("neighbor", ["x", "y" * 5_000])
@pytest.mark.parametrize("letters", [1_000, 1_001, 2_000, 400_000])
def test_tileset_long_value_of_any_type_is_cut_and_costs_no_other_feature(
    tmp_path: Path, letters: int, neighbor: str
) -> None:
    text = "".join(map(chr, np.random.default_rng(1).integers(0x4E00, 0x9000, letters).tolist()))
    digits = "7" * letters
    columns: dict[str, list[str | None]] = {
        "row": [str(row) for row in range(6)],
        "text": [text, "\0" + text[1:], neighbor, None, None, None],
        "json": [None, None, json.dumps(text), f'["{text[4:]}"]', digits, "[" * (letters // 2) + "]" * (letters // 2)],
    }
    path = write(tmp_path, Points(np.linspace(1, 1.0001, 6), np.full(6, 2.0)), columns, encoded=("json",))
    found = {feature.properties["row"]: feature.properties for feature in read_features(path, MAX_ZOOM)}
    assert sorted(found) == columns["row"]
    kept = text if letters == 1_000 else text[:999] + "…"
    assert (found["0"]["text"], found["2"]["json"]) == (kept, kept)
    assert found["1"]["text"] == "\0" + kept[1:]
    assert all(len(str(value)) <= 1_000 for feature in found.values() for value in feature.values())


def test_tileset_metadata_name_the_credit_and_no_path(tmp_path: Path) -> None:
    label = TilesetLabel("OpenAddresses addresses", "Town &amp; County")
    path = write(tmp_path, Points(np.array([1.0]), np.array([2.0])), {"number": ["1"]}, label=label)
    metadata = read_metadata(path)
    assert metadata["name"] == "OpenAddresses addresses"
    assert metadata["attribution"] == "Town &amp; County"
    assert str(tmp_path) not in str(metadata)
    (layer,) = metadata["vector_layers"]
    assert (layer["id"], layer["minzoom"], layer["maxzoom"]) == ("things", 0, MAX_ZOOM)
    assert layer["fields"] == {"number": "String"}


def test_tileset_bounds_and_center_are_those_of_the_data(tmp_path: Path) -> None:
    path = write(tmp_path, Points(np.array([7.0, 8.0]), np.array([50.0, 51.0])))
    header = read_header(path)
    sides = [header[f"{name}_e7"] / 1e7 for name in ("min_lon", "min_lat", "max_lon", "max_lat")]
    assert sides == pytest.approx([7, 50, 8, 51], abs=1e-5)
    assert header["center_lon_e7"] / 1e7 == pytest.approx(7.5, abs=0.51)
    assert header["clustered"]


def test_tileset_equal_tiles_are_stored_once(tmp_path: Path) -> None:
    path = write(tmp_path, shapes_of([shapely.box(10, 50, 10.5, 50.5)]))
    header = read_header(path)
    assert header["tile_contents_count"] < header["tile_entries_count"] < header["addressed_tiles_count"]
    tiles = read_tiles(path)
    assert len(tiles) == header["addressed_tiles_count"]


def test_tileset_with_more_entries_than_the_root_directory_holds_is_readable(tmp_path: Path) -> None:
    count = 9_000
    random = np.random.default_rng(1)
    path = write(tmp_path, Points(random.uniform(-170, 170, count), random.uniform(-80, 80, count)))
    header = read_header(path)
    assert header["leaf_directory_length"] > 0
    assert header["root_length"] <= 16_384 - 127
    assert len(read_tiles(path)) == header["addressed_tiles_count"]
    assert sum(1 for _ in read_features(path, MAX_ZOOM)) == count


def test_tileset_shows_small_areas_as_marks_where_they_are(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    x, y = 10 + random.random(5_000) * 0.5, 50 + random.random(5_000) * 0.3
    path = write(tmp_path, Shapes(shapely.box(x, y, x + 2e-4, y + 1.5e-4)))
    found = list(read_features(path, 8))
    assert 10 < len(found) < 5_000
    whole = shapely.union_all([feature.on_world() for feature in found])
    expected = project(shapely.box(10, 50, 10.5, 50.3), 8)
    assert shapely.covers(expected.buffer(8), whole)
    covered = sum(project(shapely.box(*box), 8).area for box in np.column_stack((x, y, x + 2e-4, y + 1.5e-4)))
    assert sum(feature.geometry.area for feature in found) == pytest.approx(covered, rel=0.2)


def test_decode_reads_what_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, Points(np.array([0.0]), np.array([0.0])), {"name": ["x"]})
    (feature,) = decode(gzip.decompress(read_tiles(path)[0, 0, 0]), 0, 0, 0)
    assert feature.geometry == shapely.Point(2048, 2048)


def test_tileset_of_points_without_attributes_or_with_nulls_only_is_readable(tmp_path: Path) -> None:
    path = write(new_folder(tmp_path), Points(np.array([1.0]), np.array([2.0])), {"name": ["null"]}, encoded=("name",))
    (feature,) = read_features(path, MAX_ZOOM)
    assert feature.properties == {}
    assert read_metadata(path)["vector_layers"][0]["fields"] == {}
