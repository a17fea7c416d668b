"""Submits each case of a folder to the running stack with `oa submit --live --follow` and prints the results.

A case is a folder with case.json, which names the layer and the entry, and source.json, in which `{base}` stands for
the URL of the folder. A server on loopback serves the files.
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
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from oa_shared.errors import OaError
from oa_shared.failures import FAILURES

_AT_ONCE = 2
_CASE_S = 300
_GOOD = frozenset({"Success", "Warn"})


class NoCasesError(OaError):
    """A folder has no cases."""

    code = "local.cases"
    title = "No cases found."


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of a case; `code` is empty for a success."""

    name: str
    status: str
    code: str
    count: int | None = None

    @property
    def is_clear(self) -> bool:
        """Return whether the case succeeded or failed with a known code."""
        return self.status in _GOOD or (self.status == "Fail" and self.code in FAILURES)


def submit_cases(console: Console, folder: Path, *, port: int) -> int:
    """Run every case, served at a port that the stack opens to jobs, and print a table.

    Return 0 if each succeeded or failed with a known code, else 1.
    """
    cases = sorted(path.parent for path in folder.glob("*/case.json"))
    if not cases:
        raise NoCasesError(f"no */case.json below {folder}")
    with (
        _serve(folder, port) as base,
        TemporaryDirectory(prefix="oa-cases-") as scratch,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        results = list(pool.map(lambda case: _submit(case, f"{base}/{case.name}", Path(scratch)), cases))
    table = Table("case", "status", "code", "features")
    for result in results:
        table.add_row(result.name, result.status, result.code, "" if result.count is None else f"{result.count:,}")
    console.print(table)
    good = sum(result.status in _GOOD for result in results)
    unclear = sum(not result.is_clear for result in results)
    console.print(
        f"{len(results)} cases: {good} succeeded, {len(results) - good - unclear} failed with a code, {unclear} unclear"
    )
    return int(unclear > 0)


@contextmanager
def _serve(folder: Path, port: int) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_QuietHandler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


class _Case(TypedDict):
    layer: str
    name: str


def _submit(case: Path, base: str, scratch: Path) -> CaseResult:
    entry: _Case = json.loads((case / "case.json").read_text("utf-8"))
    source = scratch / "sources" / "cases" / f"{case.name}.json"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text((case / "source.json").read_text("utf-8").replace("{base}", base), "utf-8")
    program = str(Path(sys.executable).with_name("oa"))
    selection = ("--layer", entry["layer"], "--name", entry["name"])
    try:
        done = subprocess.run(  # noqa: S603 - the command line of this project
            [program, "submit", "--live", "--follow", "--json", *selection, str(source)],
            capture_output=True,
            text=True,
            timeout=_CASE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return CaseResult(case.name, "still running", f"after {_CASE_S} s")
    jobs = [line for line in map(json.loads, done.stdout.splitlines()) if "id" in line]
    if not jobs:
        return CaseResult(case.name, "not submitted", done.stderr.strip()[:200])
    job = jobs[-1]
    return CaseResult(
        case.name, job["status"], (job["error"] or {}).get("code", ""), (job["result"] or {}).get("count")
    )
