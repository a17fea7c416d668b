"""Submits each case of a folder to the running stack with `oa submit --live --follow`, and says how each ended.

A case is a folder with source.json, whose `{base}` stands for where its files are served, and case.json, which names
the layer and the entry. The files are served on loopback.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from rich.console import Console
from rich.table import Table

from oa_shared.errors import OaError
from oa_shared.failures import FAILURES

_AT_ONCE = 2
_CASE_S = 300
_GOOD = frozenset({"Success", "Warn"})


class NoCasesError(OaError):
    """A folder holds no case."""

    code = "local.cases"
    title = "There is no case."


@dataclass(frozen=True, slots=True)
class Ending:
    """How a case ended; `code` is empty for a success."""

    name: str
    status: str
    code: str
    count: int | None = None

    @property
    def is_clear(self) -> bool:
        """Return whether it succeeded, or failed with a known code."""
        return self.status in _GOOD or (self.status == "Fail" and self.code in FAILURES)


def submit_cases(console: Console, folder: Path) -> int:
    """Run every case, print a table, and return 0 when each ended clearly, else 1."""
    cases = sorted(path.parent for path in folder.glob("*/case.json"))
    if not cases:
        raise NoCasesError(f"no */case.json below {folder}")
    with (
        _served(folder) as base,
        TemporaryDirectory(prefix="oa-cases-") as scratch,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        endings = list(pool.map(lambda case: _submit(case, f"{base}/{case.name}", Path(scratch)), cases))
    table = Table("case", "status", "code", "features")
    for ending in endings:
        table.add_row(ending.name, ending.status, ending.code, "" if ending.count is None else f"{ending.count:,}")
    console.print(table)
    good = sum(ending.status in _GOOD for ending in endings)
    unclear = sum(not ending.is_clear for ending in endings)
    console.print(
        f"{len(endings)} cases: {good} succeeded, {len(endings) - good - unclear} failed with a code, {unclear} unclear"
    )
    return int(unclear > 0)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""


def _submit(case: Path, base: str, scratch: Path) -> Ending:
    about = json.loads((case / "case.json").read_text("utf-8"))
    source = scratch / "sources" / "cases" / f"{case.name}.json"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text((case / "source.json").read_text("utf-8").replace("{base}", base), "utf-8")
    program = str(Path(sys.executable).with_name("oa"))
    chosen = ("--layer", about["layer"], "--name", about["name"])
    try:
        told = subprocess.run(  # noqa: S603 - our own program
            [program, "submit", "--live", "--follow", "--json", *chosen, str(source)],
            capture_output=True,
            text=True,
            timeout=_CASE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ending(case.name, "running still", f"after {_CASE_S} s")
    jobs = [line for line in map(json.loads, told.stdout.splitlines()) if "id" in line]
    if not jobs:
        return Ending(case.name, "not submitted", told.stderr.strip()[:200])
    job = jobs[-1]
    return Ending(case.name, job["status"], (job["error"] or {}).get("code", ""), (job["result"] or {}).get("count"))
