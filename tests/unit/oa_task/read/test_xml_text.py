"""GML in every encoding, with bytes that are not text, and damaged."""

from pathlib import Path

import pytest

from oa_task.runtime.failure import TaskFailure
from support.readers import ReadResult, read_files
from support.table_files import ROWS as KML_ROWS
from support.table_files import kml_body

FEATURE = (
    '<gml:featureMember><ogr:a gml:id="a.{number}"><ogr:geom><gml:Point srsName="EPSG:4326"><gml:pos>10 20</gml:pos>'
    "</gml:Point></ogr:geom><ogr:NO>{number}</ogr:NO><ogr:ST>{street}</ogr:ST></ogr:a></gml:featureMember>\n"
)
ROWS = 40


def gml(streets: list[str], declared: str | None, codec: str) -> bytes:
    declaration = f' encoding="{declared}"' if declared else ""
    features = "".join(FEATURE.format(number=number, street=street) for number, street in enumerate(streets))
    root = 'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:ogr="http://ogr.maptools.org/"'
    text = f'<?xml version="1.0"{declaration}?>\n<ogr:FeatureCollection {root}>\n{features}</ogr:FeatureCollection>\n'
    return text.encode(codec)


def read(folder: Path, body: bytes, **conform: object) -> ReadResult:
    path = folder / "a.gml"
    path.write_bytes(body)
    return read_files([path], {"format": "xml", "srs": "EPSG:4326", **conform})


@pytest.mark.parametrize(
    ("codec", "declared", "encoding", "street"),
    [
        ("utf-8", None, None, "улица"),
        ("utf-8", "UTF-8", None, "улица"),
        ("utf-8-sig", None, None, "улица"),
        ("utf-16", "UTF-16", None, "улица"),
        ("latin-1", "ISO-8859-1", None, "Añasco"),
        ("latin-1", "latin1", None, "Añasco"),
        ("ascii", "ascii", None, "Main Street"),
        ("ascii", "US-ASCII", None, "Main Street"),
        ("utf-8", "utf8", None, "улица"),
        ("cp1251", "windows-1251", None, "улица"),
        ("cp1250", "windows-1250", None, "Žižkova"),
        ("euc_kr", "EUC-KR", None, "도로명"),
        ("gbk", "GBK", None, "中山路"),
        ("cp1251", None, "CP1251", "улица"),
        ("cp1251", "UTF-8", "CP1251", "улица"),
        ("utf-8", "ISO-8859-1", "UTF-8", "улица"),
    ],
)
def test_read_any_encoding_is_decoded(
    tmp_path: Path, codec: str, declared: str | None, encoding: str | None, street: str
) -> None:
    conform = {"encoding": encoding} if encoding else {}
    found = read(tmp_path, gml([street] * ROWS, declared, codec), **conform)
    assert found.column("ST") == [street] * ROWS
    assert found.bad_rows.report() == {}


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\x0b", b"\0"])
def test_read_bytes_that_are_not_text_cost_one_row(tmp_path: Path, wrong: bytes) -> None:
    body = gml(["Main"] * ROWS, "UTF-8", "utf-8")
    place = body.index(b"Main", body.index(b"a.17"))
    found = read(tmp_path, body[:place] + wrong + body[place:])
    assert found.column("ST") == ["" if number == 17 else "Main" for number in range(ROWS)]
    ((name, reason),) = found.bad_rows.report().items()
    assert "'ST'" in name
    assert [example["row"] for example in reason["examples"]] == [18]


def test_read_utf8_that_the_definition_calls_otherwise_is_a_warning(tmp_path: Path) -> None:
    found = read(tmp_path, gml(["улица"] * ROWS, None, "utf-8"), encoding="CP1251")
    assert found.bad_rows.warnings == ["a.gml is valid UTF-8, but is read as cp1251; check `conform.encoding`"]


def test_read_xml_that_is_not_well_formed_is_a_failure_with_the_place(tmp_path: Path) -> None:
    body = gml(["Main"] * ROWS, "UTF-8", "utf-8")
    place = body.index(b"<ogr:ST>", body.index(b"a.17"))
    with pytest.raises(TaskFailure, match=r"of 40 rows .* not well-formed XML: mismatched tag: line \d+") as caught:
        read(tmp_path, body[:place] + b"<ogr:XX>" + body[place + 8 :])
    assert caught.value.code == "source.format"


def test_read_xml_whose_texts_hold_a_page_is_no_web_page(tmp_path: Path) -> None:
    """The balloons of KML are HTML; the root element decides what a document is."""
    street = "&lt;html&gt; Main"
    assert read(tmp_path, gml([street, street], "UTF-8", "utf-8")).column("ST") == ["<html> Main"] * 2
    balloon = b"<description><![CDATA[<html><body>x</body></html>]]></description><ExtendedData>"
    body = b"<?xml version='1.0'?>" + kml_body().replace(b"<ExtendedData>", balloon)
    assert len(read(tmp_path, body).rows) == len(KML_ROWS)
