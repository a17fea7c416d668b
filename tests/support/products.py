"""Datasets in a bucket, plans over them, and third-party readers for the products."""

import asyncio
import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import shapely

from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.features.batch import Attributes, Geometry, Points, Shapes
from oa_task.products.input_fetcher import FolderStorage
from oa_task.products.product_builder import build_product
from oa_task.products.rows import read_rows
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import output_batch
from oa_task.write.parquet import ParquetFile

Row = dict[str, Any]


class Bucket:
    """A folder of published datasets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs = 0

    def publish(
        self,
        source_name: str,
        rows: Sequence[Row],
        *,
        layer: str = "addresses",
        name: str = "city",
        **about: Any,
    ) -> Row:
        """Write a dataset like a job does and return its plan input; `at` of a row is x, y, a geometry or None."""
        self._jobs += 1
        prefix = f"job/{self._jobs}/attempt-1/"
        (self.folder / prefix).mkdir(parents=True)
        frame = pl.DataFrame({key: [row.get(key, "") for row in rows] for key in ATTRIBUTES[layer]})
        geometry = _geometry([row["at"] for row in rows])
        write_dataset(self.folder / prefix, Attributes(frame), geometry, layer)
        parquet, lines = self.folder / prefix / "source.parquet", self.folder / prefix / "source.geojson.gz"
        return {
            "source_name": source_name,
            "layer": layer,
            "name": name,
            "job": self._jobs,
            "key": f"{prefix}source.parquet",
            "geojson_key": f"{prefix}source.geojson.gz",
            "count": len(rows),
            **self.facts(parquet, lines),
            "license": None,
            "attribution": None,
            **about,
        }

    @staticmethod
    def facts(parquet: Path, lines: Path) -> Row:
        """Return what a plan input states of the files of a dataset."""
        digests = {"sha256": _sha256(parquet), "geojson_sha256": _sha256(lines)}
        return {**digests, "size_bytes": parquet.stat().st_size}

    async def build(self, body: Row, out: Path) -> Row:
        """Build a plan from this bucket and return the report."""
        await asyncio.to_thread(out.mkdir, exist_ok=True)
        return await build_product(
            json.dumps(body).encode(), out, storage=FolderStorage(self.folder), on_progress=lambda *_: None
        )


def read_rows_of(path: Path, layer: str) -> Iterator[tuple[Attributes, Geometry]]:
    """Yield the attributes and the geometries of a GeoParquet file."""
    for rows in read_rows(path, layer):
        names = [name for name in rows.batch.schema.names if name not in {"geometry", "bbox", "hash"}]
        frame = pl.DataFrame(pa.Table.from_batches([rows.batch.select(names)])).fill_null("")
        yield Attributes(frame), rows.geometry


def write_dataset(folder: Path, attributes: Attributes, geometry: Geometry, layer: str) -> None:
    batch = output_batch(attributes, geometry, layer)
    lines = GzipTextFile(folder / "source.geojson.gz")
    lines.write(batch.lines)
    lines.close()
    file = ParquetFile(folder / "source.parquet", ATTRIBUTES[layer])
    file.write(batch)
    file.close()


def plan_input(source_name: str, name: str) -> Row:
    """Return the plan input of a dataset without files."""
    about: Row = {"source_name": source_name, "layer": "addresses", "name": name, "job": 1}
    return {**about, "key": "x", "sha256": "0" * 64, "size_bytes": 1, "count": 1}


def plan(kind: str, inputs: Sequence[Row], **more: Any) -> Row:
    return {"v": 1, "kind": kind, "title": "Everything here", "formats": [], "inputs": list(inputs), **more}


def address(number: str, street: str, x: float, y: float, **more: str) -> Row:
    return {"number": number, "street": street, "at": (x, y), **more}


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.TextIOWrapper(gzip.open(path), encoding="utf-8", newline="")))


def read_ogr(path: Path, layer: str = "") -> Row:
    """Read a file with all drivers of GDAL, in another process: the engine's has few of them."""
    environ = {name: value for name, value in os.environ.items() if name != "GDAL_SKIP"}
    command = [sys.executable, "-c", _READ, str(path), layer]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    found: Row = json.loads(ended.stdout)
    return found


def read_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


_READ = """
import json, sys, pyogrio, shapely
path, layer = sys.argv[1], sys.argv[2] or None
about = pyogrio.read_info(path, layer=layer)
meta, _, geometry, columns = pyogrio.raw.read(path, layer=layer)
shapes = [None if body is None else shapely.to_wkt(shapely.from_wkb(body)) for body in geometry]
texts = [[None if value is None else str(value) for value in column] for column in columns]
rows = dict(zip(meta["fields"], texts))
print(json.dumps({"rows": rows, "shapes": shapes, "crs": meta["crs"], "type": about["geometry_type"],
    "encoding": about["encoding"], "driver": about["driver"], "layers": pyogrio.list_layers(path)[:, 0].tolist()}))
"""


def _geometry(places: Sequence[Any]) -> Geometry:
    if all(place is None or isinstance(place, tuple) for place in places):
        pairs = np.array([(np.nan, np.nan) if place is None else place for place in places], dtype=np.float64)
        return Points(pairs[:, 0].copy(), pairs[:, 1].copy())
    shapes = np.array([shapely.Point(place) if isinstance(place, tuple) else place for place in places], dtype=object)
    return Shapes(shapes)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
