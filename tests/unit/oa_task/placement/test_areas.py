"""The file of areas: complete, and each area where it belongs."""

import gzip
import importlib.resources
from functools import cache

import numpy as np
import pytest
import shapely

from oa_task.placement.areas import FILE, Area, find_area, list_areas

_STATES, _COUNTIES, _COUNTRIES = 56, 3_220, 235
_MAX_BYTES = 300_000


@cache
def _keys() -> list[str]:
    return [line.split("\t")[0] for line in gzip.decompress(FILE.read_bytes()).decode().splitlines()]


def _has(area: Area, lon: float, lat: float) -> bool:
    return bool(area.is_inside(np.array([lon]), np.array([lat]))[0])


def test_file_has_every_county_state_and_country_once_and_is_small() -> None:
    keys = _keys()
    assert len(keys) == len(set(keys))
    assert sum(len(key) == len("us:36") and key.startswith("us:") for key in keys) >= _STATES
    assert sum(len(key) == len("us:36047") and key.startswith("us:") for key in keys) >= _COUNTIES
    assert sum(key.startswith("iso:") for key in keys) >= _COUNTRIES
    assert FILE.stat().st_size < _MAX_BYTES


@pytest.mark.parametrize(
    ("key", "lon", "lat"),
    [
        ("us:36047", -73.95, 40.65),
        ("us:02016", -176.65, 51.88),  # Adak, near the antimeridian
        ("us:02016", 173.18, 52.85),  # Attu, behind it
        ("us:15003", -157.86, 21.31),
        ("us:72", -66.11, 18.47),
        ("iso:US", -66.11, 18.47),
        ("iso:FJ", 179.36, -16.43),
        ("iso:NZ", -176.56, -43.95),  # the Chatham Islands
        ("iso:FI", 19.94, 60.10),
        ("iso:NO", 15.64, 78.22),
        ("iso:FR", 55.45, -20.88),
        ("iso:DE", 7.89, 54.18),
        ("iso:RU", -169.0, 65.9),
        ("iso:AU", 105.67, -10.49),
        ("iso:NZ", -159.78, -21.21),
        ("iso:UA", 34.1, 44.95),
        ("iso:SO", 44.06, 9.56),
        ("iso:XK", 21.16, 42.66),
        ("iso:RE", 55.45, -20.88),
        ("iso:VA", 12.45, 41.90),
        ("iso:NL", -68.27, 12.15),
        ("iso:JP", 142.19, 27.09),
        ("iso:ES", -15.43, 28.12),
        ("iso:PT", -28.63, 38.53),
        ("iso:EC", -90.31, -0.74),
        ("iso:CL", -109.43, -27.15),
    ],
)
def test_area_includes_its_islands_and_both_sides_of_the_antimeridian(key: str, lon: float, lat: float) -> None:
    area = find_area(key, key)
    assert area is not None
    assert _has(area, lon, lat)


@pytest.mark.parametrize(
    ("key", "lon", "lat"),
    [
        ("us:36047", -75.5, 40.65),
        ("us:36", -80.5, 40.0),
        ("iso:FR", 13.4, 52.5),
        ("iso:US", -99.1, 19.4),
        ("iso:FI", 13.4, 52.5),
    ],
)
def test_area_excludes_what_is_farther_than_its_margin(key: str, lon: float, lat: float) -> None:
    area = find_area(key, key)
    assert area is not None
    assert not _has(area, lon, lat)


def test_counties_are_in_their_states() -> None:
    for key in [key for key in _keys() if len(key) == len("us:36047")][::97]:
        county, state = find_area(key, key), find_area(key[:5], key[:5])
        assert county is not None
        assert state is not None
        center = shapely.centroid(county.shape)
        assert _has(state, center.x, center.y), key


def test_names_of_states_and_counties_are_those_that_checks_without_areas_use() -> None:
    lines = gzip.decompress(importlib.resources.files("oa_shared").joinpath("us_places.tsv.gz").read_bytes()).decode()
    names = dict(line.split("\t") for line in lines.splitlines())
    assert names == {item.key.removeprefix("us:"): item.place for item in list_areas("us:")}
    assert len(names) >= _STATES + _COUNTIES


def test_unknown_key_has_no_area() -> None:
    assert find_area("us:99999", "") is None
    assert find_area("us:3604", "") is None
    assert find_area("iso:U", "") is None


def test_every_code_of_iso_3166_has_an_area() -> None:
    places = importlib.resources.files("oa_api.datasets").joinpath("places.tsv.gz").read_bytes()
    paths = [line.split("\t")[0] for line in gzip.decompress(places).decode().splitlines()]
    codes = {path.upper() for path in paths if len(path) == len("fr")}
    assert len(codes) > _COUNTRIES
    assert {code for code in codes if f"iso:{code}" not in _keys()} == set()
