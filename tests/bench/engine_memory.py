"""Peak memory of whole jobs: `oa-task run` with every output on 500,000 points of each format, and exports of as many.

"MiB" counts all processes of a job with the files that they map, "without files" leaves these out, because the kernel
drops their pages before it ends a process. Nothing fails this benchmark; the goal is GOAL_MIB without files.
OA_BENCH_SCALE=10 makes the inputs ten times as long and removes each after its job; a sheet has at most SHEET_ROWS.
OA_BENCH_FORMATS="csv;geopackage" selects some of them.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arcgis_layer import serve_layer
from engine_products import PRODUCTS, publish
from engine_speed import DATA, run_engine, serve
from inputs import Kind, make
from memory_inputs import FORMATS
from meter import Run, measure

GOAL_MIB = 600
EXPORTS = tuple(f"export {name}" for name in ("csv", "geojson", "parquet", "gpkg", "flatgeobuf", "shapefile"))


@dataclass(frozen=True, slots=True)
class Peak:
    """The cost of one job."""

    what: str
    rows: int
    run: Run


@contextmanager
def serve_input(kind: Kind, data: Path) -> Iterator[str]:
    """Serve the data of a kind by its protocol, and yield its URL."""
    if kind.protocol == "ESRI":
        with serve_layer(data) as url:
            yield url
        return
    with serve(data.parent) as url:
        yield f"{url}/{data.name}"


def measure_input(name: str, kind: Kind, scale: float, folder: Path) -> Peak:
    """Measure a job of one format."""
    data = make(kind, DATA / "memory", scale)
    with serve_input(kind, data) as url, tempfile.TemporaryDirectory(dir=folder) as out:
        source = Path(out) / "source.json"
        source.write_text(json.dumps(kind.definition(url)), encoding="utf-8")
        run = run_engine(source, kind, Path(out) / "out", ())
    if scale > 1:
        data.unlink()
    return Peak(name, json.loads(run.output)["count"], run)


def measure_export(product: dict[str, Any], datasets: list[dict[str, Any]], folder: Path) -> Run:
    """Measure an export."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"v": 1, "title": "bench", "inputs": datasets, **product}), encoding="utf-8")
    program = str(Path(sys.executable).with_name("oa-task"))
    with tempfile.TemporaryDirectory(dir=folder) as out:
        return measure([program, "build", str(plan), "--inputs", str(folder), "--out", out, "--json"])


def show(peak: Peak) -> None:
    """Print the cost of a job as soon as it has ended: all of them together take minutes."""
    run = peak.run
    seconds = f"{run.wall_s:.1f} s, {run.processor_s:.1f} s of processor"
    own = f"{run.peak_own_mib:.0f} MiB without files"
    print(f"{peak.what:<20} {peak.rows:>9,} rows  {run.peak_mib:>5.0f} MiB, {own}; {seconds}", flush=True)


def main() -> int:
    """Measure the selected formats and exports."""
    scale = float(os.environ.get("OA_BENCH_SCALE", "1"))
    selected = [name for name in os.environ.get("OA_BENCH_FORMATS", "").split(";") if name] or [*FORMATS, *EXPORTS]
    print(f"memory of whole jobs, goal {GOAL_MIB} MiB without files")
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as name:
        folder = Path(name)
        for what, kind in FORMATS.items():
            if what in selected:
                show(measure_input(what, kind, scale, folder))
        exports = [what for what in EXPORTS if what in selected]
        datasets = [publish(folder, number) for number in range(max(1, round(10 * scale)))] if exports else []
        rows = sum(dataset["count"] for dataset in datasets)
        for what in exports:
            show(Peak(what, rows, measure_export(PRODUCTS[what], datasets, folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
