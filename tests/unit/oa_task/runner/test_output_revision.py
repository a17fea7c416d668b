"""The files that the engine writes from sample inputs, compared with recorded digests.

Published data whose source has not changed is kept while `OUTPUT_REVISION` is the same. So a change of the engine that
writes other files has to raise it; then `RECORD_OUTPUTS=1 pytest` on this file records the new digests.
"""

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import shapely
from aiohttp import web
from aiohttp.test_utils import TestServer
from pmtiles.reader import MmapSource, all_tiles

from oa_task.results.files import CONVERSION_FILES
from oa_task.runner.fingerprint import OUTPUT_REVISION
from oa_task.runner.job_runner import TaskJob, run_job
from support.layer_files import FORMATS, Rows

RECORD = Path(__file__).with_name("recorded_outputs.json")
_COUNT = 40
_POINTS = [shapely.Point(-100 + 0.001 * place, 40 + 0.0007 * place) for place in range(_COUNT)]
_STREET = {"function": "postfixed_street", "field": "PLACE"}
_NUMBER = {"function": "prefixed_number", "field": "PLACE"}
_LINE = [shapely.LineString([(point.x, point.y), (point.x + 0.0005, point.y + 0.0003)]) for point in _POINTS]
_AREAS = [point.buffer(0.0002, quad_segs=3) for point in _POINTS]
INPUTS: dict[str, tuple[str, str, dict[str, Any], list[Any]]] = {
    "points": ("addresses", "csv", {"number": _NUMBER, "street": _STREET, "city": "CITY"}, _POINTS),
    "layer": ("addresses", "gpkg", {"number": "NO", "street": ["CITY", "KIND"]}, _POINTS),
    "areas": ("parcels", "shapefile", {"pid": "NO"}, _AREAS),
    "lines": ("centerlines", "geojson", {"name": "CITY", "oneway": "KIND"}, _LINE),
}


def _rows() -> Rows:
    return [
        {
            "NO": place,
            "PLACE": f"{place} Elm St. {place % 7}",
            "CITY": f"Ürte {place % 3}",
            "KIND": "yes" if place % 2 else "",
        }
        for place in range(_COUNT)
    ]


def _digest(path: Path) -> str:
    """Return a digest of what a file says, without the versions of libraries and how they compress."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".pmtiles":
        with path.open("rb") as file:
            tiles = [(place, gzip.decompress(tile)) for place, tile in all_tiles(MmapSource(file))]
        content = repr(tiles).encode()
    elif path.suffix == ".parquet":
        table = pq.read_table(path)
        content = f"{table.schema.remove_metadata()} {table.to_pylist()}".encode()
    return hashlib.sha256(content).hexdigest()


async def _write_outputs(folder: Path, name: str) -> dict[str, str]:
    """Run a job on a sample input and return the digest of each file."""
    layer, format_name, rules, shapes = INPUTS[name]
    layer_format = FORMATS[format_name]
    data = folder / "data"
    data.mkdir()
    path = layer_format.write(data, _rows(), shapes)
    app = web.Application()
    app.router.add_static("/", data)
    async with TestServer(app, host="127.0.0.1", port=0) as server:
        conform = {**layer_format.conform, **rules}
        entry = {"name": "city", "data": str(server.make_url(f"/{path.name}")), "protocol": "http", "conform": conform}
        if layer_format.compression:
            entry["compression"] = layer_format.compression
        source, out = folder / "sample.json", folder / "out"
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {layer: [entry]}}))
        out.mkdir()
        await run_job(TaskJob(source, layer, "city", out, ("127.0.0.1",)), lambda _phase, _done, _total: None)
    return {file: _digest(out / file) for file in sorted(CONVERSION_FILES) if (out / file).exists()}


@pytest.mark.parametrize("name", INPUTS)
async def test_outputs_are_those_of_the_recorded_revision(tmp_path: Path, name: str) -> None:
    outputs = await _write_outputs(tmp_path, name)
    recorded = json.loads(RECORD.read_text("utf-8"))
    known = recorded.get(name, {"revision": 0, "outputs": {}})
    if os.environ.get("RECORD_OUTPUTS") and known["revision"] < OUTPUT_REVISION:
        known = recorded[name] = {"revision": OUTPUT_REVISION, "outputs": outputs}
        RECORD.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", "utf-8")
    same = known["outputs"]
    differing = sorted(file for file in {**outputs, **same} if outputs.get(file) != same.get(file))
    assert differing == [], (
        f"the engine writes other files: {', '.join(differing)}; raise OUTPUT_REVISION in oa_task.runner.fingerprint, "
        "so that sources that have not changed are converted again, then run this file with RECORD_OUTPUTS=1"
    )
    assert known["revision"] == OUTPUT_REVISION, "run this file with RECORD_OUTPUTS=1 and commit the digests"


def test_other_bytes_have_other_digests(tmp_path: Path) -> None:
    text, packed = tmp_path / "a.json", tmp_path / "a.gz"
    text.write_text("{}")
    first = _digest(text)
    text.write_text("[]")
    assert _digest(text) != first
    packed.write_bytes(gzip.compress(b"[]", compresslevel=1))
    assert _digest(packed) == _digest(text)
