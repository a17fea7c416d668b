"""Clients generated from the OpenAPI document: type-checked, and called against a running API."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import DOCUMENT
from support.npm_packages import run_node

_TOOLS = Path(__file__).parent / "tools"
_FUNCTIONS = ("createRun", "createJobs", "listJobs", "getRun", "getJob", "listDatasets", "getDataset", "createWebhook")


def check_results(results: dict[str, Any], source: str) -> None:
    """Check what each program printed: its job in its run, the published dataset, and a typed problem."""
    assert results["jobs"] == [results["job"]]
    assert (results["status"], results["source"]) == ("Pending", source)
    assert results["data"] == "us/ca/berkeley"
    assert "source.geojson.gz" in results["files"]
    assert results["missing"] == "not_found"


@pytest.fixture(scope="module")
def built(folder: Path) -> Path:
    """Generate the types of openapi-typescript and the SDK of hey-api, and compile programs that use them."""
    # A field with a default need not be sent.
    types = ["--output", "schema.d.ts", "--default-non-nullable=false"]
    run_node("openapi-typescript/bin/cli.js", DOCUMENT, *types, folder=folder)
    sdk = ["--input", DOCUMENT, "--output", "sdk", "--client", "@hey-api/client-fetch", "--silent"]
    run_node("@hey-api/openapi-ts/bin/run.js", *sdk, folder=folder)
    for name in ("tsconfig.json", "fetch_calls.ts", "sdk_calls.ts"):
        shutil.copy(_TOOLS / name, folder / name)
    print(run_node("typescript/bin/tsc", "--project", ".", folder=folder))
    return folder


def test_operations_are_functions_with_good_names(built: Path) -> None:
    text = (built / "sdk/sdk.gen.ts").read_text("utf-8")
    names = [line.split()[2] for line in text.splitlines() if line.startswith("export const ")]
    types = (built / "sdk/types.gen.ts").read_text("utf-8").count("\nexport type ")
    print(f"TypeScript: {len(names)} functions, {types} types, no error of tsc")
    assert set(_FUNCTIONS) <= set(names)
    methods = ("post", "patch", "put", "fetch")
    assert [name for name in names if name.startswith(methods) or not name.isalpha()] == []


@pytest.mark.parametrize(("program", "source"), [("fetch", "xx/fetch"), ("sdk", "xx/sdk")])
async def test_typescript_calls_run_jobs_and_data(built: Path, arguments: list[str], program: str, source: str) -> None:
    script = built / f"built/{program}_calls.js"
    check_results(json.loads(await asyncio.to_thread(run_node, script, *arguments, folder=built)), source)


@pytest.fixture(scope="module")
def python_client(folder: Path) -> Path:
    """Generate the client of openapi-python-client; it must leave out nothing."""
    options = ["--path", DOCUMENT, "--output-path", "oa_client", "--meta", "none"]
    config = ["--config", str(_TOOLS / "python-client.yaml"), "--fail-on-warning"]
    _run("openapi_python_client", "generate", *options, *config, folder=folder)
    shutil.copy(_TOOLS / "python_calls.py", folder)
    return folder


def test_python_client_is_whole_and_type_checked(python_client: Path) -> None:
    operations = len(list((python_client / "oa_client/api").glob("*/[!_]*.py")))
    models = len(list((python_client / "oa_client/models").glob("[!_]*.py")))
    print(f"Python: {operations} functions, {models} models, no warning")
    print(_run("mypy", "--config-file", str(_TOOLS / "mypy.ini"), "python_calls.py", folder=python_client))


async def test_python_calls_run_jobs_and_data(python_client: Path, arguments: list[str]) -> None:
    program = [sys.executable, "python_calls.py", *arguments]
    done = await asyncio.to_thread(
        subprocess.run, program, cwd=python_client, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    check_results(json.loads(done.stdout), "xx/python")


def _run(module: str, *arguments: str, folder: Path) -> str:
    """Run a program of the environment of the tests, which it finds on its path, and return its output."""
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout
