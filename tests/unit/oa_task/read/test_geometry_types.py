"""Every type of geometry in every format that GDAL reads: straight shapes, and no row lost."""

import shutil
import sqlite3
import warnings
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.features.batch import Points
from oa_task.read.wkb_geometry import WkbKind
from oa_task.runtime.failure import TaskFailure
from support.readers import ReadResult, read_files
from support.shapefile_writer import MultiPatch, Patch, Place, write_patches, write_polygons
from support.wkb_writer import Spelling, Tree, encode, square, trees

_FORMATS = {"gpkg": ("a.gpkg", "GPKG"), "shapefile": ("a.shp", "ESRI Shapefile"), "xml": ("a.gml", "GML")}
_DECLARED = ("GEOMETRY", "CURVE", "SURFACE", "COMPOUNDCURVE", "CURVEPOLYGON", "POLYHEDRALSURFACE", "TIN", "TRIANGLE")
_LINES = (WkbKind.CIRCULAR_STRING, WkbKind.COMPOUND_CURVE, WkbKind.MULTI_CURVE)
_AREAS = (WkbKind.CURVE_POLYGON, WkbKind.MULTI_SURFACE)
_GEODATABASE = [
    *((f"MultiLineString{z}", kind) for kind in _LINES for z in ("", " Z")),
    *((f"MultiPolygon{z}", kind) for kind in _AREAS for z in ("", " Z")),
    *(("GeometryCollection Z", kind) for kind in (WkbKind.POLYHEDRAL_SURFACE, WkbKind.TIN)),
]
_LINE = Tree(WkbKind.LINE, (((0.0, 5.0), (10.0, 5.0)),))
_ARC = Tree(WkbKind.CIRCULAR_STRING, (((0.0, 5.0), (5.0, 10.0), (10.0, 5.0)),))


def _write(folder: Path, kind: str, bodies: list[bytes]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    name, driver = _FORMATS[kind]
    numbers = np.array([str(n) for n in range(len(bodies))], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a GeoPackage with surfaces has an extension that is not standard
        pyogrio.raw.write(
            folder / name,
            np.array(bodies, dtype=object),
            [numbers],
            ["NO"],
            geometry_type="Unknown",
            crs="EPSG:25832",
            driver=driver,
        )
    return folder / name


def _shapes(result: ReadResult) -> list[shapely.Geometry | None]:
    found: list[shapely.Geometry | None] = []
    for batch in result.batches:
        geometry = batch.geometry
        is_points = isinstance(geometry, Points)
        found += list(shapely.points(geometry.x, geometry.y) if is_points else geometry.array)
    return found


@pytest.mark.parametrize("dimensions", ["", "Z"])
@pytest.mark.parametrize("kind", list(WkbKind))
@pytest.mark.parametrize("file_format", list(_FORMATS))
@settings(deadline=None, max_examples=3, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_type_in_every_format_is_read(
    tmp_path: Path, file_format: str, kind: WkbKind, dimensions: str, data: st.DataObject
) -> None:
    tree = data.draw(trees(kind).filter(lambda drawn: bool(list(drawn.places()))))
    bodies = [encode(tree, Spelling(dimensions)), *[encode(_LINE, Spelling(dimensions))] * 30]
    try:
        path = _write(tmp_path / "data", file_format, bodies)
    except (pyogrio.errors.FeatureError, pyogrio.errors.DataLayerError):
        assert file_format == "shapefile"
        return
    result = read_files([path], {"format": file_format})
    found = _shapes(result)
    bad = sum(report["count"] for report in result.bad_rows.report().values())
    assert result.bad_rows.warnings == []
    assert bad == 0 or file_format == "xml"  # GDAL reads no degenerate arc, nor an empty curve in another, from GML
    assert len(found) == len(bodies) - bad
    for shape in found:
        assert shape is not None
        assert not shape.is_empty
        assert not shape.has_z
        assert shapely.get_type_id(shape) <= shapely.GeometryType.GEOMETRYCOLLECTION


@pytest.mark.parametrize(("layer_type", "kind"), _GEODATABASE)
@settings(deadline=None, max_examples=2, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_curves_and_patches_of_a_geodatabase_are_read(
    tmp_path: Path, layer_type: str, kind: WkbKind, data: st.DataObject
) -> None:
    tree = data.draw(trees(kind).filter(lambda drawn: len(set(drawn.places())) > 1))  # GDAL writes no degenerate arc
    shutil.rmtree(tmp_path / "a.gdb", ignore_errors=True)
    body = encode(tree, Spelling("Z" if layer_type.endswith("Z") else ""))
    pyogrio.raw.write(
        tmp_path / "a.gdb",
        np.array([body] * 3, dtype=object),
        [np.array(["1", "2", "3"], dtype=object)],
        ["NO"],
        geometry_type=layer_type,
        crs="EPSG:25832",
        driver="OpenFileGDB",
    )
    result = read_files([tmp_path / "a.gdb"], {"format": "gdb"})
    assert result.bad_rows.report() == {}
    assert [shape.is_empty for shape in result.shapes] == [False] * 3


@pytest.mark.parametrize("declared", _DECLARED)
@pytest.mark.parametrize(("z", "m"), [(0, 0), (1, 0), (0, 1), (1, 1), (2, 2)])
def test_layer_of_any_declared_type_opens(tmp_path: Path, declared: str, z: int, m: int) -> None:
    path = _write(tmp_path / "data", "gpkg", [encode(_ARC, Spelling())])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = ?, z = ?, m = ?", (declared, z, m))
    database.close()
    result = read_files([path], {"format": "gpkg"})
    assert [shape.geom_type for shape in result.shapes] == ["LineString"]
    assert result.bad_rows.warnings == []


def test_unreadable_blob_of_a_geopackage_is_a_bad_row(tmp_path: Path) -> None:
    path = _write(tmp_path / "data", "gpkg", [encode(_ARC, Spelling())] * 30)
    header = b"GP\x00\x01" + (25832).to_bytes(4, "little")
    with sqlite3.connect(path) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE a SET geom = ? WHERE fid = 7", (header + encode(_ARC, Spelling())[:-3],))
    database.close()
    result = read_files([path], {"format": "gpkg"})
    assert [n for n, shape in enumerate(result.shapes) if shape is None] == [6]
    (report,) = result.bad_rows.report().values()
    assert report["examples"] == [{"row": 7, "value": "3 bytes are missing"}]


# GML

_GML = (
    '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:a="http://a.example/a">{}'
    "</gml:FeatureCollection>"
)
_MEMBER = '<gml:featureMember><a:f gml:id="f{0}"><a:NO>{0}</a:NO><a:geom>{1}</a:geom></a:f></gml:featureMember>'
_SEGMENTS = '<gml:Curve srsName="EPSG:25832"><gml:segments>{}</gml:segments></gml:Curve>'
_POS = "<gml:posList>0 5 5 10 10 5</gml:posList>"
_HALF = f"<gml:Arc>{_POS}</gml:Arc>"
_CENTER = '<gml:pos>5 5</gml:pos><gml:radius uom="m">5</gml:radius>'
_QUARTER = '<gml:startAngle uom="deg">0</gml:startAngle><gml:endAngle uom="deg">90</gml:endAngle>'
_TRIANGLE = (
    '<gml:Triangle><gml:exterior><gml:LinearRing><gml:posList srsDimension="3">0 0 1 10 0 1 0 10 1 0 0 1</gml:posList>'
    "</gml:LinearRing></gml:exterior></gml:Triangle>"
)
_CURVES = {
    "Arc": (_HALF, np.pi * 5),
    "ArcString": ("<gml:ArcString><gml:posList>0 5 5 10 10 5 15 0 20 5</gml:posList></gml:ArcString>", np.pi * 10),
    "Circle": (f"<gml:Circle>{_POS}</gml:Circle>", np.pi * 10),
    "ArcByCenterPoint": (
        f'<gml:ArcByCenterPoint numArc="1">{_CENTER}{_QUARTER}</gml:ArcByCenterPoint>',
        np.pi * 2.5,
    ),
    "CircleByCenterPoint": (f'<gml:CircleByCenterPoint numArc="1">{_CENTER}</gml:CircleByCenterPoint>', np.pi * 10),
    "a compound": (
        f"{_HALF}<gml:LineStringSegment><gml:posList>10 5 0 5</gml:posList></gml:LineStringSegment>",
        np.pi * 5 + 10,
    ),
}


def _read_gml(folder: Path, *geometries: str) -> ReadResult:
    path = folder / "a.gml"
    path.write_text(_GML.format("".join(_MEMBER.format(n, text) for n, text in enumerate(geometries))))
    return read_files([path], {"format": "xml"})


@pytest.mark.parametrize("name", list(_CURVES))
def test_gml_curve_has_its_length(tmp_path: Path, name: str) -> None:
    segments, length = _CURVES[name]
    unit = "<gml:LineStringSegment><gml:posList>0 0 0 100</gml:posList></gml:LineStringSegment>"
    curve, meter = _read_gml(tmp_path, _SEGMENTS.format(segments), _SEGMENTS.format(unit)).shapes
    metric = shapely.transform(curve, lambda xy: xy * [np.cos(0) * 100 / meter.length, 100 / meter.length])
    assert metric.length == pytest.approx(length, rel=0.02)


@pytest.mark.parametrize("surface", ["TriangulatedSurface", "Tin"])
def test_gml_triangles_are_their_ground(tmp_path: Path, surface: str) -> None:
    text = f'<gml:{surface} srsName="EPSG:25832"><gml:patches>{_TRIANGLE}</gml:patches></gml:{surface}>'
    result = _read_gml(tmp_path, text)
    (shape,) = result.shapes
    assert shape.geom_type == "Polygon"
    assert len(shapely.get_coordinates(shape)) == 4
    assert result.bad_rows.warnings == []


def test_gml_geometry_that_gdal_cannot_read_costs_one_row(tmp_path: Path) -> None:
    line = _SEGMENTS.format(_HALF)
    spline = _SEGMENTS.format("<gml:CubicSpline><gml:posList>0 0 5 5 10 0</gml:posList></gml:CubicSpline>")
    result = _read_gml(tmp_path, *[line] * 30, spline, *[line] * 30)
    assert result.column("NO") == [str(n) for n in range(61) if n != 30]
    (report,) = result.bad_rows.report().values()
    assert report["count"] == 1
    assert "feature 30 f30 cannot be parsed" in report["examples"][0]["value"]
    assert result.bad_rows.rows_read == 61


def test_gml_of_geometries_that_gdal_cannot_read_is_a_failure(tmp_path: Path) -> None:
    spline = _SEGMENTS.format("<gml:CubicSpline><gml:posList>0 0 5 5 10 0</gml:posList></gml:CubicSpline>")
    with pytest.raises(TaskFailure, match="geometry cannot be read") as failure:
        _read_gml(tmp_path, *[_SEGMENTS.format(_HALF), spline] * 5)
    assert failure.value.code == "source.format"


# MultiPatch


def _at(height: float, ring: tuple[tuple[float, float], ...]) -> list[Place]:
    return [(x, y, height) for x, y in ring]


@st.composite
def _buildings(draw: st.DrawFn) -> tuple[MultiPatch, float]:
    """Return the patches of a building of side 10, with or without a courtyard, and the ground that it covers."""
    outline, yard = square(0, 0, 10), square(2, 2, 3)[:: draw(st.sampled_from([1, -1]))]
    rings: MultiPatch = [
        *((Patch.OUTER, _at(9, outline)), (Patch.INNER, _at(9, yard))),
        *((Patch.OUTER, _at(1, outline[::-1])), (Patch.INNER, _at(1, yard[::-1]))),
    ]
    first: MultiPatch = [(Patch.FIRST, _at(9, outline)), (Patch.RING, _at(9, yard))]
    corners = outline[:4]
    fan: MultiPatch = [(Patch.FAN, [(5.0, 5.0, 12.0), *_at(9, outline)])]
    strip: MultiPatch = [(Patch.STRIP, _at(9, (corners[0], corners[3], corners[1], corners[2])))]
    floor: MultiPatch = [(Patch.OUTER, _at(1, outline))]
    walls: MultiPatch = [(Patch.STRIP, [(x, y, z) for x, y in outline for z in (1.0, 9.0)])]
    wall: MultiPatch = [
        (Patch.OUTER, [(0.0, 0.0, 1.0), (0.0, 0.0, 9.0), (10.0, 0.0, 9.0), (10.0, 0.0, 1.0), (0.0, 0.0, 1.0)])
    ]
    body, area = draw(st.sampled_from([(rings, 91.0), (first, 91.0), (fan, 100.0), (strip, 100.0), (floor, 100.0)]))
    extras = draw(st.lists(st.sampled_from([walls, wall]), max_size=2))
    more = draw(st.sampled_from([[], [*fan], [*floor], [*strip]])) if area == 100.0 else []
    parts = draw(st.permutations([tuple(body), *map(tuple, extras), tuple(more)]))
    return [patch for part in parts for patch in part], area


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(buildings=st.lists(_buildings(), min_size=1, max_size=8))
def test_multi_patch_is_the_ground_that_it_covers(tmp_path: Path, buildings: list[tuple[MultiPatch, float]]) -> None:
    path = write_patches(tmp_path / "a.shp", [patches for patches, _ in buildings])
    result = read_files([path], {"format": "shapefile"})
    assert result.bad_rows.report() == {}
    assert [shape.area for shape in result.shapes] == pytest.approx([area for _, area in buildings])
    assert all(shape.is_valid for shape in result.shapes)


# Rings


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_shapefile_rings_of_any_direction_and_order_nest(tmp_path: Path, data: st.DataObject) -> None:
    rings = [square(n, n, 20 - 2 * n) for n in range(data.draw(st.integers(1, 5)))] + [square(30, 0, 5)]
    turned = [ring[:: data.draw(st.sampled_from([1, -1]))] for ring in data.draw(st.permutations(rings))]
    areas = [(-1) ** n * (20 - 2 * n) ** 2 for n in range(len(rings) - 1)]
    (shape,) = read_files([write_polygons(tmp_path / "a.shp", [turned])], {"format": "shapefile"}).shapes
    assert shape.is_valid
    assert shape.area == pytest.approx(sum(areas) + 25)


@pytest.mark.parametrize("dimensions", ["", "Z"])
def test_rings_of_a_geodatabase_nest(tmp_path: Path, dimensions: str) -> None:
    """GDAL takes a hole that turns like a shell for a part, and writes one for a part of a curve polygon."""
    hole = Tree(WkbKind.POLYGON, (square(0, 0, 10)[::-1], square(2, 2, 3)))
    disk = Tree(
        WkbKind.CURVE_POLYGON, parts=(Tree(WkbKind.CIRCULAR_STRING, (((20.0, 0.0), (30.0, 0.0), (20.0, 0.0)),)),)
    )
    body = encode(Tree(WkbKind.MULTI_SURFACE, parts=(disk, hole)), Spelling(dimensions))
    pyogrio.raw.write(
        tmp_path / "a.gdb",
        np.array([body] * 3, dtype=object),
        [np.array(["1", "2", "3"], dtype=object)],
        ["NO"],
        geometry_type=f"MultiPolygon {dimensions}".strip(),
        crs="EPSG:25832",
        driver="OpenFileGDB",
    )
    written = shapely.from_wkb(pyogrio.raw.read(tmp_path / "a.gdb")[2][0])
    assert not written.is_valid
    for shape in read_files([tmp_path / "a.gdb"], {"format": "gdb", "srs": "EPSG:4326"}).shapes:
        assert shape.is_valid
        assert shape.area == pytest.approx(91 + np.pi * 25, rel=0.002)
