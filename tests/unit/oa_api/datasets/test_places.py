"""Names of places, and the facets by country and region."""

import pytest
from yarl import URL

from oa_api.datasets.facets import make_facets
from oa_api.datasets.places import find_places, place_name
from oa_api.datasets.source_list import RegionRow


@pytest.mark.parametrize(
    ("path", "name"),
    [("fr", "France"), ("us/ca", "California"), ("DE/BE/", "Berlin"), ("us/ca/alameda", ""), ("", ""), ("zz", "")],
)
def test_place_name_is_that_of_a_country_or_region(path: str, name: str) -> None:
    assert place_name(path) == name


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("california", "California"),
        ("CALIFORNIA", "California"),
        ("Alameda County, California", "Alameda, California"),
        ("sao paulo", "São Paulo"),
        ("state of new york", "New York"),
        ("fran", "France"),
    ],
)
def test_find_places_returns_the_best_match_first(text: str, first: str) -> None:
    assert find_places(text, limit=3)[0].name == first


@pytest.mark.parametrize("text", ["", "x", "county", "of the", "zzzz", "alameda nebraska", "%", "\x00"])
def test_find_places_without_a_match_returns_nothing(text: str) -> None:
    assert find_places(text, limit=3) == []


def test_each_county_has_bounds_on_the_globe() -> None:
    counties = find_places("alaska", limit=100)
    assert len(counties) > 20
    for county in counties:
        if county.is_county:
            west, south, east, north = map(float, county.bbox.split(","))
            assert -180 <= west < east <= 180, county
            assert -90 <= south < north <= 90, county


def test_facets_sum_countries_and_keep_the_other_parameters() -> None:
    rows = [RegionRow("us", "", 1), RegionRow("us", "ca", 3), RegionRow("us", "ny", 2), RegionRow("xx", "", 4)]
    facets = make_facets(rows, "us/ca/", URL("/data?layer=parcels&source=us/ca/&cursor=us/ca/a&page=2"))
    assert [(facet.path, facet.name, facet.sources) for facet in facets.countries] == [
        ("us", "United States of America", 6),
        ("xx", "", 4),
    ]
    assert [(facet.path, facet.is_chosen) for facet in facets.regions] == [("us/ca", True), ("us/ny", False)]
    assert facets.regions[1].href == "/data?layer=parcels&source=us/ny/"
    assert facets.everywhere == "/data?layer=parcels"
    assert facets.chosen is facets.countries[0]


def test_facets_without_a_prefix_have_no_regions() -> None:
    facets = make_facets([RegionRow("us", "ca", 3)], None, URL("/data"))
    assert facets.regions == []
    assert facets.everywhere is None
    assert facets.chosen is None
