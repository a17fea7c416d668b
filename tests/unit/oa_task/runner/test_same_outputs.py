"""Two builds of each output, in other folders, at another time and with another environment: the same bytes."""

import functools
import getpass
import gzip
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from oa_shared.job_kinds import JobKind
from oa_shared.products import PRODUCT_FILES, ProductFormat
from oa_task.results.files import CACHE_FILE, CONVERSION_FILES, DEFINITION_FILE, MANIFEST_FILE
from support.layer_files import FORMATS

pytestmark = pytest.mark.timeout(600)  # twenty processes, on a machine that other tests use

_APART_S = 2.1  # zips state times in steps of two seconds
_COUNT = 900
_PLACES = [shapely.Point(-100 + 0.0011 * (place % 60), 40 + 0.0007 * (place // 60)) for place in range(_COUNT)]
_SQUARE = [(0, 0), (0, 6e-4), (6e-4, 6e-4), (6e-4, 0), (0, 0)]
_HOLE = [(1e-4, 1e-4), (1e-4, 2e-4), (2e-4, 2e-4), (2e-4, 1e-4), (1e-4, 1e-4)]
_TAGS = {"number": "NO", "street": "STREET", "city": "CITY"}
_TIMES = frozenset({"seconds"})


def _area(place: int) -> shapely.Polygon:
    """Return a square with a hole; the data turns both of them either way."""
    corner = _PLACES[place]
    shell, hole = ([(corner.x + x, corner.y + y) for x, y in ring] for ring in (_SQUARE, _HOLE))
    return shapely.Polygon(shell[:: 1 if place % 2 else -1], [hole[:: 1 if place % 3 else -1]])


SOURCES: dict[str, tuple[str, str, dict[str, Any], list[Any], int]] = {
    "table": ("addresses", "gpkg", _TAGS, _PLACES[::2], 1),
    "points": ("addresses", "csv", _TAGS, _PLACES, 2),
    "areas": ("parcels", "shapefile", {"pid": "NO"}, [_area(place) for place in range(_COUNT)], 1),
    "lines": (
        *("centerlines", "geojson", {"name": "STREET"}),
        [shapely.LineString([(point.x, point.y), (point.x + 5e-4, point.y)]) for point in _PLACES],
        1,
    ),
}
_EXPORTS = [str(format_) for format_ in ProductFormat]
PRODUCTS: dict[str, tuple[JobKind, tuple[str, ...], dict[str, Any]]] = {
    "export-addresses": (JobKind.EXPORT, ("points",), {"formats": _EXPORTS}),
    "export-parcels": (JobKind.EXPORT, ("areas",), {"formats": _EXPORTS}),
    "collection": (
        *(JobKind.COLLECTION, tuple(SOURCES)),
        {"formats": ["geojson", "parquet", "pmtiles"], "deduplicate": True},
    ),
    "fabric": (JobKind.FABRIC, ("points", "table"), {"layer": "addresses"}),
}
"""Kind, inputs and the rest of the plan of each product."""


@dataclass(frozen=True)
class _Machine:
    """Where and how the programs of one build run."""

    folder: Path
    environ: dict[str, str]

    def call(self, commands: list[list[str]]) -> None:
        """Run commands of `oa-task` one after another."""
        temporary = self.folder / "temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        base = {"PATH": os.environ["PATH"], "OA_ALLOW_HOSTS": "127.0.0.1", "TMPDIR": str(temporary)}
        ended = subprocess.run(
            [sys.executable, "-c", _PROGRAM, json.dumps(commands)],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**base, **self.environ},
        )
        assert ended.returncode == 0, ended.stderr[-2000:]


_PROGRAM = """
import json, sys
from oa_task.main import main
for command in json.loads(sys.argv[1]):
    try:
        main(command, standalone_mode=False)
    except SystemExit as ended:
        if ended.code:
            raise
"""
_MARKS = ("zebedee", "zanzibar")
_ENVIRONS = (
    {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "USER": _MARKS[0], "HOSTNAME": _MARKS[0]},
    {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "2", "USER": _MARKS[1], "HOSTNAME": _MARKS[1]},
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[_Machine, _Machine]]:
    """Build every output twice."""
    root = tmp_path_factory.mktemp("same")
    data = root / "data"
    data.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(data)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    first = _Machine(root / _MARKS[0], _ENVIRONS[0])
    second = _Machine(root / _MARKS[1] / "deeper", _ENVIRONS[1])
    try:
        definitions = {name: _write_source(name, data, f"http://127.0.0.1:{server.server_port}") for name in SOURCES}
        for machine in (first, second):
            started = time.monotonic()
            machine.call([_run_command(machine, definition, name) for name, definition in definitions.items()])
            machine.call([_build_command(machine, name, root) for name in PRODUCTS])
            time.sleep(max(0.0, _APART_S - (time.monotonic() - started)))
        yield first, second
    finally:
        server.shutdown()
        server.server_close()


def _run_command(machine: _Machine, definition: Path, name: str) -> list[str]:
    """Return the command for a source; `points` gets another earlier result, from which it differs."""
    out = machine.folder / "run" / name
    out.mkdir(parents=True)
    words = ["run", str(definition), "--layer", SOURCES[name][0], "--name", "city", "--out", str(out)]
    return [*words, "--previous", str(out.with_name("table"))] if name == "points" else words


def _write_source(name: str, data: Path, address: str) -> Path:
    layer, format_name, rules, shapes, parts = SOURCES[name]
    layer_format = FORMATS[format_name]
    urls = []
    for part in range(parts):
        folder = data / f"{name}-{part}"
        folder.mkdir()
        chosen = range(part, len(shapes), parts)
        rows = [{"NO": place, "STREET": f"Elm {place % 9}", "CITY": f"Ürte {place % 5}"} for place in chosen]
        path = layer_format.write(folder, rows, [shapes[place] for place in chosen])
        urls.append(f"{address}/{folder.name}/{path.name}")
    entry = {
        "name": "city",
        "data": urls if parts > 1 else urls[0],
        "protocol": "http",
        "conform": {**layer_format.conform, **rules},
        "license": {"text": "CC BY 4.0", "attribution": True, "attribution name": "Town & Country"},
        **({"compression": layer_format.compression} if layer_format.compression else {}),
    }
    definition = data / f"{name}.json"
    definition.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {layer: [entry]}}))
    return definition


def _build_command(machine: _Machine, name: str, root: Path) -> list[str]:
    kind, sources, more = PRODUCTS[name]
    inputs, out, plan = machine.folder / "run", machine.folder / "build" / name, root / f"{name}.json"
    out.mkdir(parents=True)
    body = {"v": 1, "kind": str(kind), "title": name, "formats": [], **more}
    body["inputs"] = [_plan_input(inputs / source, job) for job, source in enumerate(sources, 1)]
    plan.write_text(json.dumps(body))
    return ["build", str(plan), "--inputs", str(inputs), "--out", str(out)]


def _plan_input(folder: Path, job: int) -> dict[str, Any]:
    about = json.loads((folder / MANIFEST_FILE).read_text())
    parquet, lines = (about["outputs"][file] for file in ("source.parquet", "source.geojson.gz"))
    return {
        "source_name": f"us/{folder.name}",
        "layer": about["layer"],
        "name": "city",
        "job": job,
        "key": f"{folder.name}/source.parquet",
        "geojson_key": f"{folder.name}/source.geojson.gz",
        "sha256": parquet["sha256"],
        "geojson_sha256": lines["sha256"],
        "size_bytes": parquet["bytes"],
        "count": about["count"],
        "license": about["license"],
    }


def _files(machine: _Machine) -> dict[str, bytes]:
    """Return all outputs by their path, manifests without the seconds that the phases took."""
    paths = [path for folder in ("run", "build") for path in sorted((machine.folder / folder).rglob("*"))]
    files = {str(path.relative_to(machine.folder)): path.read_bytes() for path in paths if path.is_file()}
    for name, content in files.items():
        if name.endswith(MANIFEST_FILE):
            about = json.loads(content)
            files[name] = json.dumps({key: value for key, value in about.items() if key not in _TIMES}).encode()
    return files


def test_outputs_two_builds_are_the_same_bytes(builds: tuple[_Machine, _Machine]) -> None:
    first, second = map(_files, builds)
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_outputs_all_kinds_of_files_are_compared(builds: tuple[_Machine, _Machine]) -> None:
    names = {Path(name).name for name in _files(builds[0])}
    assert {*CONVERSION_FILES, CACHE_FILE, DEFINITION_FILE, MANIFEST_FILE} <= names
    assert names >= {*PRODUCT_FILES}


def test_outputs_do_not_name_the_machine(builds: tuple[_Machine, _Machine]) -> None:
    """No path, no user, no host, in any output or in what it has packed."""
    here = Path(__file__).parents[4]
    words = {*_MARKS, str(here), sys.prefix, str(Path.home()), str(builds[0].folder.parent)}
    words |= {name for name in (socket.gethostname(), getpass.getuser()) if len(name) > len("localhost")}
    sought = [word.encode() for word in words if len(word) > len("/root")]
    contents = [item for machine in builds for item in _unpack(machine)]
    assert [(name, word) for name, content in contents for word in sought if word in content] == []


def _unpack(machine: _Machine) -> Iterator[tuple[str, bytes]]:
    for name, content in _files(machine).items():
        yield name, content
        if name.endswith(".gz"):
            yield name, gzip.decompress(content)
        elif name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from ((f"{name}/{member}", archive.read(member)) for member in archive.namelist())
        elif name.endswith(".pmtiles"):
            with (machine.folder / name).open("rb") as file:
                yield name, json.dumps(Reader(MmapSource(file)).metadata()).encode()
                yield from ((name, gzip.decompress(tile)) for _, tile in all_tiles(MmapSource(file)))
        elif name.endswith(".parquet"):
            table, about = pq.read_table(machine.folder / name), pq.read_metadata(machine.folder / name).metadata
            yield (
                name,
                f"{about} {table.drop_columns(['geometry', 'bbox']).to_pylist()}".encode(),
            )


def test_outputs_tables_of_shapefiles_have_a_fixed_date(builds: tuple[_Machine, _Machine]) -> None:
    with zipfile.ZipFile(builds[0].folder / "build/export-parcels/export.shp.zip") as archive:
        table = archive.read("parcels.dbf")
    assert tuple(table[1:4]) == (80, 1, 1)


def test_outputs_tiles_state_their_lowest_zoom(builds: tuple[_Machine, _Machine]) -> None:
    paths = [path for machine in builds for path in machine.folder.rglob("*.pmtiles")]
    assert paths
    for path in paths:
        with path.open("rb") as file:
            header = Reader(MmapSource(file)).header()
            zooms = [zoom for (zoom, _, _), _ in all_tiles(MmapSource(file))]
        assert (header["min_zoom"], header["max_zoom"]) == (min(zooms), max(zooms))
