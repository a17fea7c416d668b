"""KML in parts: the same rows, columns, geometries, warnings and failures as GDAL's reading of the whole document."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.features.batch import Points
from oa_task.read import ogr
from oa_task.read.kml_outline import PartLimits
from oa_task.read.kml_parts import open_parts
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure
from support.readers import read_files

SMALL = PartLimits(features=3, bytes=400)
KML = '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">'
POINT = "<Point><coordinates>8.5,47.25,400</coordinates></Point>"
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
    "<LinearRing><coordinates>8,47 8.1,47 8.1,47.1 8,47</coordinates></LinearRing>",
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>8,47,0 9,47,0 9,48,0 8,48,0 8,47,0</coordinates></LinearRing>"
    "</outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>8.2,47.2 8.4,47.2 8.4,47.4 8.2,47.2</coordinates>"
    "</LinearRing></innerBoundaryIs></Polygon>",
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>8,47 9,47</coordinates></LinearRing></outerBoundaryIs></Polygon>",
    "<Polygon/>",
    f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>",
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
DATA = (
    '<Data name="NO"><value>7</value></Data>',
    '<Data name="NO"><displayName>Number</displayName><value>8a</value></Data>',
    '<Data name="Straße"><value>Rue de l\'Église</value></Data>',
    '<Data name="name"><value>clash</value></Data>',
    "<Data><value>nameless</value></Data>",
    '<Data name="empty"/>',
    '<Data name="B"><value>1</value></Data><Data name="A"><value>2</value></Data>',
    '<SchemaData schemaUrl="#a"><SimpleData name="NO">9</SimpleData><SimpleData name="SIZE">1.50</SimpleData></SchemaData>',
    '<SchemaData schemaUrl="#b"><SimpleData name="DAY">2020-01-02</SimpleData><SimpleData name="OK">1</SimpleData></SchemaData>',
    '<SchemaData schemaUrl="#missing"><SimpleData name="B">x</SimpleData></SchemaData>',
    '<SchemaData schemaUrl="#none"/>',
    '<SchemaData><SimpleData name="A">y</SimpleData></SchemaData>',
    "<any:thing>1</any:thing>",
)
SCHEMAS = (
    '<Schema name="a" id="a"><SimpleField name="NO" type="int"/><SimpleField name="SIZE" type="float"/></Schema>',
    '<Schema name="b" id="b"><SimpleField name="DAY" type="string"><displayName>Day</displayName></SimpleField>'
    '<SimpleField name="OK" type="bool"/><SimpleField name="S" type="short"/><SimpleField name="U" type="uint"/></Schema>',
    '<Schema id="none"/>',
    '<Schema name="c" id="a"><SimpleField name="C" type="double"/></Schema>',
)
OTHERS = (
    "<NetworkLink><name>n</name><Link><href>http://127.0.0.1:1/a.kml</href></Link></NetworkLink>",
    "<ScreenOverlay><name>legend</name></ScreenOverlay>",
    "<PhotoOverlay><name>p</name></PhotoOverlay>",
    "<gx:Tour><name>t</name></gx:Tour>",
    '<Style id="s"><LineStyle><color>ff0000ff</color></LineStyle></Style>',
    "<visibility>1</visibility>",
    "<!-- <Placemark/> -->",
    "text",
    "<unknown><Placemark/></unknown>",
    '<Style id="t"/><StyleMap id="m"/><styleUrl>#t</styleUrl>',
)
# What makes GDAL read a document as a whole.
RARE = (
    "<GroundOverlay><name>g</name><LatLonBox><north>48</north><south>47</south><east>9</east><west>8</west></LatLonBox>"
    "</GroundOverlay>",
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
class Answer:
    """What a reading gives: columns with their texts, shapes and bad rows, or a failure."""

    columns: dict[str, list[str]]
    names: tuple[str, ...]
    shapes: list[str]
    report: dict[str, Any]
    warnings: set[str]
    failure: str = ""


def read(path: Path, *, whole: bool, **conform: object) -> Answer:
    opening: Callable[[ReadRequest], Any] = (lambda _: None) if whole else partial(open_parts, limits=SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ogr, "open_parts", opening)
        try:
            found = read_files([path], {"format": "xml", **conform})
        except TaskFailure as failure:
            return Answer({}, (), [], {}, set(), f"{failure.code}: {failure}")
    shapes: list[str] = []
    columns: dict[str, list[str]] = {}
    names: tuple[str, ...] = ()
    for batch in found.batches:
        names = batch.available
        for name in batch.columns.columns:
            columns.setdefault(name, []).extend(batch.columns[name].to_list())
        if isinstance(batch.geometry, Points):
            shapes += [f"{x} {y}" for x, y in zip(batch.geometry.x, batch.geometry.y, strict=True)]
        else:
            shapes += [str(shapely.to_wkb(shape, hex=True)) for shape in batch.geometry.array]
    return Answer(columns, names, shapes, found.bad_rows.report(), set(found.bad_rows.warnings))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=DOCUMENTS, layer=st.sampled_from((None, None, 0, 1, "places")))
def test_any_document_reads_as_the_whole_document_does(tmp_path: Path, document: str, layer: object) -> None:
    path = tmp_path / "a.kml"
    path.write_text(document, encoding="utf-8")
    conform = {} if layer is None else {"layer": layer}
    assert read(path, whole=False, **conform) == read(path, whole=True, **conform)
