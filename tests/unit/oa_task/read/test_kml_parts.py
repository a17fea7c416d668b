"""KML in parts: the same rows, columns, geometries, warnings and failures as GDAL's reading of the whole document."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Points
from oa_task.read import ogr
from oa_task.read.gdal import pyogrio
from oa_task.read.kml_outline import PartLimits
from oa_task.read.kml_parts import KmlParts, count_placemarks, open_parts
from oa_task.read.request import AllColumns, ReadRequest
from oa_task.runtime.failure import TaskFailure
from support.readers import read_files

SMALL = PartLimits(features=3, bytes=400)
KML = '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">'
POINT = "<Point><coordinates>8.5,47.25,400</coordinates></Point>"
RING = "<LinearRing><coordinates>8,47,0 9,47,0 9,48,0 8,48,0 8,47,0</coordinates></LinearRing>"
HOLE = "<LinearRing><coordinates>8.2,47.2 8.4,47.2 8.4,47.4 8.2,47.2</coordinates></LinearRing>"
OPEN_RING = "<LinearRing><coordinates>8,47 9,47</coordinates></LinearRing>"
OUTER = f"<outerBoundaryIs>{RING}</outerBoundaryIs>"
GEOMETRIES = (
    "",
    POINT,
    "<Point><coordinates>8.5,47.25</coordinates></Point>",
    "<Point><extrude>1</extrude><altitudeMode>absolute</altitudeMode><coordinates>8,47,12.5</coordinates></Point>",
    "<Point><gx:altitudeMode>clampToSeaFloor</gx:altitudeMode><coordinates> 8 , 47 </coordinates></Point>",
    "<Point><coordinates/></Point>",
    "<Point/>",
    "<Point><coordinates>east,north</coordinates></Point>",
    "<LineString><tessellate>1</tessellate><coordinates>8,47 8.1,47.1,5\n8.2,47.2</coordinates></LineString>",
    "<LineString><coordinates>8,47</coordinates></LineString>",
    HOLE,
    f"<Polygon>{OUTER}<innerBoundaryIs>{HOLE}</innerBoundaryIs></Polygon>",
    f"<Polygon><outerBoundaryIs>{OPEN_RING}</outerBoundaryIs></Polygon>",
    "<Polygon/>",
    f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>",
    f"<MultiGeometry><Polygon>{OUTER}</Polygon><Polygon>{OUTER}</Polygon></MultiGeometry>",
    f"<MultiGeometry>{POINT}<LineString><coordinates>8,47 9,48</coordinates></LineString></MultiGeometry>",
    "<MultiGeometry><MultiGeometry/></MultiGeometry>",
    "<Model><Location><longitude>8</longitude><latitude>47</latitude></Location></Model>",
    "<gx:Track><when>2020-01-01</when><gx:coord>8 47 0</gx:coord><gx:coord>8.1 47 0</gx:coord></gx:Track>",
    "<gx:MultiTrack><gx:Track><gx:coord>8 47 0</gx:coord></gx:Track></gx:MultiTrack>",
    f"{POINT}<LineString><coordinates>8,47 9,48</coordinates></LineString>",
)
FIELDS = (
    "<name>12 Main St</name>",
    "<name>Žižkova &amp; <![CDATA[<b>7</b>]]></name>",
    "<name/>",
    "<description><![CDATA[<html><table><tr><td>NO</td><td>7</td></tr></table></html>]]></description>",
    "<description>a <b>bold</b> text</description>",
    "<Snippet maxLines='0'>short</Snippet>",
    "<snippet>short</snippet>",
    "<visibility>0</visibility>",
    "<open>1</open><address>Main St</address>",
    "<TimeStamp><when>2020-05-06T07:08:09Z</when></TimeStamp>",
    "<TimeSpan><begin>2020-01-01</begin><end>2021</end></TimeSpan>",
    "<styleUrl>#s</styleUrl>",
    "<Style><IconStyle><Icon><href>a.png</href></Icon></IconStyle></Style>",
    "<Camera><heading>10</heading><tilt>4</tilt><roll>1</roll></Camera>",
    "<LookAt><longitude>8</longitude></LookAt>",
    "<unknown><Folder><Placemark/></Folder></unknown>",
    "<Placemark><name>inner</name></Placemark>",
    "<!-- </Placemark><Placemark> -->",
    "<?pi </Placemark>?>",
    "<atom:author><atom:name>x</atom:name></atom:author>",
)


def simple(schema: str, **values: str) -> str:
    texts = "".join(f'<SimpleData name="{name}">{value}</SimpleData>' for name, value in values.items())
    return f'<SchemaData schemaUrl="{schema}">{texts}</SchemaData>'


DATA = (
    '<Data name="NO"><value>7</value></Data>',
    '<Data name="NO"><displayName>Number</displayName><value>8a</value></Data>',
    '<Data name="Straße"><value>Rue de l\'Église</value></Data>',
    '<Data name="name"><value>clash</value></Data>',
    "<Data><value>nameless</value></Data>",
    '<Data name="empty"/>',
    '<Data name="B"><value>1</value></Data><Data name="A"><value>2</value></Data>',
    simple("#a", NO="9", SIZE="1.50"),
    simple("#a", NO="nine", SIZE=""),
    simple("#b", DAY="2020-01-02", OK="1", S="3", U="4"),
    simple("#d", D="x"),
    simple("#missing", B="x"),
    simple("#none"),
    '<SchemaData><SimpleData name="A">y</SimpleData></SchemaData>',
    "<any:thing>1</any:thing>",
)


def schema(attributes: str, **types: str) -> str:
    fields = "".join(f'<SimpleField name="{name}" type="{kind}"/>' for name, kind in types.items())
    return f"<Schema {attributes}>{fields}</Schema>"


SCHEMAS = (
    schema('name="a" id="a"', NO="int", SIZE="float"),
    schema('id="b"', DAY="string", OK="bool", S="short", U="uint"),
    schema('id="d"', D="string").replace("/>", "><displayName>Day</displayName></SimpleField>"),
    schema('id="none"'),
    schema('name="c" id="a"', C="double", visibility="int"),
)
OTHERS = (
    "<NetworkLink><name>n</name><Link><href>http://127.0.0.1:1/a.kml</href></Link></NetworkLink>",
    "<ScreenOverlay><name>legend</name></ScreenOverlay>",
    "<PhotoOverlay><name>p</name></PhotoOverlay>",
    "<gx:Tour><name>t</name></gx:Tour>",
    '<Style id="s"><LineStyle><color>ff0000ff</color></LineStyle></Style>',
    '<Style id="t"/><StyleMap id="m"/><styleUrl>#t</styleUrl>',
    "<visibility>1</visibility>",
    "<!-- <Placemark/> -->",
    "text",
    "<unknown><Placemark/></unknown>",
)
# What makes GDAL read a document as a whole.
RARE = (
    "<GroundOverlay><name>g</name><LatLonBox><north>48</north><south>47</south></LatLonBox></GroundOverlay>",
    "<ExtendedData><Data name='X'><value>1</value></Data></ExtendedData>",
    "<Snippet>of a container</Snippet>",
    "<![CDATA[<snippet>]]>",
    "<Schema name='Place' parent='Placemark'><SimpleField name='x' type='int'/></Schema><Place><x>1</x></Place>",
)
NAMES = (
    "",
    "<name>places</name>",
    "<name> Places </name>",
    "<name/>",
    "<name>Lagepläne</name>",
    "<name>a</name><name>b</name>",
)


@st.composite
def placemarks(draw: st.DrawFn) -> str:
    attribute = draw(st.sampled_from(("", "", ' id="p1"', ' id="a&gt;b"')))
    fields = draw(st.lists(st.sampled_from(FIELDS), max_size=3))
    data = draw(st.lists(st.sampled_from(DATA), max_size=3))
    extended = f"<ExtendedData>{''.join(data)}</ExtendedData>" if data else ""
    items = draw(st.permutations([*fields, extended, draw(st.sampled_from(GEOMETRIES))]))
    return f"<Placemark{attribute}>{''.join(items)}</Placemark>"


@st.composite
def containers(draw: st.DrawFn, levels: int = 3) -> str:
    kind = draw(st.sampled_from(("Document", "Folder")))
    rest = st.sampled_from([*OTHERS, *OTHERS, *OTHERS, *SCHEMAS, *RARE])
    items = draw(st.lists(placemarks(), max_size=8))
    for item in draw(st.lists(containers(levels=levels - 1) if levels else rest, max_size=2)) + draw(
        st.lists(rest, max_size=2)
    ):
        items.insert(draw(st.integers(0, len(items))), item)
    body = "\n".join(items)
    return f"<{kind}>{draw(st.sampled_from(NAMES))}{body}</{kind}>"


DOCUMENTS = st.builds(
    lambda schemas, body: f"{KML}{body.replace('>', '>' + ''.join(schemas), 1)}</kml>",
    st.lists(st.sampled_from(SCHEMAS), max_size=3),
    containers(),
)


@dataclass(frozen=True)
class WholeAnswer:
    """What a reading gives: columns with their texts, shapes and bad rows, or a failure."""

    columns: dict[str, list[str]]
    available: tuple[str, ...]
    reals: frozenset[str]
    shapes: list[str]
    report: dict[str, Any]
    warnings: set[str]
    failure: str = ""


def read(path: Path, opening: Callable[[ReadRequest, ExitStack], KmlParts | None], **conform: object) -> WholeAnswer:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ogr, "open_parts", opening)
        try:
            found = read_files([path], {"format": "xml", **conform})
        except TaskFailure as failure:
            return WholeAnswer({}, (), frozenset(), [], {}, set(), f"{failure.code}: {failure}")
    shapes: list[str] = []
    columns: dict[str, list[str]] = {}
    available: tuple[str, ...] = ()
    reals = frozenset[str]()
    for batch in found.batches:
        available, reals = batch.available, batch.real_columns
        for name in batch.columns.columns:
            columns.setdefault(name, []).extend(batch.columns[name].to_list())
        if isinstance(batch.geometry, Points):
            shapes += [f"{x} {y}" for x, y in zip(batch.geometry.x, batch.geometry.y, strict=True)]
        else:
            shapes += [str(shapely.to_wkb(shape, hex=True)) for shape in batch.geometry.array]
    warnings = set(found.bad_rows.warnings)
    return WholeAnswer(columns, available, reals, shapes, found.bad_rows.report(), warnings)


def read_both(path: Path, limits: PartLimits = SMALL, **conform: object) -> tuple[WholeAnswer, int]:
    """Return what is read in parts, equal to what GDAL reads as a whole, and how many readings were in parts."""
    opened: list[KmlParts] = []

    def open_small(request: ReadRequest, stack: ExitStack) -> KmlParts | None:
        parts = open_parts(request, stack, limits)
        opened.extend([parts] if parts else [])
        return parts

    found = read(path, open_small, **conform)
    assert found == read(path, lambda _request, _stack: None, **conform)
    return found, len(opened)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=DOCUMENTS, layer=st.sampled_from((None, None, 0, 1, "places")))
def test_any_document_in_parts_reads_as_the_whole_document_does(tmp_path: Path, document: str, layer: object) -> None:
    path = tmp_path / "a.kml"
    path.write_text(document, encoding="utf-8")
    read_both(path, **({} if layer is None else {"layer": layer}))
    counts = count_placemarks(path, SMALL)
    if counts is not None:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        assert list(counts.items()) == [(name, pyogrio.read_info(path, layer=name)["features"]) for name in names]


def rows(count: int, *, start: int = 0) -> str:
    return "".join(
        f"<Placemark><name>é {number}</name>{POINT}<ExtendedData><Data name='NO'><value>{number}</value></Data>"
        "</ExtendedData></Placemark>"
        for number in range(start, start + count)
    )


ROOTS = {
    "2.0": '<kml xmlns="http://earth.google.com/kml/2.0">',
    "2.1": '<kml xmlns="http://earth.google.com/kml/2.1">',
    "2.2": KML,
    "none": "<kml>",
    "other": "<kml xmlns='http://example.test/'>",
}
ENCODINGS = {
    "plain": ("", "utf-8"),
    "declared": ('<?xml version="1.0" encoding="UTF-8"?>\n', "utf-8"),
    "mark": ("\ufeff", "utf-8"),
    "mark and declared": ('\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', "utf-8"),
    "UTF-16": ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16"),
    "Latin-1": ('<?xml version="1.0" encoding="ISO-8859-1"?>', "latin-1"),
    "Windows": ('<?xml version="1.0" encoding="windows-1252"?>', "cp1252"),
    "comment": ("<?xml version='1.0'?><!-- <kml> --><?pi <kml>?>", "utf-8"),
}


@pytest.mark.parametrize(
    ("root", "encoding"), [*((root, "declared") for root in ROOTS), *(("2.2", encoding) for encoding in ENCODINGS)]
)
def test_any_encoding_and_namespace_reads_in_parts(tmp_path: Path, root: str, encoding: str) -> None:
    prolog, codec = ENCODINGS[encoding]
    path = tmp_path / "a.kml"
    path.write_bytes(f"{prolog}{ROOTS[root]}<Document>{rows(20)}</Document></kml>".encode(codec))
    found, opened = read_both(path)
    assert found.columns["Name"] == [f"é {number}" for number in range(20)]
    assert found.shapes == ["8.5 47.25"] * 20
    assert opened == 1


def test_field_that_a_late_placemark_introduces_is_a_column_of_all_rows(tmp_path: Path) -> None:
    late = "<Placemark><ExtendedData><Data name='LATE'><value>x</value></Data></ExtendedData></Placemark>"
    path = tmp_path / "a.kml"
    path.write_text(f"{KML}<Folder><name>f</name>{rows(20)}{late}{rows(20, start=20)}</Folder></kml>", encoding="utf-8")
    found, opened = read_both(path)
    assert found.columns["LATE"] == [""] * 20 + ["x"] + [""] * 20
    assert opened == 1


LEVELS = "<a>" * 150 + "</a>" * 150
LARGE = f"<description>{'x' * 5_000}</description>"
WHOLE = {
    "entities": f'<!DOCTYPE kml [<!ENTITY a "b">]>{KML}<Document>{rows(20)}<name>&a;</name></Document></kml>',
    "external entity": f'<!DOCTYPE kml SYSTEM "file:///etc/passwd">{KML}<Document>{rows(20)}</Document></kml>',
    "undefined entity": f"{KML}<Document>{rows(20)}<name>&nbsp;</name></Document></kml>",
    "not well-formed": f"{KML}<Document>{rows(20)}<Folder>{rows(3)}</Document></kml>",
    "truncated": f"{KML}<Document>{rows(20)}<Placemark><name>",
    "text after the root": f"{KML}<Document>{rows(20)}</Document></kml> x",
    "two features": f"{KML}<Document>{rows(20)}</Document><Document>{rows(2)}</Document></kml>",
    "no container": f"{KML}{rows(20)}</kml>",
    "another root": f"<Document>{rows(20)}</Document>",
    "prefix": f'<k:kml xmlns:k="http://www.opengis.net/kml/2.2">{rows(20)}</k:kml>',
    "many levels": f"{KML}<Document>{'<Folder>' * 150}{rows(20)}{'</Folder>' * 150}</Document></kml>",
    "levels in a placemark": f"{KML}<Document>{rows(20)}<Placemark>{LEVELS}</Placemark></Document></kml>",
    "missing layer": f"{KML}<Document>{rows(20)}</Document></kml>",
    "many fields": f"{KML}<Document>"
    + "".join(f"<Placemark><ExtendedData><Data name='F{n}'/></ExtendedData></Placemark>" for n in range(100))
    + "</Document></kml>",
}


@pytest.mark.parametrize("kind", WHOLE)
def test_document_that_no_outline_states_is_read_as_a_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.kml"
    path.write_text(WHOLE[kind], encoding="utf-8")
    assert read_both(path, **({"layer": "x"} if kind == "missing layer" else {}))[1] == 0


def test_placemark_larger_than_a_part_is_read(tmp_path: Path) -> None:
    large = f"<Placemark>{LARGE}{POINT}</Placemark>"
    path = tmp_path / "a.kml"
    path.write_text(f"{KML}<Document>{rows(5)}{large}{rows(5, start=5)}{large}</Document></kml>", encoding="utf-8")
    found, opened = read_both(path)
    assert [len(text) for text in found.columns["description"]] == [0] * 5 + [5_000] + [0] * 5 + [5_000]
    assert opened == 1


def test_parts_are_small_whatever_the_length_of_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(f"{KML}<Document><name>d</name>{rows(900)}</Document></kml>", encoding="utf-8")
    limits = PartLimits(features=100, bytes=50_000)
    with ExitStack() as stack:
        parts = open_parts(ReadRequest(path, {"format": "kml"}, AllColumns(), BadRows()), stack, limits)
        assert parts is not None
        sizes = [parts.part_bytes for _ in parts.read_parts(None)]
    assert len(sizes) == 9
    assert max(sizes) < path.stat().st_size / 8
