"""No cancellation is lost: `asyncio.wait_for` of Python 3.11 is in no code that a service runs."""

import ast
import asyncio
import subprocess
import sys
from pathlib import Path

import aiopg

from oa_api.db import driver

_ROOT = Path(__file__).parents[3]
_PACKAGES = (
    "aiohttp",
    "aiobotocore",
    "aioboto3",
    "aiopg",
    "aiohappyeyeballs",
    "aiohttp_jinja2",
    "structlog",
    "webargs",
)
# aiobotocore's is for the retry mode `adaptive`, which no client uses; aiopg's is replaced by oa_api.db.driver.
_REPLACED = {("aiobotocore", "retries/bucket.py"), ("aiopg", "connection.py")}


def _calls(path: Path) -> bool:
    text = path.read_text("utf-8")
    return "wait_for" in text and any(
        isinstance(node, ast.Attribute)
        and node.attr == "wait_for"
        and isinstance(node.value, ast.Name)
        and node.value.id == "asyncio"
        for node in ast.walk(ast.parse(text))
    )


def test_linter_refuses_wait_for() -> None:
    command = [
        str(Path(sys.executable).with_name("ruff")),
        "check",
        "--quiet",
        "--select",
        "TID251",
        "--stdin-filename",
    ]
    command += ["services/api/src/oa_api/example.py", "-"]
    for text in ("import asyncio\nasyncio.wait_for\n", "from asyncio import wait_for\n"):
        done = subprocess.run(command, input=text, cwd=_ROOT, capture_output=True, text=True, check=False)
        assert "TID251" in done.stdout, done.stderr


def test_libraries_of_the_services_do_not_wait_so() -> None:
    found = set()
    for package in _PACKAGES:
        folder = Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages", package)
        assert folder.is_dir(), folder
        found |= {(package, str(path.relative_to(folder))) for path in folder.rglob("*.py") if _calls(path)}
    assert found == _REPLACED


async def test_statement_canceled_as_its_result_arrives_is_canceled() -> None:
    class Connection:
        _weakref = None
        is_closed = False

        def _ready(self, _weak: object) -> None:
            return

        def _close(self) -> None:
            self.is_closed = True

    connection, result = Connection(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(driver._poll(connection, result, 10))  # type: ignore[arg-type] # a fake
    await asyncio.sleep(0)
    result.set_result(None)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert connection.is_closed


def test_driver_waits_in_its_own_way() -> None:
    assert aiopg.Connection._poll is driver._poll
