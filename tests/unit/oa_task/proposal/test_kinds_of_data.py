"""`oa init` for the kinds of data that authors meet: the right file and rules, or what it needs, in a sentence."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer
from yarl import URL

from oa_shared.definition_check.findings import Severity
from oa_task.check.definition import check_definition
from oa_task.conversion.data_description import describe_data
from oa_task.conversion.row_inspection import inspect_rows
from oa_task.definition.task_entry import select_entry
from oa_task.proposal.definition_proposal import DefinitionProposal, ProposalOptions, propose_definition
from oa_task.proposal.inspection import DescribedData
from oa_task.proposal.service_urls import refuse_service
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.messages import check_report
from oa_task.sandbox.report_schemas import DescriptionReportSchema
from support.table_files import xlsx_body

_COUNT = 48
# Alameda County, and the system in which the county publishes (feet).
_LON, _LAT, _FEET = -122.27, 37.87, "EPSG:2227"
_STREETS = ("Oak Avenue", "Elm Street", "Ashby Avenue", "University Avenue")
Rows = Sequence[Mapping[str, object]]


def propose(raw: Path, *, layer: str | None = None, source: str | None = None) -> DefinitionProposal:
    report = check_report(
        describe_data(raw, work=raw.parent / "work", is_esri=False, layer=layer), DescriptionReportSchema
    )
    data = DescribedData(f"https://example.org/{raw.name}", "http", report)
    return propose_definition(data, ProposalOptions(source=source, layer=layer))


def conform_first(raw: Path, definition: Any) -> dict[str, Any]:
    """Return the filled attributes of the first row; fail for a finding or a problem of the place."""
    assert [item for item in check_definition(definition) if item.severity is not Severity.HINT] == []
    ((layer, (body,)),) = definition["layers"].items()
    entry = select_entry(definition, layer, body["name"])
    report: Any = inspect_rows([raw], entry, work=raw.parent / "rows", first=1, count=_COUNT)
    assert report["placement"]["problems"] == []
    assert len(report["rows"]) == _COUNT
    return {trace["attribute"]: trace["value"] for trace in report["rows"][0]["attributes"] if trace["value"]}


def _place(number: int) -> tuple[float, float]:
    return round(_LON + number % 8 / 1000, 6), round(_LAT + number // 8 / 1000, 6)


def _addresses() -> Rows:
    return [{"HOUSE_NO": 100 + 3 * n, "ST_NAME": _STREETS[n % 4], "ZIP": f"9470{n % 8}"} for n in range(_COUNT)]


def _parcels() -> Rows:
    return [{"APN": f"055-{n:04}", "OWNER": "x"} for n in range(_COUNT)]


def _points() -> Any:
    return shapely.points([_place(n) for n in range(_COUNT)])


def _areas() -> Any:
    return shapely.buffer(_points(), 0.0003, cap_style="square")


def _write(path: Path, layer: str, shapes: Any, rows: Rows, **options: Any) -> None:
    columns = [np.array([row[name] for row in rows]) for name in rows[0]]
    kind = {0: "Point", 2: "Polygon"}[int(shapely.get_dimensions(shapes[0]))]
    pyogrio.raw.write(
        path, shapely.to_wkb(shapes), columns, list(rows[0]), **{"crs": "EPSG:4326", "layer": layer} | options,
        geometry_type=kind, append=path.exists(),
    )  # fmt: skip


def _two_shapefiles(folder: Path) -> bytes:
    """Return a zip whose larger shapefile has parcels; the names are neutral."""
    _write(folder / "points.shp", "points", _points(), _addresses(), driver="ESRI Shapefile")
    _write(folder / "lots.shp", "lots", _areas(), _parcels(), driver="ESRI Shapefile")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.glob("*.*")):
            archive.write(path, f"export/{path.name}")
    return target.getvalue()


def _two_layers(folder: Path) -> bytes:
    _write(folder / "l.gpkg", "lots", _areas(), _parcels(), driver="GPKG")
    _write(folder / "l.gpkg", "points", _points(), _addresses(), driver="GPKG")
    return (folder / "l.gpkg").read_bytes()


def _two_sheets(_folder: Path) -> bytes:
    rows = [(*row.values(), *_place(n)) for n, row in enumerate(_addresses())]
    sheets = {
        "Readme": (("Addresses of the town",), ("Published 2026",)),
        "Data": (("HOUSE_NO", "ST_NAME", "ZIP", "Longitude", "Latitude"), *rows),
    }
    return xlsx_body(sheets)


@pytest.mark.parametrize(
    ("name", "body", "option"),
    [
        ("a.zip", _two_shapefiles, ("file", "points.shp")),
        ("a.gpkg", _two_layers, ("layer", "points")),
        ("a.xlsx", _two_sheets, ("layer", "Data")),
    ],
)
def test_of_several_files_layers_or_sheets_the_one_with_columns_of_addresses_is_chosen(
    name: str, body: Callable[[Path], bytes], option: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    raw = tmp_path / name
    raw.write_bytes(body(tmp_path / "parts"))
    proposal = propose(raw)
    definition: Any = proposal.definition
    assert definition["layers"]["addresses"][0]["conform"][option[0]] == option[1]
    assert any("the data also has" in remark for remark in proposal.remarks)
    assert conform_first(raw, definition) == {"number": "100", "street": "Oak Avenue", "postcode": "94700"}


@pytest.mark.parametrize(("name", "body"), [("a.zip", _two_shapefiles), ("a.gpkg", _two_layers)])
def test_layer_of_the_author_chooses_the_file_with_its_columns(
    name: str, body: Callable[[Path], bytes], tmp_path: Path
) -> None:
    (tmp_path / "parts").mkdir()
    raw = tmp_path / name
    raw.write_bytes(body(tmp_path / "parts"))
    assert conform_first(raw, propose(raw, layer="parcels").definition) == {"pid": "055-0000"}


def test_layer_without_a_known_column_lists_the_columns(tmp_path: Path) -> None:
    raw = tmp_path / "a.geojson"
    raw.write_text(_geojson(_areas(), [{"QWRTZ": n} for n in range(_COUNT)]))
    with pytest.raises(TaskFailure, match="the ID of a parcel; the columns are QWRTZ") as caught:
        propose(raw, layer="parcels")
    assert caught.value.code == "source.columns_missing"


def _geojson(shapes: Any, rows: Rows) -> str:
    features = [
        {"type": "Feature", "properties": dict(row), "geometry": json.loads(shapely.to_geojson(shape))}
        for shape, row in zip(shapes, rows, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.mark.parametrize(("name", "column"), [("building_footprints.geojson", "OBJECTID"), ("a.geojson", "BLDG_TYPE")])
def test_areas_named_after_buildings_are_buildings(name: str, column: str, tmp_path: Path) -> None:
    raw = tmp_path / name
    raw.write_text(_geojson(_areas(), [{column: f"R{n}"} for n in range(_COUNT)]))
    assert list(propose(raw).definition["layers"]) == ["buildings"]  # type: ignore[call-overload]


def test_areas_without_a_known_column_name_the_layer_that_requires_none(tmp_path: Path) -> None:
    raw = tmp_path / "a.geojson"
    raw.write_text(_geojson(_areas(), [{"SHAPE_AREA": n / 7} for n in range(_COUNT)]))
    with pytest.raises(TaskFailure, match="such as buildings, which requires no columns"):
        propose(raw)


def test_parcels_with_an_address_name_the_other_layer(tmp_path: Path) -> None:
    rows = [{"APN": f"A-{n}", "SITUS_ADDR": f"{100 + n} Oak Avenue"} for n in range(_COUNT)]
    raw = tmp_path / "a.geojson"
    raw.write_text(_geojson(_areas(), rows))
    proposal = propose(raw)
    assert list(proposal.definition["layers"]) == ["addresses"]  # type: ignore[call-overload]
    assert any("Choose parcels" in remark for remark in proposal.remarks)


def _table(names: Sequence[str], rows: Sequence[Sequence[object]], separator: str, encoding: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator)
    writer.writerow(names)
    writer.writerows(rows)
    return file.getvalue().encode(encoding)


def _decimal_comma(number: float) -> str:
    return f"{number:.6f}".replace(".", ",")


_GERMAN = ("Hauptstraße", "Bäckerweg", "Königsallee", "Müllergasse")
_SPANISH = (("Calle", "Mayor"), ("Avenida", "de la Constitución"), ("Paseo", "del Prado"), ("Calle", "Núñez de Balboa"))
_FRENCH = ("Rue de la Paix", "Avenue Victor Hugo", "Boulevard Saint-Michel", "Rue de l'Église")
_TABLES: dict[str, tuple[bytes, dict[str, str]]] = {
    "Latin-1, semicolons, decimal commas": (
        _table(
            ("Straße", "Hausnr", "Zusatz", "PLZ", "Ort", "Länge", "Breite"),
            [
                (_GERMAN[n % 4], n + 1, "abc"[n % 3] if n % 4 == 0 else "", "50667", ("Köln", "Düren")[n % 2],
                 _decimal_comma(6.95 + n / 1000), _decimal_comma(50.93 + n % 7 / 1000))
                for n in range(_COUNT)
            ],
            ";",
            "cp1252",
        ),
        {"number": "1 a", "street": "Hauptstraße", "city": "Köln", "postcode": "50667"},
    ),
    "Spanish, the type of the street first": (
        _table(
            ("Nombre de vía", "Tipo de vía", "Número", "Código postal", "Municipio", "Longitud", "Latitud"),
            [(_SPANISH[n % 4][1], _SPANISH[n % 4][0], n + 1, "28013", "Madrid", -3.7 + n / 9999, 40.41 + n % 7 / 999)
             for n in range(_COUNT)],
            ",",
            "utf-8",
        ),
        {"number": "1", "street": "Calle Mayor", "city": "Madrid", "postcode": "28013"},
    ),
    "French, words between the words": (
        _table(
            ("Numéro de voie", "Indice de répétition", "Libellé de voie", "Code postal", "Commune", "X", "Y"),
            [(n + 1, "bis" if n % 6 == 0 else "", _FRENCH[n % 4], "75001", "Paris",
              2.33 + n / 9999, 48.86 + n % 7 / 999) for n in range(_COUNT)],
            ";",
            "cp1252",
        ),
        {"number": "1 bis", "street": "Rue de la Paix", "city": "Paris", "postcode": "75001"},
    ),
    "one line with city, state and postcode": (
        _table(
            ("Full Address", "lon", "lat"),
            [(f"{100 + n} {_STREETS[n % 4]}{('', ' Apt 4', ', Unit 5')[n % 3]}, Springfield, IL 62704",
              -89.65 + n / 9999, 39.78 + n % 7 / 999) for n in range(1, _COUNT + 1)],
            ",",
            "utf-8",
        ),
        {"number": "101", "street": "Elm Street", "unit": "Apt 4", "city": "Springfield", "region": "IL",
         "postcode": "62704"},
    ),
    "one line with postcode and city, the number last": (
        _table(
            ("Adresse", "lon", "lat"),
            [(f"{_GERMAN[n % 4]} {n + 1}{'b' if n % 5 == 0 else ''}, 50667 Köln", 6.95 + n / 9999, 50.93 + n % 7 / 999)
             for n in range(_COUNT)],
            ";",
            "utf-8",
        ),
        {"number": "1b", "street": "Hauptstraße", "city": "Köln", "postcode": "50667"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", _TABLES)
def test_table_has_the_rules_of_its_columns(kind: str, tmp_path: Path) -> None:
    raw = tmp_path / "a.csv"
    body, attributes = _TABLES[kind]
    raw.write_bytes(body)
    assert conform_first(raw, propose(raw).definition) == attributes


def test_columns_that_kml_always_has_are_no_part_of_an_address(tmp_path: Path) -> None:
    places = "".join(
        f"<Placemark><ExtendedData><Data name='HOUSE_NO'><value>{100 + n}</value></Data><Data name='STREET'>"
        f"<value>{_STREETS[n % 4]}</value></Data></ExtendedData><Point><coordinates>{x},{y}</coordinates></Point>"
        "</Placemark>"
        for n, (x, y) in enumerate(map(_place, range(_COUNT)))
    )
    raw = tmp_path / "a.kml"
    raw.write_text(f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document>{places}</Document></kml>")
    assert conform_first(raw, propose(raw).definition) == {"number": "100", "street": "Oak Avenue"}


def _feet(number: int) -> tuple[float, float]:
    x, y = Transformer.from_crs("EPSG:4326", _FEET, always_xy=True).transform(*_place(number))
    return round(x, 2), round(y, 2)


@pytest.mark.parametrize("name", ["a.geojson", "a.csv"])
def test_system_of_projected_coordinates_follows_from_the_county_else_the_choices_are_named(
    name: str, tmp_path: Path
) -> None:
    raw = tmp_path / name
    if name == "a.csv":
        rows = [(*row.values(), *_feet(n)) for n, row in enumerate(_addresses())]
        raw.write_bytes(_table(("HOUSE_NO", "ST_NAME", "ZIP", "X", "Y"), rows, ",", "utf-8"))
    else:
        raw.write_text(_geojson(shapely.points([_feet(n) for n in range(_COUNT)]), _addresses()))
    definition: Any = propose(raw, source="us/ca/alameda").definition
    assert definition["layers"]["addresses"][0]["conform"]["srs"] == _FEET
    assert conform_first(raw, definition)["number"] == "100"

    # The coordinates fit in several systems of the state: neither place nor coverage is certain.
    for source in ("us/ca/berkeley", None):
        (tmp_path / str(source).replace("/", "-")).mkdir()
        copy = tmp_path / str(source).replace("/", "-") / name
        copy.write_bytes(raw.read_bytes())
        unsure = propose(copy, source=source)
        assert "US Census" not in unsure.definition["coverage"]  # type: ignore[operator]
        (remark,) = (remark for remark in unsure.remarks if "`conform.srs`" in remark)
        assert ("EPSG:2227" in remark) == (source is not None)


_PAGE = (
    b"<!DOCTYPE html><title>Open data</title><a href='about.html'>About</a>"
    b"<a href=\"files/addresses.zip\">Zip</a><a href='https://gis.example.org/rest/services/A/MapServer'>Map</a>"
)


@pytest.mark.parametrize(
    ("name", "body", "code", "words"),
    [
        ("a.zip", b"PK\5\6" + bytes(18), "source.empty", "contains no files"),
        ("a.csv", b"", "source.empty", r"empty \(0 bytes\)"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(30), "source.format", "a picture"),
        (
            "a.html",
            _PAGE,
            "source.format",
            "web page.*links to files/addresses.zip, https://gis.example.org/rest/services/A/MapServer$",
        ),
    ],
)
def test_what_is_no_data_is_refused_in_a_sentence(
    name: str, body: bytes, code: str, words: str, tmp_path: Path
) -> None:
    raw = tmp_path / name
    raw.write_bytes(body)
    with pytest.raises(TaskFailure, match=words) as caught:
        propose(raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://example.org/wfs", "typeNames=NAME"),
        ("https://example.org/ows?SERVICE=WFS&REQUEST=GetCapabilities", "request=GetFeature"),
        ("https://example.org/ows?service=WMS&request=GetMap", "draws maps"),
        ("https://example.org/arcgis/rest/services/", "FeatureServer/0"),
        ("https://example.org/arcgis/rest/services/Public", "services/Public/SERVICE/FeatureServer/0"),
    ],
)
def test_url_of_a_service_is_refused_with_the_url_to_use(url: str, words: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        refuse_service(URL(url))
    assert caught.value.code == "source.format"
    assert words in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/wfs?service=WFS&request=GetFeature&typeNames=a",
        "https://example.org/arcgis/rest/services/Public/A/MapServer",
        "https://example.org/arcgis/rest/services/A/FeatureServer/3/query?where=1=1",
        "https://example.org/addresses.zip",
    ],
)
def test_url_of_data_is_not_refused(url: str) -> None:
    refuse_service(URL(url))
