"""The proposed definition of data in each format: valid, without a finding, and with every row right."""

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from oa_local.samples import write_samples
from oa_shared.definition_check.findings import Severity
from oa_shared.source_definition import validate_definition
from oa_task.check.definition import check_definition
from oa_task.conversion.data_description import describe_data
from oa_task.conversion.row_inspection import inspect_rows
from oa_task.definition.task_entry import select_entry
from oa_task.proposal.definition_proposal import DefinitionProposal, ProposalOptions, propose_definition
from oa_task.proposal.inspection import DescribedData
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.messages import check_report
from oa_task.sandbox.report_schemas import DescriptionReportSchema
from support.address_data import COUNT, csv_bytes, expected_attributes, geojson, german_csv, towns, zipped_shapefile

_SOURCE = "us/ca/berkeley"


def propose(raw: Path, *, layer: str | None = None, source: str | None = _SOURCE) -> DefinitionProposal:
    work = Path(tempfile.mkdtemp(dir=raw.parent))
    report = check_report(describe_data(raw, work=work, is_esri=False), DescriptionReportSchema)
    data = DescribedData(f"https://example.org/{raw.name}", "http", report)
    return propose_definition(data, ProposalOptions(source=source, layer=layer))


def conform_rows(raw: Path, definition: dict[str, Any], count: int = COUNT) -> list[dict[str, Any]]:
    """Return the attributes of the first rows as a job makes them, and fail for a problem of the place."""
    ((layer, (body,)),) = definition["layers"].items()
    entry = select_entry(definition, layer, body["name"])
    report = inspect_rows([raw], entry, work=raw.parent / f"{raw.name}-rows", first=1, count=count)
    assert report["placement"]["problems"] == []  # type: ignore[index, call-overload]
    rows: Any = report["rows"]
    return [{trace["attribute"]: trace["value"] for trace in row["attributes"]} for row in rows]


def _zip(folder: Path) -> bytes:
    (folder / "shapes").mkdir()
    return zipped_shapefile(folder / "shapes")


def _parquet(_folder: Path) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(towns()), target)
    return target.getvalue()


def _geopackage(folder: Path) -> bytes:
    rows = towns()
    names = [name for name in rows[0] if name not in {"lon", "lat"}]
    points = shapely.to_wkb(shapely.points([[row["lon"], row["lat"]] for row in rows]))
    columns = [np.array([row[name] for row in rows]) for name in names]
    path = folder / "layers.gpkg"
    for layer, size in (("hydrants", 2), ("site_addresses", COUNT)):
        pyogrio.raw.write(
            path,
            points[:size],
            [column[:size] for column in columns],
            names,
            layer=layer,
            driver="GPKG",
            geometry_type="Point",
            crs="EPSG:4326",
            append=path.exists(),
        )
    return path.read_bytes()


_FORMATS: dict[str, Callable[[Path], bytes]] = {
    "a.csv": lambda _folder: csv_bytes(towns()),
    "b.txt": lambda _folder: b"Addresses of the town\nas of today\n" + csv_bytes(towns(), "\t"),
    "c.csv.gz": lambda _folder: gzip.compress(csv_bytes(towns(), "|")),
    "d.geojson": lambda _folder: geojson(),
    "e.zip": _zip,
    "f.parquet": _parquet,
    "g.gpkg": _geopackage,
}


@pytest.mark.parametrize("name", _FORMATS)
def test_proposal_of_a_format_has_every_row_right(name: str, tmp_path: Path) -> None:
    raw = tmp_path / name
    raw.write_bytes(_FORMATS[name](tmp_path))
    proposal = propose(raw)
    definition: Any = proposal.definition
    findings = [item for item in check_definition(definition) if item.severity is not Severity.HINT]
    assert findings == []
    assert definition["coverage"]["US Census"] == {"geoid": "06001", "name": "Alameda", "state": "California"}
    assert definition["layers"]["addresses"][0]["name"] == "city"
    wanted = [expected_attributes(row) for row in towns()]
    rows = conform_rows(raw, definition)
    assert [{key: str(row[key] or "").removesuffix(".0") for key in wanted[0]} for row in rows] == wanted


def test_proposals_of_the_sample_county_have_no_finding_and_its_rules(tmp_path: Path) -> None:
    write_samples(tmp_path)
    made = {name: propose(tmp_path / name, source=None).definition for name in ("addresses.csv", "parcels.zip")}
    made["buildings.geojson"] = propose(tmp_path / "buildings.geojson", source=None).definition
    layers: Any = {name: definition["layers"] for name, definition in made.items()}
    assert [list(layer) for layer in layers.values()] == [["addresses"], ["parcels"], ["buildings"]]
    for name, definition in made.items():
        assert [item for item in check_definition(definition) if item.severity is not Severity.HINT] == []
        rows = conform_rows(tmp_path / name, definition, 3)
        first = {"addresses.csv": ("number", "100"), "parcels.zip": ("pid", "AW-000000"), "buildings.geojson": None}[
            name
        ]
        assert rows[0]["levels"] if first is None else rows[0][first[0]] == first[1]


def test_address_with_the_number_at_its_end_is_divided(tmp_path: Path) -> None:
    raw = tmp_path / "german.txt"
    raw.write_bytes(german_csv())
    definition: Any = propose(raw, source=None).definition
    assert definition["coverage"]["ISO 3166"] == {"alpha2": "DE", "country": "Germany"}
    conform = definition["layers"]["addresses"][0]["conform"]
    assert {key: conform[key] for key in ("encoding", "csvsplit", "lon", "lat")} == {
        "encoding": "cp1252",
        "csvsplit": ";",
        "lon": "Länge",
        "lat": "Breite",
    }
    rows = conform_rows(raw, definition, 5)
    assert [(row["number"], row["street"], row["city"]) for row in rows][3:] == [
        ("5", "Straße Elmweg", "Köln"),
        ("6a", "Straße Firweg", "Düren"),
    ]


def test_address_with_the_number_at_its_start_is_divided_with_its_unit(tmp_path: Path) -> None:
    raw = tmp_path / "a.csv"
    lines = [f"{number},{number} Oak Ave{' Apt 2' if number % 2 else ''},-122.27,37.87" for number in range(1, 30)]
    raw.write_text("\n".join(["KEY,SITE_ADDRESS,X,Y", *lines]))
    rows = conform_rows(raw, propose(raw).definition, 2)
    assert [(row["number"], row["street"], row["unit"]) for row in rows] == [
        ("1", "Oak Ave", "Apt 2"),
        ("2", "Oak Ave", ""),
    ]


def test_table_without_names_has_numbered_columns(tmp_path: Path) -> None:
    raw = tmp_path / "a.csv"
    raw.write_text(
        "".join(f"{number}{'b' * (number % 2)},Oak Ave,-122.27{number},37.87{number}\n" for number in range(10, 60))
    )
    with pytest.raises(TaskFailure, match="COLUMN1, COLUMN2") as caught:
        propose(raw)
    assert caught.value.code == "source.columns_missing"


def test_swapped_coordinates_are_put_in_their_place(tmp_path: Path) -> None:
    raw = tmp_path / "a.csv"
    rows = [{**row, "lon": row["lat"], "lat": row["lon"]} for row in towns()]
    raw.write_bytes(csv_bytes(rows))
    definition: Any = propose(raw).definition
    conform = definition["layers"]["addresses"][0]["conform"]
    assert (conform["lon"], conform["lat"]) == ("lat", "lon")


def test_projected_table_gets_the_usual_system_of_its_state(tmp_path: Path) -> None:
    project = Transformer.from_crs("EPSG:4326", "EPSG:26910", always_xy=True).transform
    rows = []
    for row in towns():
        x, y = project(row["lon"], row["lat"])
        rows.append({**row, "lon": round(x, 2), "lat": round(y, 2)})
    raw = tmp_path / "a.csv"
    raw.write_bytes(csv_bytes(rows))
    definition: Any = propose(raw).definition
    assert definition["layers"]["addresses"][0]["conform"]["srs"].startswith("EPSG:")
    assert [row["number"] for row in conform_rows(raw, definition, 1)] == ["107"]
    unknown = propose(raw, source=None)
    assert "srs" not in unknown.definition["layers"]["addresses"][0]["conform"]  # type: ignore[index, call-overload]
    assert any("conform.srs" in remark for remark in unknown.remarks)


@pytest.mark.parametrize(
    ("shape", "columns", "layer"),
    [
        ("POLYGON ((0 0, 0.001 0, 0.001 0.001, 0 0))", {"PARCEL_ID": "A-{}", "OWNER": "x"}, "parcels"),
        ("POLYGON ((0 0, 0.001 0, 0.001 0.001, 0 0))", {"HEIGHT_M": "{}.5"}, "buildings"),
        ("LINESTRING (0 0, 0.001 0.001)", {"FULLNAME": "Oak {}", "SEG_ID": "{}"}, "centerlines"),
    ],
)
def test_layer_follows_from_shapes_and_columns(shape: str, columns: dict[str, str], layer: str, tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {name: text.format(number) for name, text in columns.items()},
            "geometry": json.loads(shapely.to_geojson(shapely.from_wkt(shape))),
        }
        for number in range(30)
    ]
    raw = tmp_path / "a.geojson"
    raw.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert list(propose(raw).definition["layers"]) == [layer]  # type: ignore[call-overload]


_CELLS = st.text(max_size=12) | st.integers().map(str) | st.floats().map(str)


_NAMES = st.text(max_size=12) | st.sampled_from(["number", "street", "lat", "lon", "ST_NAME", "city", "x", "y"])


@given(
    names=st.lists(_NAMES, max_size=6),
    rows=st.lists(st.lists(_CELLS, max_size=6), max_size=6),
    separator=st.sampled_from(",;\t"),
)
@settings(max_examples=60, deadline=None)
def test_any_table_has_a_valid_definition_or_a_reason(
    names: list[str], rows: list[list[str]], separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = tmp_path_factory.mktemp("any") / "a.csv"
    raw.write_text("\n".join(separator.join(row) for row in [names, *rows]), encoding="utf-8", errors="replace")
    _propose_or_fail(raw)


_STARTS = [
    *(
        b"",
        b"<kml ",
        b"<kml\t",
        b"<kml xmlns=",
        b'<?xml version="1.0"?><kml><Document>',
        b'{"type":"FeatureCollection",',
    ),
    *(b'<?xml version="1.0"?><a xmlns:gml="http://www.opengis.net/gml">', b"SQLite format 3\0", b"Version 300\n"),
    *(b"PK\3\4", b"PAR1", b"\x00\x00\x27\x0a", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"BZh9"),
    *(b"\xff\xfe", b"%PDF-", b"<html>", b"!table\n!version 300\n", b"fgb\3fgb\0"),
]


@given(content=st.builds(bytes.__add__, st.sampled_from(_STARTS), st.binary(max_size=300)))
@settings(max_examples=60, deadline=None)
@example(content=b"<kml\t")
@example(content=b"<kml xmlns=")
def test_any_bytes_have_a_valid_definition_or_a_reason(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = tmp_path_factory.mktemp("any") / "a"
    raw.write_bytes(content)
    _propose_or_fail(raw)


def _propose_or_fail(raw: Path) -> None:
    proposal, code, message = None, "", ""
    try:
        proposal = propose(raw)
    except TaskFailure as failure:
        code, message = failure.code, failure.message
    if proposal is None:
        assert code.startswith("source.")
        assert message
    else:
        assert validate_definition(proposal.definition) == []
        assert proposal.guesses
