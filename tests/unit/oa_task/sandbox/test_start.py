"""The start of a job: what the child loads before its request, and bytecode for the libraries that a job loads."""

import http.server
import importlib.util
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest

from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest

ROWS = 60
LIBRARIES_OF_CHILD = {"numpy", "polars", "pyarrow", "pyproj", "shapely", "PIL"}
LIBRARIES = {*LIBRARIES_OF_CHILD, "isal", "xxhash"}
PARTS = {"conform", "conversion", "features", "preview", "tiles", "write"}
LOAD = "import json, sys, oa_task.sandbox.child as child\nhandle = child._load_handler()\nearly = set(sys.modules)\n"
LIST_LATE_MODULES = f"{LOAD}handle(sys.argv[1])\nprint(json.dumps(sorted(set(sys.modules) - early)))"
# A second request is on standard input, so that the child loads nothing early.
LIST_MODULES_OF_JOB = f"{LOAD}handle(sys.argv[1])\nprint(json.dumps(sorted(sys.modules)))"
LIST_MODULES_OF_THREADS = f"""{LOAD}
import threading
found = []
class Finder:
    def find_spec(self, name, *_):
        if threading.current_thread() is not threading.main_thread():
            found.append(name)
sys.meta_path.insert(0, Finder())
handle(sys.argv[1])
print(json.dumps(found))
"""
LIST_FILES = f"""{LOAD}
import oa_task.commands.run, oa_task.job.entry, oa_task.sandbox.report_schemas
specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
print(json.dumps(sorted(spec.origin for spec in specs if spec and spec.origin)))
"""
WATCH_RUN = """
import atexit, gc, json, sys
loaded = {}
# Exit handlers run in reverse, so this one sees what the command's own have done.
atexit.register(lambda: print(json.dumps({**loaded, "frozen_objects": gc.get_freeze_count()})))
import oa_task.main
from oa_task.sandbox.parent import Sandbox
start, send = Sandbox.__init__, Sandbox.send
def watch_start(self, *arguments, **options):
    loaded["at_start"] = sorted(sys.modules)
    start(self, *arguments, **options)
def watch_send(self, value):
    loaded["at_request"] = sorted(sys.modules)
    send(self, value)
Sandbox.__init__, Sandbox.send = watch_start, watch_send
oa_task.main.main(sys.argv[1:])
"""
COUNT_THREADS = "import numpy, os; print(len(os.listdir('/proc/self/task')))"
LIST_MODULES = "import {}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"


def run_python(program: str, *arguments: str, line: str = "") -> list[str]:
    """Return the list that a program prints on its last line; its standard input has a line or stays open."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        output = process.stdout.read()
    assert process.returncode == 0
    values: list[str] = json.loads(output.splitlines()[-1])
    return values


def request_of_small_job(folder: Path) -> SandboxRequest:
    lines = [f"{number},Main Street,{number / 1000},3" for number in range(1, ROWS + 1)]
    (folder / "data.csv").write_text("\n".join(["NO,ST,X,Y", *lines]) + "\n", encoding="utf-8")
    conform = {"format": "csv", "lon": "X", "lat": "Y", "number": "NO", "street": "ST"}
    entry = {"name": "city", "data": "https://example.com/data.csv", "protocol": "http", "conform": conform}
    definition = {"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}
    (folder / "definition.json").write_text(json.dumps(definition), encoding="utf-8")
    for name in ("work", "out"):
        (folder / name).mkdir()
    paths = {name: str(folder / name) for name in ("work", "out")}
    raws = (str(folder / "data.csv"),)
    return SandboxRequest(str(folder / "definition.json"), "addresses", "city", raws, **paths)


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve the files of a folder, and yield the address of the server."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def read_environment(process_id: int) -> dict[str, str]:
    """Return the environment of a process, which is empty for a moment after it has become its program."""
    path, deadline = Path(f"/proc/{process_id}/environ"), time.monotonic() + 60
    while "TMPDIR=" not in (content := path.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.01)
    return dict(variable.split("=", 1) for variable in content.split("\0") if variable)


def is_of_every_job(module: str) -> bool:
    """Return whether a module is of a library, or of a part of the task other than the reader of one format."""
    first, _, rest = module.partition(".")
    return first in LIBRARIES or (first == "oa_task" and rest.partition(".")[0] in PARTS)


def test_child_loads_what_every_job_needs_before_the_request(tmp_path: Path) -> None:
    request = request_of_small_job(tmp_path)
    late = run_python(LIST_LATE_MODULES, json.dumps(asdict(request)))
    assert (tmp_path / "out" / "source.pmtiles").exists()
    assert (tmp_path / "out" / "source.png").exists()
    assert "oa_task.read.csv" in late
    assert [module for module in late if is_of_every_job(module)] == []


def test_child_with_a_request_loads_only_what_that_job_needs(tmp_path: Path) -> None:
    request = json.dumps(asdict(request_of_small_job(tmp_path)))
    late = run_python(LIST_LATE_MODULES, request, line=request + "\n")
    assert {"oa_task.preview.picture", "oa_task.tiles.tileset"} <= set(late)


def test_child_of_a_table_in_degrees_loads_neither_gdal_nor_proj(tmp_path: Path) -> None:
    request = json.dumps(asdict(request_of_small_job(tmp_path)))
    modules = run_python(LIST_MODULES_OF_JOB, request, line=request + "\n")
    assert "oa_task.read.csv" in modules
    assert {"pyogrio", "pyproj"}.isdisjoint(modules)


def test_threads_of_a_conversion_load_no_library(tmp_path: Path) -> None:
    request = json.dumps(asdict(request_of_small_job(tmp_path)))
    found = run_python(LIST_MODULES_OF_THREADS, request, line=request + "\n")
    assert (tmp_path / "out" / "source.png").exists()
    assert [module for module in found if is_of_every_job(module)] == []


def test_run_loads_each_library_when_it_is_needed_and_leaves_its_objects_to_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_of_small_job(tmp_path)
    with serve_folder(tmp_path) as url:
        definition = json.loads((tmp_path / "definition.json").read_text(encoding="utf-8"))
        definition["layers"]["addresses"][0]["data"] = f"{url}/data.csv"
        (tmp_path / "definition.json").write_text(json.dumps(definition), encoding="utf-8")
        monkeypatch.setenv("OA_ALLOW_HOSTS", "127.0.0.1")
        options = ("--layer", "addresses", "--name", "city", "--out", str(tmp_path / "out"), "--json")
        command = (sys.executable, "-c", WATCH_RUN, "run", str(tmp_path / "definition.json"), *options)
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert json.loads(lines[-2])["count"] == ROWS
    facts = json.loads(lines[-1])
    assert {"aiohttp", "asyncio", "rich", "structlog"}.isdisjoint(facts["at_start"])
    assert "aiohttp" in facts["at_request"]
    late = {*LIBRARIES_OF_CHILD, "html.parser", "marshmallow", "oa_task.download.esri.download"}
    assert late.isdisjoint(facts["at_request"])
    assert facts["frozen_objects"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
def test_libraries_of_the_sandbox_start_no_thread_of_their_own() -> None:
    with Sandbox() as sandbox:
        environment = read_environment(sandbox.process_id)
    output = subprocess.run(
        (sys.executable, "-c", COUNT_THREADS), env=environment, capture_output=True, text=True, check=True
    )
    assert int(output.stdout) == 1


def test_container_starts_its_sandbox_before_it_loads_libraries() -> None:
    modules = run_python(LIST_MODULES.format("oa_task.main, oa_task.job.room"))
    assert {"aioboto3", "aiohttp", "asyncio", "botocore", "structlog"}.isdisjoint(modules)


def test_container_of_a_source_job_loads_no_library_of_its_sandbox() -> None:
    modules = run_python(LIST_MODULES.format("oa_task.main, oa_task.job.entry"))
    assert LIBRARIES_OF_CHILD.isdisjoint(modules)


def test_job_without_a_failure_loads_no_schemas() -> None:
    for programs in ("oa_task.main, oa_task.job.room", "oa_task.commands.run"):
        assert "marshmallow" not in run_python(LIST_MODULES.format(programs))
    assert "marshmallow" not in run_python(f"{LOAD}print(json.dumps(sorted(early)))")


def test_setup_compiles_every_library_module_of_a_job() -> None:
    files = [file for file in run_python(LIST_FILES) if "site-packages" in file and file.endswith(".py")]
    assert any("aiohttp" in file for file in files)
    assert [file for file in files if not Path(importlib.util.cache_from_source(file)).exists()] == []
