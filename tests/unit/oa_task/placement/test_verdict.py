"""The verdict about the place of data: every kind of fault, with its explanation, and no verdict on true data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from oa_shared.json_types import JsonMapping
from oa_shared.placement import PlacementCode, PlacementProblem
from oa_task.definition.task_entry import TaskEntry
from oa_task.placement.sample import PlaceSample
from oa_task.placement.verdict import judge_placement
from oa_task.read.crs import projection

_BROOKLYN: JsonMapping = {"US Census": {"geoid": "36047"}, "country": "us"}
_HAMBURG: JsonMapping = {"ISO 3166": {"alpha2": "DE-HH"}, "country": "de"}
_Places = tuple[np.ndarray, np.ndarray]


def _entry(coverage: JsonMapping, srs: str | None = None) -> TaskEntry:
    conform: dict[str, object] = {"format": "csv", **({"srs": srs} if srs else {})}
    return TaskEntry("addresses", "x", ("u",), "http", None, conform, {}, coverage=coverage)


def _town(lon: float, lat: float, count: int = 2_000) -> _Places:
    random = np.random.default_rng(7)
    return lon + random.normal(0, 0.03, count), lat + random.normal(0, 0.03, count)


def _judge(places: _Places, entry: TaskEntry) -> list[PlacementProblem]:
    sample = PlaceSample()
    sample.add(np.column_stack((*places, *places)).round(7))
    return list(judge_placement(sample, entry).problems)


def _as_read(places: _Places, written: str, read: str) -> _Places:
    """Return where places appear whose coordinates are of one system and are read as another."""
    raw = Transformer.from_crs("EPSG:4326", written, always_xy=True).transform(*places)
    return projection(read).lon_lat(*raw)


@pytest.mark.parametrize(
    ("coverage", "places", "written", "read", "explanation"),
    [
        (_BROOKLYN, (-73.95, 40.65), "EPSG:2263", "EPSG:2225", "would fit in EPSG:2263"),
        (_BROOKLYN, (-73.95, 40.65), "EPSG:4326", "EPSG:32055", "would fit in EPSG:4326"),
        (_BROOKLYN, (-73.95, 40.65), "EPSG:2263", "EPSG:4326", "would fit in EPSG:2263"),
        (_BROOKLYN, (-73.95, 40.65), "EPSG:26918", "EPSG:26917", "would fit in EPSG:26918"),
        (_HAMBURG, (9.9, 53.5), "EPSG:25832", "EPSG:25833", ""),  # still in Germany or near it
        (_HAMBURG, (9.9, 53.5), "EPSG:25832", "EPSG:32610", "would fit in EPSG:25832"),
        (_HAMBURG, (9.9, 53.5), "EPSG:3857", "EPSG:4326", "would fit in EPSG:3857"),
    ],
)
def test_wrong_reference_system_is_explained_by_the_right_one(
    coverage: JsonMapping, places: tuple[float, float], written: str, read: str, explanation: str
) -> None:
    problems = _judge(_as_read(_town(*places), written, read), _entry(coverage, None if read == "EPSG:4326" else read))
    if explanation:
        assert explanation in problems[-1].message
    assert {problem.code for problem in problems} <= {
        PlacementCode.OFF_EARTH,
        PlacementCode.ONE_SPOT,
        PlacementCode.OUTSIDE_COVERAGE,
    }


def test_degrees_read_as_meters_are_in_one_spot_and_outside() -> None:
    problems = _judge(_as_read(_town(-73.95, 40.65), "EPSG:4326", "EPSG:32055"), _entry(_BROOKLYN, "EPSG:32055"))
    assert [problem.code for problem in problems] == [PlacementCode.ONE_SPOT, PlacementCode.OUTSIDE_COVERAGE]


@pytest.mark.parametrize("srs", [None, "EPSG:4326"])
def test_swapped_coordinates_are_explained(srs: str | None) -> None:
    lon, lat = _town(-73.95, 40.65)
    (problem,) = _judge((lat, lon), _entry(_BROOKLYN, srs))
    assert problem.code is PlacementCode.OUTSIDE_COVERAGE
    assert "would fit if latitude and longitude were swapped" in problem.message
    assert "Kings, New York" in problem.message


def test_swapped_coordinates_of_a_projected_system_are_explained() -> None:
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:2263", always_xy=True).transform(*_town(-73.95, 40.65))
    problems = _judge(projection("EPSG:2263").lon_lat(y, x), _entry(_BROOKLYN, "EPSG:2263"))
    assert "would fit if latitude and longitude were swapped" in problems[-1].message


def test_missing_sign_is_explained() -> None:
    lon, lat = _town(-73.95, 40.65)
    (problem,) = _judge((-lon, lat), _entry(_BROOKLYN))
    assert "would fit if longitudes had the opposite sign" in problem.message


@pytest.mark.parametrize("coverage", [_BROOKLYN, {}])
def test_impossible_latitude_is_off_the_earth(coverage: JsonMapping) -> None:
    lon, lat = _town(-73.95, 40.65)
    (problem,) = _judge((lon, np.full_like(lat, -99.0)), _entry(coverage))
    assert problem.code is PlacementCode.OFF_EARTH


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 4, np.pi / 2])
def test_all_features_on_one_line_are_found_in_any_direction(angle: float) -> None:
    along = np.linspace(0, 0.05, 500)
    places = (-73.97 + along * np.sin(angle), 40.63 + along * np.cos(angle))
    assert [problem.code for problem in _judge(places, _entry(_BROOKLYN))] == [PlacementCode.ONE_LINE]


@pytest.mark.parametrize("count", [1, 99])
def test_few_features_in_one_spot_may_be_one_building(count: int) -> None:
    assert _judge((np.full(count, -73.95), np.full(count, 40.65)), _entry(_BROOKLYN)) == []


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2])
def test_a_share_of_wrong_or_unknown_places_is_no_verdict_on_the_rest(share: float) -> None:
    lon, lat = _town(-73.95, 40.65)
    wrong = int(len(lon) * share)
    lon[:wrong], lat[:wrong] = 0.0, 0.0
    assert _judge((lon, lat), _entry(_BROOKLYN)) == []
    lon[:wrong], lat[:wrong] = 10.0, 50.0
    assert _judge((lon, lat), _entry(_BROOKLYN)) == []


def test_neighboring_counties_and_the_sea_are_inside() -> None:
    for place in [(-74.17, 40.73), (-73.85, 40.85), (-73.95, 40.40), (-73.6, 40.7)]:
        assert _judge(_town(*place), _entry(_BROOKLYN)) == [], place


@settings(max_examples=25, deadline=None)
@given(st.floats(-179, 179), st.floats(-84, 84), st.integers(1, 400))
def test_data_without_a_known_coverage_is_never_outside(lon: float, lat: float, count: int) -> None:
    places = _town(lon, lat, count)
    on_earth = (np.clip(places[0], -180, 180), places[1])
    assert PlacementCode.OUTSIDE_COVERAGE not in {
        problem.code for problem in _judge(on_earth, _entry({"country": "xx"}))
    }


def test_data_without_geometry_has_no_place() -> None:
    assert judge_placement(PlaceSample(), _entry(_BROOKLYN)).as_json() == {
        "bounds": None,
        "coverage": None,
        "problems": [],
    }


@pytest.mark.parametrize("signs", [(-1, 1), (1, -1)])
def test_swapped_coordinates_without_their_sign_are_explained(signs: tuple[int, int]) -> None:
    lon, lat = _town(-73.95, 40.65)
    (problem,) = _judge((lat * signs[0], lon * signs[1]), _entry(_BROOKLYN))
    assert "latitude and longitude were swapped" in problem.message


@pytest.mark.parametrize(("share", "codes"), [(0.45, []), (0.6, [PlacementCode.NO_PLACE])])
@pytest.mark.parametrize("has_zeros", [False, True])
def test_most_features_without_a_place_are_a_problem(
    share: float, codes: list[PlacementCode], *, has_zeros: bool
) -> None:
    lon, lat = _town(-73.95, 40.65, 1_000)
    unknown = int(len(lon) * share)
    sample = PlaceSample()
    sample.add(np.column_stack((lon, lat, lon, lat))[unknown:])
    if has_zeros:
        sample.add(np.zeros((unknown, 4)))
    else:
        sample.add_missing(unknown)
    assert [problem.code for problem in judge_placement(sample, _entry(_BROOKLYN)).problems] == codes


def test_data_of_which_no_feature_has_a_place_is_a_problem() -> None:
    sample = PlaceSample()
    sample.add_missing(500)
    assert [problem.code for problem in judge_placement(sample, _entry({})).problems] == [PlacementCode.NO_PLACE]


@pytest.mark.parametrize("lon", [179.9, -179.9])
def test_distance_of_places_behind_the_antimeridian_is_the_shorter_way(lon: float) -> None:
    ring = [[-lon, 0], [-lon + 0.05, 0], [-lon + 0.05, 1], [-lon, 1], [-lon, 0]]
    coverage = {"geometry": {"type": "Polygon", "coordinates": [ring]}}
    (problem,) = _judge(_town(lon, 5.0), _entry(coverage))
    assert int(problem.message.split("about ")[1].split(" km")[0].replace(",", "")) < 500
