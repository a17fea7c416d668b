"""A definition of 60 features: `oa-task run`, and `oa-task job` as in its container, with every output.

The baseline is the start of Python with what both processes of a job import, at the same time. The table of parts has
the seconds of the phases, which overlap, from the median run. Nothing fails this benchmark; the goal is GOAL_S.
"""

import http.server
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report import Figure, show

from oa_local.emulator import Emulator
from oa_local.provision import create_bucket, create_queues
from oa_task.sandbox.parent import SETTINGS

ROWS = 60
GOAL_S = 0.7
RUNS = 9
_TASK = str(Path(sys.executable).parent / "oa-task")
_CHILD = "import os, oa_task.sandbox.child as child; child._load_handler(); child._load_for_outputs(()); os._exit(0)"
_JOB = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """The wall clock and the processor time of one run, and its output."""

    wall_s: float
    processor_s: float
    output: str = ""

    def __str__(self) -> str:
        return f"{self.wall_s:.2f} s, {self.processor_s:.2f} s of processor"


def run_once(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> Cost:
    """Run programs at the same time to their ends. Raises RuntimeError if one fails."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    children = [
        subprocess.Popen(
            command,
            env={**os.environ, **environment},
            # A child of a job that has its request loads no library of another format.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    outputs = []
    for child in children:
        assert child.stdout is not None
        assert child.stderr is not None
        outputs.append(child.stdout.read())
        errors = child.stderr.read()
        if child.wait():
            raise RuntimeError(f"{child.args!r} ended with {child.returncode}: {errors[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - started, processor_s, outputs[0])


def median(runs: Sequence[Cost]) -> Cost:
    """Return the run with the median wall clock, with the median processor time of all."""
    ordered = sorted(runs, key=lambda run: run.wall_s)
    middle = ordered[len(ordered) // 2]
    return Cost(middle.wall_s, statistics.median(run.processor_s for run in runs), middle.output)


def measure_start(module: str) -> Cost:
    """Return the cost of starting both processes of a job without a job."""
    commands = [(sys.executable, "-c", program) for program in (f"import gc, {module}; gc.freeze()", _CHILD)]
    return median([run_once(commands, SETTINGS) for _ in range(RUNS)])


def measure_run(source: Path, folder: Path) -> Cost:
    """Return the cost of `oa-task run`."""
    command = (_TASK, "run", str(source), "--layer", "addresses", "--name", "city", "--json", "--out")
    environment = {"OA_ALLOW_HOSTS": "127.0.0.1"}
    return median([run_once([(*command, str(folder / f"out-{run}"))], environment) for run in range(RUNS)])


def measure_container(url: str, folder: Path) -> Cost:
    """Return the cost of `oa-task job`, with S3 and SQS of an emulator on this machine."""
    emulator = Emulator(folder / "aws")
    emulator.start()
    try:
        queues = create_queues(emulator.environ, "bench")
        bucket = create_bucket(emulator.environ, "bench")
        environment = {**emulator.environ, "OA_API_URL": url, "OA_BUCKET": bucket, "OA_ALLOW_HOSTS": "127.0.0.1"}
        environment |= {"OA_RESULTS_QUEUE_URL": queues.results_url, "OA_LAYER": "addresses", "OA_NAME": "city"}
        environment |= {"OA_JOB": str(_JOB), "OA_TOKEN": "0" * 32}
        attempts = [{**environment, "OA_ATTEMPT": str(run)} for run in range(1, RUNS + 1)]
        return median([run_once([(_TASK, "job")], attempt) for attempt in attempts])
    finally:
        emulator.stop()


@contextmanager
def serve_job(definition: Callable[[str], Mapping[str, Any]]) -> Iterator[str]:
    """Serve the data, and what the API serves to a container that uses the keys of its environment."""
    data = "NO,ST,X,Y\n" + "".join(f"{number},Main Street,{-100 + number / 1000},40\n" for number in range(1, ROWS + 1))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Send the data, the definition, or that nothing is published."""
            bodies = {"/data.csv": data, f"/api/job/{_JOB}/raw": json.dumps(definition(url))}
            self._send(bodies.get(self.path, '{"data": []}'))

        def do_POST(self) -> None:
            """Issue no credentials."""
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send('{"credentials": null}')

        def _send(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()


def define(url: str) -> dict[str, Any]:
    """Return a definition of points."""
    conform = {"format": "csv", "lon": "X", "lat": "Y", "number": "NO", "street": "ST"}
    entry = {"name": "city", "data": f"{url}/data.csv", "protocol": "http", "conform": conform}
    return {"schema": 2, "coverage": {"country": "us"}, "layers": {"addresses": [entry]}}


def main() -> int:
    """Measure both ways to run a small job."""
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as name, serve_job(define) as url:
        folder = Path(name)
        source = folder / "source.json"
        source.write_text(json.dumps(define(url)), encoding="utf-8")
        run, container = measure_run(source, folder), measure_container(url, folder)
    seconds = json.loads(run.output.splitlines()[-1])["seconds"]
    is_start = "start of both processes with what they import"
    figures = [
        Figure(f"oa-task run (goal {GOAL_S} s)", str(run), str(measure_start("oa_task.commands.run")), is_start),
        Figure("oa-task job", str(container), str(measure_start("oa_task.job.entry")), is_start),
    ]
    show(f"a job of {ROWS} features, median of {RUNS}", figures)
    show("oa-task run by part, which overlap", [Figure(part, f"{value:.3f} s") for part, value in seconds.items()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
