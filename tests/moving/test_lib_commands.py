"""Every command of the npm package @openaddresses/lib against this API: what works, and what is refused why."""

import asyncio
import hashlib
import importlib.util
import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from oa_api.compatibility.table import RouteVerdict, TableRow, read_table
from oa_tools.reference.moving import COMMANDS_HEADING, COMPATIBLE
from support.moving_world import MovingWorld, moving_world
from support.programs import started
from support.running_api import SECRET, running_api

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PAGE = ROOT / "docs/moving.md"
# What version 4.5.0 has besides 4.4.5, which is the latest on npm: command, subcommand, route, whether it has a query.
ADDED = [
    ("run", "delete", "DELETE /run/:run", False),
    ("job", "delete", "DELETE /job/:job", False),
    ("job", "orphaned", "GET /job/orphaned", True),
]
# The client knows no such command to return a file, or lines, other than as a stream.
STREAMS = {"collection download", "map features"}
PAYLOADS: dict[str, dict[str, Any]] = {
    "schema list": {"method": "GET", "url": "/job"},
    "job list": {"limit": 5, "layer": "all", "source": "xx"},
    "data list": {"layer": "all", "validated": False},
    "job orphaned": {"before": "2100-01-01"},
    "collection create": {"name": "by-client", "sources": ["xx/**"]},
    "collection update": {":collection": "{collection}", "sources": ["xx/**"]},
    "collection delete": {":collection": "{spare_collection}"},
    "export create": {"job_id": "{job}", "format": "csv"},
    "export download": {":exportid": "{ended_export}"},
    "joberror list": {":job": "{job_in_review}"},
    "joberror moderate": {":job": "{job_in_review}", "moderate": "confirm"},
    "joberror create": {"job": "{job}", "message": "no"},
    "job rerun": {":job": "{failed_job}"},
    "run create": {"live": False},
    "run create_jobs": {":run": "{open_run}", "jobs": ["{source}"]},
    "run update": {":run": "{open_run}", "closed": True},
    "schedule fire": {"type": "cleanup"},
    "user register": {"username": "x", "password": "x", "email": "x@example.org"},
    "user update": {":id": "{user}", "access": "user"},
}
DEFAULTS = {":job": "{job}", ":run": "{run}", ":data": "{data}", ":collection": "{collection}", ":mapid": "{map}"}
DEFAULTS |= {":exportid": "{export}", ":id": "{user}"}


def command_rows() -> dict[str, TableRow]:
    """Return the row of the table by command, in the order in which the commands run."""
    rows = {command: row for row in read_table() for command in row.commands}
    # It empties the list that the others read.
    last = ("joberror moderate", "run update")
    return {name: rows[name] for name in sorted(rows, key=lambda name: name in last)}


@pytest.fixture(scope="module")
def packages() -> Path:
    """The npm packages of the lock file, installed once below .local."""
    stamp = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = ROOT / ".local/moving" / stamp
    modules = folder / "node_modules"
    if modules.exists():
        return modules
    build = _load_build()
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            build.fetch_packages(HERE, Path(work), build.node_and_npm()[1])
            if not folder.exists():
                folder.mkdir()
                Path(work, "node_modules").rename(modules)
    except (build.BuildError, OSError, subprocess.SubprocessError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"npm packages are unavailable: {error}")
    return modules


def _load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_build", ROOT / "services/api/web/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def run_commands(packages: Path, url: str, calls: list[dict[str, Any]], *, secret: str = SECRET) -> Any:
    """Run commands in Node and return their outcomes."""
    node = _load_build().node_and_npm()[0]
    request = {"url": url, "secret": secret, "added": ADDED, "calls": calls}
    program = [node, str(HERE / "run_commands.mjs"), str(packages)]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    async with started(*program, **pipes) as process, asyncio.timeout(120):
        stdout, stderr = await process.communicate(json.dumps(request).encode())
    assert process.returncode == 0, stderr.decode()
    return json.loads(stdout)


def call_of(world: MovingWorld, command: str, row: TableRow) -> dict[str, Any]:
    """Return the call of a command, with the IDs of its route and its payload."""
    payload = world.fill({**DEFAULTS, **PAYLOADS.get(command, {})})
    return {"command": command, "payload": payload, "isStream": command in STREAMS}


async def test_each_command_has_the_outcome_of_the_page(packages: Path, database_url: str) -> None:
    rows = command_rows()
    async with running_api(database_url, is_documented=False) as api, moving_world(api) as world:
        calls = [call_of(world, command, row) for command, row in rows.items()]
        found = await run_commands(packages, str(api.client.make_url("/")), calls)
    outcomes = {item["command"]: item for item in found["outcomes"]}
    assert len(outcomes) == 49
    described = {}
    for command, row in rows.items():
        item = outcomes[command]
        if row.verdict is RouteVerdict.COMPATIBLE:
            assert "error" not in item, item
            described[command] = COMPATIBLE
        else:
            status, _, message = item["error"].partition(": ")
            assert status in {"410", "422"}, item
            assert row.note in message or status == "422"
            described[command] = f"refused: {row.note}"
    print(
        f"@openaddresses/lib {found['version']}: {list(described.values()).count(COMPATIBLE)} of {len(described)} work"
    )
    assert read_page() == described


def read_page() -> dict[str, str]:
    """Return the outcome of each command, as docs/moving.md has it."""
    section = PAGE.read_text("utf-8").split(f"## {COMMANDS_HEADING}\n", 1)[1].split("\n## ", 1)[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {cell[0].strip("`"): cell[2] for cell in cells}


async def test_client_without_a_credential_is_recognized_by_the_host(packages: Path, database_url: str) -> None:
    async with (
        running_api(database_url, compatibility_hosts=("localhost",), is_documented=False) as api,
        moving_world(api) as world,
    ):
        url = str(api.client.make_url("/")).replace("127.0.0.1", "localhost")
        names = ("data list", "job get", "job log", "collection list")
        calls = [call_of(world, name, command_rows()[name]) for name in names]
        found = await run_commands(packages, url, calls, secret="")
    data, job, log, collections = (item["value"] for item in found["outcomes"])
    assert all(isinstance(value, list) for value in (data, log, collections))
    assert job["source_name"] == "xx/town"
