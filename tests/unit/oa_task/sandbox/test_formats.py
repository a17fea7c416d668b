"""Each packing and format is read inside the sandbox, where only two folders can be changed and links are refused."""

import json
from pathlib import Path

import pytest

from oa_task.read.kml_outline import PartLimits
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest
from support.bad_input.layers import write_layer
from support.packings import CONTAINERS
from support.table_files import gml_body, kml_body, ods_body, xlsx_body

TABLE = b"NO,ST,X,Y\n1,Main,1.5,2.5\n"
CSV = {"format": "csv", "lon": "X", "lat": "Y"}
# The suffix of a layer, the folder in the archive, and its format.
LAYERS = {
    "gdb": (".gdb", "x.gdb/", "gdb"),
    "gdb without a suffix": (".gdb", "export/geodatabase/", "gdb"),
    "gdb without a folder": (".gdb", "", "gdb"),
    "gpkg": (".gpkg", "", "gpkg"),
    "shapefile": (".shp", "", "shapefile"),
    "shapefile without index": (".shp", "", "shapefile"),
    "MapInfo": (".tab", "", "shapefile"),
}


async def count_in_sandbox(folder: Path, name: str, body: bytes, conform: dict[str, str]) -> int:
    """Convert a file as a job does and return the number of features."""
    with Sandbox(folder) as sandbox:
        entry = {"name": "city", "data": f"http://x.test/{name}", "protocol": "http"}
        definition = {**entry, "conform": {"number": "NO", "street": "NO", **conform}}
        source = sandbox.room / "source.json"
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [definition]}}))
        raw = sandbox.room / "raw" / "0" / name
        raw.parent.mkdir(parents=True)
        raw.write_bytes(body)
        paths = (str(raw),), str(sandbox.work), str(sandbox.out)
        request = SandboxRequest(str(source), "addresses", "city", *paths)
        return int(str((await sandbox.convert(request, lambda _count: None))["count"]))


@pytest.mark.parametrize("container", sorted(CONTAINERS))
async def test_packing_is_unpacked_in_the_sandbox(container: str, tmp_path: Path) -> None:
    body = CONTAINERS[container]({"data/a.csv": TABLE})
    assert await count_in_sandbox(tmp_path, "data.bin", body, CSV) == 1


@pytest.mark.parametrize(
    ("name", "body", "conform"),
    [("a.xlsx", xlsx_body(), CSV), ("a.ods", ods_body(), CSV), ("a.kml", kml_body(), {"format": "xml"})],
    ids=["xlsx", "ods", "kml"],
)
async def test_format_is_read_in_the_sandbox(name: str, body: bytes, conform: dict[str, str], tmp_path: Path) -> None:
    assert await count_in_sandbox(tmp_path, name, body, conform) > 0


def large_kml() -> bytes:
    """Return KML that the reader reads in parts: more than one part's bytes."""
    body = kml_body()
    start, end = body.index(b"<Placemark>"), body.index(b"</Document>")
    places = body[start:end]
    return body[:start] + places * (PartLimits().bytes // len(places) + 1) + body[end:]


# Files as they are downloaded, in a folder that the reader cannot change, of which it makes others.
REWRITTEN = {
    "KML in UTF-16": ("a.kml", lambda: kml_body().decode().encode("utf-16"), {"format": "xml"}, 3),
    "GML in UTF-16": ("a.gml", lambda: gml_body().decode().encode("utf-16"), {"format": "xml", "srs": "EPSG:4326"}, 3),
    "large KML": ("a.kml", large_kml, {"format": "xml"}, large_kml().count(b"<Placemark>")),
}


@pytest.mark.parametrize("kind", sorted(REWRITTEN))
async def test_downloaded_file_that_the_reader_rewrites_is_read_in_the_sandbox(kind: str, tmp_path: Path) -> None:
    name, make_body, conform, rows = REWRITTEN[kind]
    assert await count_in_sandbox(tmp_path, name, make_body(), conform) == rows


@pytest.mark.parametrize("kind", sorted(LAYERS))
async def test_layer_is_read_in_the_sandbox(kind: str, tmp_path: Path) -> None:
    suffix, place, format_name = LAYERS[kind]
    written = tmp_path / "written"
    written.mkdir()
    layer = write_layer(written / f"x{suffix}")
    files = [item for item in sorted((layer if layer.is_dir() else written).iterdir()) if item.is_file()]
    kept = [file for file in files if kind != "shapefile without index" or file.suffix != ".shx"]
    body = CONTAINERS["zip"]({f"{place}{file.name}": file.read_bytes() for file in kept})
    room = tmp_path / "room"
    room.mkdir()
    assert await count_in_sandbox(room, "data.zip", body, {"format": format_name}) == 1
