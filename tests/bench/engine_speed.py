"""The full engine, `oa-task run`, on generated inputs: speed, memory, equality with the reference.

Two runs of each input: `source.geojson.gz` and counts alone, then every output of the pass (validated, Parquet,
changes, profile, manifest). "times" is the ratio to batch-machine, whose seconds on this machine are estimated from a
plain Python pass over the same CSV that runs first.
OA_BENCH_SCALE=10 makes the inputs ten times as long, OA_BENCH_INPUTS=csv500k,shp200k selects some of them.
"""

import functools
import gzip
import http.server
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inputs import INPUTS, Kind, make
from meter import Run, measure
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
DATA = ROOT / ".local" / "bench"
LIMIT = Path(os.environ.get("OA_SHARED", ROOT.parent / "shared")) / "bench" / "limit.py"
PLAIN_CSV = "csv500k"
LIMIT_NAME, REFERENCE_NAME = "limit.py csv-python", "tests/bench/reference"
# The speed of a plain pass as a multiple of batch-machine; the reference takes 1.29 times as long as limit.py.
BATCH_MACHINE_BY_PLAIN = {LIMIT_NAME: 5.4, REFERENCE_NAME: 4.2}
BATCH_MACHINE_S = {
    "csv500k": 40.9,
    "csvsimple": 30.3,
    "csvsrs100k": 6.0,
    "shp200k": 25.0,
    "parcshp100k": 15.7,
    "parcgeo100k": 32.4,
    "addrgeo100k": 16.2,
}
GOALS = {
    "csv500k": (20, 10),
    "csvsimple": (20, 10),
    "shp200k": (12, 8),
    "parcshp100k": (8, 5),
    "parcgeo100k": (8, 5),
    "addrgeo100k": (10, 7),
}
LEAST = ("validated", "parquet", "changes", "profile", "tiles", "preview", "cache")
STREAMED = ("tiles", "preview", "cache")
_HASH = re.compile(rb'"hash": "[0-9a-f]{16}", ')
console = Console(width=170, highlight=False)


@dataclass(frozen=True, slots=True)
class Measured:
    """Both runs of one input: with the fewest outputs, and with all streamed outputs."""

    name: str
    rows: int
    least: Run
    streamed: Run
    seconds: dict[str, float]
    equal: str


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback and yield its URL."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def run_engine(source: Path, kind: Kind, out: Path, without: Sequence[str], more: Sequence[str] = ()) -> Run:
    """Run the engine on a definition; `more` are further options."""
    command = [str(Path(sys.executable).parent / "oa-task"), "run", str(source), "--layer", kind.layer]
    command += ["--name", "bench", "--out", str(out), "--json"]
    command += [part for name in without for part in ("--without", name)]
    return measure([*command, *more], {"OA_ALLOW_HOSTS": "127.0.0.1"})


def bench(name: str, kind: Kind, scale: float, folder: Path) -> Measured:
    """Measure one input."""
    data = make(kind, DATA, scale)
    with serve(data.parent) as address:
        source = folder / f"{name}.json"
        source.write_text(json.dumps(kind.definition(f"{address}/{data.name}")), encoding="utf-8")
        least = run_engine(source, kind, folder / "least", LEAST)
        streamed = run_engine(source, kind, folder / "streamed", STREAMED)
    report = json.loads(streamed.output)
    same = compare_with_reference(source, kind, data, folder) if kind.file.endswith(".csv") else "no reference"
    return Measured(name, report["count"], least, streamed, report["seconds"], same)


def compare_with_reference(source: Path, kind: Kind, data: Path, folder: Path) -> str:
    """Return whether the features equal those of the plain Python reference, except for hashes, as text."""
    expected = folder / "reference.jsonl"
    measure(reference_command(source, kind.layer, data, expected), {"PYTHONPATH": str(ROOT / "tests")})
    with gzip.open(folder / "streamed" / "source.geojson.gz") as ours, expected.open("rb") as theirs:
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True), start=1):
            if _HASH.sub(b"", mine, count=1) != other:
                return f"differs in line {number}"
    return "equal"


def reference_command(source: Path, layer: str, data: Path, out: Path) -> list[str]:
    """Return the command of the reference."""
    return [sys.executable, "-m", "bench.reference", str(source), layer, "bench", str(data), str(out)]


def plain_pass(folder: Path) -> tuple[Run, str]:
    """Return the cost of a plain Python pass over 500,000 rows of CSV, and the name of the program."""
    kind = INPUTS[PLAIN_CSV]
    data = make(kind, DATA, 1)
    if LIMIT.exists():
        (folder / "limit" / "data").mkdir(parents=True)
        (folder / "limit" / "data" / "addresses500k.csv").symlink_to(data)
        run = measure([sys.executable, str(LIMIT), str(folder / "limit"), "csv-python", str(folder / "limit")])
        return run, LIMIT_NAME
    source = folder / "plain.json"
    source.write_text(json.dumps(kind.definition("")), encoding="utf-8")
    command = reference_command(source, kind.layer, data, folder / "plain.jsonl")
    return measure(command, {"PYTHONPATH": str(ROOT / "tests")}), REFERENCE_NAME


def show_speed(found: Sequence[Measured], factor: float, scale: float) -> None:
    """Print rows per second, ratios with their goals, and memory."""
    table = Table(title="engine: oa-task run", title_justify="left", title_style="bold")
    columns = ["input", "rows", "source s", "rows/s", "times", "goal", "all s", "times", "goal"]
    for column in [*columns, "CPU s", "peak MiB", "reference"]:
        table.add_column(column, justify="left" if column in {"input", "reference"} else "right")
    for one in found:
        batch_machine_s = BATCH_MACHINE_S[one.name] * factor * scale
        goals = [f"{goal}" for goal in GOALS.get(one.name, ("", ""))]
        table.add_row(
            *(one.name, f"{one.rows:,}", f"{one.least.wall_s:.2f}", f"{one.rows / one.least.wall_s:,.0f}"),
            *(f"{batch_machine_s / one.least.wall_s:.1f}", goals[0]),
            *(f"{one.streamed.wall_s:.2f}", f"{batch_machine_s / one.streamed.wall_s:.1f}", goals[1]),
            *(f"{one.least.processor_s:.1f} / {one.streamed.processor_s:.1f}",),
            *(f"{one.least.peak_mib:.0f} / {one.streamed.peak_mib:.0f}", one.equal),
        )
    console.print(table)


def show_seconds(found: Sequence[Measured]) -> None:
    """Print the seconds of each phase and output, which run concurrently."""
    names = list(dict.fromkeys(name for one in found for name in one.seconds))
    table = Table(title="seconds by phase and output, all streamed", title_justify="left", title_style="bold")
    for column in ("input", *names):
        table.add_column(column, justify="left" if column == "input" else "right")
    for one in found:
        table.add_row(one.name, *(f"{one.seconds[name]:.2f}" if name in one.seconds else "" for name in names))
    console.print(table)


def main() -> int:
    """Measure the requested inputs."""
    scale = float(os.environ.get("OA_BENCH_SCALE", "1"))
    selected = os.environ.get("OA_BENCH_INPUTS", ",".join(BATCH_MACHINE_S)).split(",")
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as folder:
        plain, what = plain_pass(Path(folder))
        factor = BATCH_MACHINE_BY_PLAIN[what] * plain.wall_s / BATCH_MACHINE_S[PLAIN_CSV]
        times = f"the present engine: {BATCH_MACHINE_BY_PLAIN[what]} times that"
        console.print(f"plain Python pass ({what}): {plain.wall_s:.1f} s; {times}")
        found = []
        for name in selected:
            with tempfile.TemporaryDirectory(prefix="one-", dir=folder) as one:
                found.append(bench(name, INPUTS[name], scale, Path(one)))
    show_speed(found, factor, scale)
    show_seconds(found)
    return int(any(one.equal.startswith("differs") for one in found))


if __name__ == "__main__":
    sys.exit(main())
