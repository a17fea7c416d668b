"""The start of a job: what the child loads before its request, and bytecode for the libraries that a job loads."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from oa_task.sandbox.request import SandboxRequest

ROWS = 60
LIBRARIES = {"numpy", "polars", "pyarrow", "pyproj", "shapely", "PIL", "isal", "xxhash"}
PARTS = {"conform", "conversion", "features", "preview", "tiles", "write"}
LOAD = "import json, sys, oa_task.sandbox.child as child\nhandle = child._load_handler()\nearly = set(sys.modules)\n"
LIST_LATE_MODULES = f"{LOAD}handle(sys.argv[1])\nprint(json.dumps(sorted(set(sys.modules) - early)))"
LIST_FILES = f"""{LOAD}
import oa_task.commands.run, oa_task.job.entry, oa_task.sandbox.report_schemas
specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
print(json.dumps(sorted(spec.origin for spec in specs if spec and spec.origin)))
"""
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
    assert "pyproj" not in late


def test_container_starts_its_sandbox_before_it_loads_libraries() -> None:
    modules = run_python(LIST_MODULES.format("oa_task.main, oa_task.job.room"))
    assert {"aioboto3", "aiohttp", "asyncio", "botocore", "structlog"}.isdisjoint(modules)


def test_container_of_a_source_job_loads_no_library_of_its_sandbox() -> None:
    modules = run_python(LIST_MODULES.format("oa_task.main, oa_task.job.entry"))
    assert {"numpy", "polars", "pyarrow", "pyproj", "shapely", "PIL"}.isdisjoint(modules)


def test_job_without_a_failure_loads_no_schemas() -> None:
    for programs in ("oa_task.main, oa_task.job.room", "oa_task.commands.run"):
        assert "marshmallow" not in run_python(LIST_MODULES.format(programs))
    assert "marshmallow" not in run_python(f"{LOAD}print(json.dumps(sorted(early)))")


def test_setup_compiles_every_library_module_of_a_job() -> None:
    files = [file for file in run_python(LIST_FILES) if "site-packages" in file and file.endswith(".py")]
    assert any("aiohttp" in file for file in files)
    assert [file for file in files if not Path(importlib.util.cache_from_source(file)).exists()] == []
