"""Products from published files, with `oa-task build` as a process: rows per second, and memory that grows little.

Each product is built from 500,000 addresses and from 2,000,000; "MiB" is the peak memory of all its processes.
OA_BENCH_SCALE=10 makes the inputs ten times as long.
"""

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from inputs import KINDS, STREETS
from meter import measure
from rich.console import Console
from rich.table import Table

from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.features.batch import Attributes, Points
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import output_batch
from oa_task.write.parquet import ParquetFile

ROOT = Path(__file__).parents[2]
SCALE = max(1, int(float(os.environ.get("OA_BENCH_SCALE", "1"))))
DATASET_ROWS = 50_000 * SCALE
SIZES = (10, 40)
BATCH_ROWS = 50_000
PRODUCTS: dict[str, dict[str, Any]] = {
    "export csv": {"kind": "export", "formats": ["csv"]},
    "export csv, in a box": {"kind": "export", "formats": ["csv"], "bbox": [-104, 41, -103, 42]},
    "export geojson": {"kind": "export", "formats": ["geojson"]},
    "export parquet": {"kind": "export", "formats": ["parquet"]},
    "export parquet, each address once": {"kind": "export", "formats": ["parquet"], "deduplicate": True},
    "export gpkg": {"kind": "export", "formats": ["gpkg"]},
    "export flatgeobuf": {"kind": "export", "formats": ["flatgeobuf"]},
    "export shapefile": {"kind": "export", "formats": ["shapefile"]},
    "collection geojson and parquet": {"kind": "collection", "formats": ["geojson", "parquet"]},
    "fabric": {"kind": "fabric", "formats": ["pmtiles"]},
}


def main() -> None:
    only = os.environ.get("OA_BENCH_PRODUCTS", "")
    table = Table(title="oa-task build", title_justify="left")
    for heading in ("product", "rows", "s", "rows a second", "MiB"):
        table.add_column(heading, justify="left" if heading == "product" else "right")
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as name:
        folder = Path(name)
        datasets = [publish(folder, number) for number in range(max(SIZES))]
        for product, wishes in PRODUCTS.items():
            if only in product:
                for size in SIZES:
                    table.add_row(product, *build_product(folder, wishes, datasets[:size]))
    Console(width=120, highlight=False).print(table)


def publish(folder: Path, number: int) -> dict[str, Any]:
    """Write an invented dataset of a state; every fourth is a city whose addresses are also in its county."""
    random = np.random.default_rng(number // 4 * 4 if number % 4 else number + 1)
    prefix = f"job/{number + 1}/attempt-1"
    (folder / prefix).mkdir(parents=True)
    lines = GzipTextFile(folder / prefix / "source.geojson.gz")
    parquet = ParquetFile(folder / prefix / "source.parquet", ATTRIBUTES["addresses"])
    for _ in range(DATASET_ROWS // BATCH_ROWS):
        batch = output_batch(*_batch(random, number // 4), "addresses")
        lines.write(batch.lines)
        parquet.write(batch)
    lines.close()
    parquet.close()
    body = (folder / prefix / "source.parquet").read_bytes()
    return {
        "source_name": f"us/xx/place_{number}",
        "layer": "addresses",
        "name": "city" if number % 4 else "county",
        "job": number + 1,
        "key": f"{prefix}/source.parquet",
        "geojson_key": f"{prefix}/source.geojson.gz",
        "sha256": hashlib.sha256(body).hexdigest(),
        "size_bytes": len(body),
        "count": DATASET_ROWS,
    }


def _batch(random: np.random.Generator, place: int) -> tuple[Attributes, Points]:
    size = BATCH_ROWS
    streets = [f"{STREETS[one]} {KINDS[other]}" for one, other in zip(*_picks(random, size), strict=True)]
    columns = {
        "number": random.integers(1, 9_999, size).astype(str),
        "street": streets,
        "unit": [""] * size,
        "city": ["Somewhere"] * size,
        "postcode": random.integers(10_000, 10_050, size).astype(str),
        "id": random.integers(1, 10**9, size).astype(str),
    }
    frame = pl.DataFrame({name: columns.get(name, [""] * size) for name in ATTRIBUTES["addresses"]})
    west, south = -104.0 + place, 41.0
    x, y = west + random.random(size), south + random.random(size)
    return Attributes(frame.with_columns(pl.all().cast(pl.String))), Points(x, y)


def _picks(random: np.random.Generator, size: int) -> tuple[list[int], list[int]]:
    return random.integers(0, len(STREETS), size).tolist(), random.integers(0, len(KINDS), size).tolist()


def build_product(folder: Path, wishes: dict[str, Any], datasets: list[dict[str, Any]]) -> tuple[str, ...]:
    """Build a product and return the cells of its row."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"v": 1, "title": "bench", "inputs": datasets, **wishes}))
    with tempfile.TemporaryDirectory(prefix="oa-bench-out-") as out:
        program = str(Path(sys.executable).with_name("oa-task"))
        run = measure([program, "build", str(plan), "--inputs", str(folder), "--out", out, "--json"])
    rows = len(datasets) * DATASET_ROWS
    return f"{rows:,}", f"{run.wall_s:.1f}", f"{rows / run.wall_s:,.0f}", f"{run.peak_mib:,.0f}"


if __name__ == "__main__":
    main()
