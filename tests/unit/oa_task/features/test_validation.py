import numpy as np
import polars as pl
import pytest
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes, Points, Shapes
from oa_task.features.validation import ValidationCounts, validate
from oa_task.read.crs import lon_lat_points, projection
from oa_task.write.geometry import output_geometry


def address(number: str = "1", street: str = "Main", x: float = 1.0, y: float = 2.0) -> dict[str, bool]:
    frame = pl.DataFrame({"number": [number], "street": [street]})
    verdict = validate(Attributes(frame), Points(np.array([x]), np.array([y])), "addresses")
    return {rule: bool(mask[0]) for rule, mask in verdict.failures.items()}


@pytest.mark.parametrize(
    "number", ["1", "123b", "123 B", "12-14", "12-14A", "6N23", "w350n5337", "5\N{CYRILLIC SMALL LETTER KA}2"]
)
def test_validate_number_of_a_known_form_is_valid(number: str) -> None:
    assert not any(address(number).values())


@pytest.mark.parametrize("number", ["", " ", "Main", "12 1/2", "12345678901", "12bc", "1;2", "-5"])
def test_validate_number_of_an_unknown_form_is_invalid(number: str) -> None:
    assert [rule for rule, failed in address(number).items() if failed] == ["number"]


@pytest.mark.parametrize("street", ["", "  "])
def test_validate_empty_street_is_invalid(street: str) -> None:
    assert [rule for rule, failed in address(street=street).items() if failed] == ["street"]


@pytest.mark.parametrize(
    ("x", "y", "rules"), [(np.nan, np.nan, ["geometry"]), (181, 0, ["range"]), (0, 85.1, ["range"])]
)
def test_validate_point_out_of_range_is_invalid(x: float, y: float, rules: list[str]) -> None:
    assert [rule for rule, failed in address(x=x, y=y).items() if failed] == rules


def test_validate_number_is_normalized() -> None:
    frame = pl.DataFrame({"number": ["123 B", "12A", "7"], "street": ["x"] * 3})
    verdict = validate(Attributes(frame), Points(np.ones(3), np.ones(3)), "addresses")
    assert verdict.numbers is not None
    assert verdict.numbers.to_list() == ["123b", "12a", "7"]


def test_validate_parcels_require_valid_polygons_in_range() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    shapes = np.array([shapely.box(0, 0, 1, 1), None, shapely.Point(1, 1), bow, shapely.box(0, 0, 1, 91)])
    attributes = Attributes(pl.DataFrame({"pid": [""] * 5}))
    verdict = validate(attributes, Shapes(shapes), "parcels")
    counts = ValidationCounts()
    counts.add(verdict)
    assert verdict.is_valid.tolist() == [True, False, False, False, False]
    assert counts.failures == {"geometry": 1, "range": 1, "nowhere": 0, "type": 1, "shape": 1}


@pytest.mark.parametrize(("x", "y"), [(0, 0), (-0.0, 0), (0.00001, -0.00002), (0.001, 0.001), (-0.001, 0)])
def test_validate_address_at_0_0_is_nowhere(x: float, y: float) -> None:
    assert [rule for rule, failed in address(x=x, y=y).items() if failed] == ["nowhere"]


@pytest.mark.parametrize(("x", "y"), [(0, 51.5), (-1, 0), (0.0011, 0), (0, -0.0011), (9, 0)])
def test_validate_address_on_the_equator_or_in_greenwich_is_valid(x: float, y: float) -> None:
    assert not any(address(x=x, y=y).values())


@pytest.mark.parametrize(
    ("layer", "shape", "rules"),
    [
        ("parcels", shapely.box(-0.0001, -0.0001, 0.0001, 0.0001), ["nowhere"]),
        ("parcels", shapely.box(-0.0001, -0.0001, 0.1, 0.1), []),
        ("buildings", shapely.box(0, 0, 0.0001, 0.0001), ["nowhere"]),
        ("centerlines", shapely.LineString([(0, 0), (0.0001, 0)]), ["nowhere"]),
        ("centerlines", shapely.LineString([(0, 0), (0.1, 0)]), []),
        ("parcels", shapely.Point(0, 0), ["nowhere", "type"]),
    ],
)
def test_validate_shape_near_0_0_is_nowhere(layer: str, shape: shapely.Geometry, rules: list[str]) -> None:
    attributes = Attributes(pl.DataFrame({"pid": [""], "name": [""]}))
    verdict = validate(attributes, Shapes(np.array([shape])), layer)
    assert [rule for rule, mask in verdict.failures.items() if mask[0]] == rules


def test_validate_address_from_the_origin_of_another_system_is_nowhere() -> None:
    x, y, rows = np.array([0.0, 0.0, 500_000.0]), np.array([0.0, 5_800_000.0, 5_800_000.0]), np.arange(3)
    points = lon_lat_points(x, y, rows, srs=projection("EPSG:25833"), bad_rows=BadRows())
    frame = pl.DataFrame({"number": ["1"] * 3, "street": ["Main"] * 3})
    verdict = validate(Attributes(frame), output_geometry(points, "addresses"), "addresses")
    assert verdict.failures["nowhere"].tolist() == [True, False, False]
    assert verdict.is_valid.tolist() == [False, True, True]
