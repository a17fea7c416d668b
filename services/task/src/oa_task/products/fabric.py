"""The fabric: one PMTiles of a layer over all published data, squares with counts at first, then points.

A tile is divided into 32 x 32 squares. At zoom 0 to 9 each that holds rows is drawn; from zoom 10 to 12 each dataset
has one point in each, fewer where a tile would be too large.
"""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from oa_task.products.attribution import write_attribution
from oa_task.products.build_context import BuildContext
from oa_task.products.grid import cells_of, coarser_cells, sides_of
from oa_task.products.plan import ProductInput
from oa_task.products.rows import RowBatch, read_input
from oa_task.runtime.failure import TaskFailure
from oa_task.write.gzip import GzipTextFile
from oa_task.write.json_text import Piece, escape_json, join_pieces
from oa_task.write.tiles import run_tippecanoe

FABRIC_FILE = "fabric.pmtiles"
GRID_ZOOM, MAX_ZOOM = 9, 12
_FINER = 5
_BASE_ZOOM = GRID_ZOOM + _FINER
_POINT_ZOOM = MAX_ZOOM + _FINER
_DECIMALS = 6
_MOST_WAITING = 2_000_000
_CHUNK = 50_000


def build_fabric(making: BuildContext) -> dict[str, Any]:
    """Write the tiles and who is to be named; return the counts. Raises TaskFailure."""
    points, squares = making.work / "points.geojson.gz", making.work / "squares.geojson.gz"
    fabric = _Fabric(points)
    with making.clock.phase("inputs"):
        for about in making.inputs():
            fabric.add(next(making.files), about, making)
        fabric.close()
    if fabric.bounds is None:
        raise TaskFailure("source.empty", f"no row of the {len(making.plan.inputs):,} inputs has a place")
    with making.clock.phase("squares"):
        fabric.write_squares(squares)
    write_attribution(making.out, making.plan.title, making.plan.inputs)
    making.told("pmtiles", 0, None)
    with making.clock.phase("pmtiles"):
        run_tippecanoe(_arguments(making, points, squares), making.out / FABRIC_FILE, work=making.work)
    return {"count": fabric.count, "bounds": fabric.bounds, "inputs": fabric.inputs}


def _arguments(making: BuildContext, *files: Path) -> list[str]:
    return [
        *("--layer", str(making.plan.layer), "--name", making.plan.title),
        *("--minimum-zoom", "0", "--maximum-zoom", str(MAX_ZOOM)),
        *("--drop-densest-as-needed", *map(str, files)),
    ]


class _Fabric:
    """Counts by square and dataset: memory holds 20 bytes for each square of 2 km in which a dataset has rows."""

    def __init__(self, points: Path) -> None:
        self.count = 0
        self.bounds: list[float] | None = None
        self.inputs: list[dict[str, Any]] = []
        self._points = GzipTextFile(points)
        self._squares: list[pl.DataFrame] = []
        self._labels: list[str] = []
        self._jobs: list[int] = []

    def add(self, path: Path, about: ProductInput, making: BuildContext) -> None:
        """Count the rows of a dataset, and write its points."""
        waiting = _Sums()
        before = self.count
        for rows in read_input(path, about, making.plan.bbox):
            self.count += len(rows)
            waiting.add(rows)
            making.told("rows", self.count, None)
        number = len(self._labels)
        self._labels.append(about.label)
        self._jobs.append(about.job)
        named = {"source_name": about.source_name, "layer": about.layer, "name": about.name, "job": about.job}
        self.inputs.append({**named, "count": self.count - before})
        cells = waiting.merged()
        if len(cells):
            self._extend(waiting.bounds)
            self._write_points(cells, number)
            self._squares.append(_counted(cells, number))

    def close(self) -> None:
        """Finish the points."""
        self._points.close()

    def write_squares(self, path: Path) -> None:
        """Write the squares of every zoom, with what is in them together."""
        file = GzipTextFile(path)
        base = pl.concat(self._squares)
        for zoom in range(GRID_ZOOM + 1):
            for chunk in _level(base, zoom).iter_slices(_CHUNK):
                file.write(self._square_lines(chunk, zoom))
        file.close()

    def _square_lines(self, chunk: pl.DataFrame, zoom: int) -> pl.Series:
        sides = sides_of(chunk["cell"].to_numpy(), zoom + _FINER)
        west, south, east, north = (pl.Series(side).round(_DECIMALS).cast(pl.String) for side in sides)
        ring = join_pieces(
            [
                *("[", west, ", ", south, "], [", east, ", ", south, "], ["),
                *(east, ", ", north, "], [", west, ", ", north, "], [", west, ", ", south, "]"),
            ]
        )
        shape = join_pieces(['{"type": "Polygon", "coordinates": [[', ring, "]]}"])
        return self._lines(chunk, shape, minzoom=str(zoom), maxzoom=zoom)

    def _write_points(self, cells: pl.DataFrame, number: int) -> None:
        for chunk in cells.with_columns(minzoom=_first_zooms(cells["cell"].to_numpy())).iter_slices(_CHUNK):
            x, y = ((chunk[name] / chunk["count"]).round(_DECIMALS).cast(pl.String) for name in ("x_sum", "y_sum"))
            shape = join_pieces(['{"type": "Point", "coordinates": [', x, ", ", y, "]}"])
            about = chunk.select("count", source=pl.lit(number, pl.UInt32), sources=pl.lit(1, pl.UInt32))
            self._points.write(self._lines(about, shape, minzoom=chunk["minzoom"].cast(pl.String), maxzoom=MAX_ZOOM))

    def _lines(self, chunk: pl.DataFrame, shape: pl.Series, *, minzoom: Piece, maxzoom: int) -> pl.Series:
        places = chunk["source"].to_numpy()
        labels = escape_json(pl.Series(self._labels)).gather(places)
        jobs = pl.Series(self._jobs).gather(places).cast(pl.String)
        return join_pieces(
            [
                *('{"type": "Feature", "tippecanoe": {"minzoom": ', minzoom, f', "maxzoom": {maxzoom}}}, '),
                *('"properties": {"source": "', labels, '", "job": ', jobs),
                *(', "count": ', chunk["count"].cast(pl.String)),
                *(', "sources": ', chunk["sources"].cast(pl.String), '}, "geometry": ', shape, "}\n"),
            ]
        )

    def _extend(self, found: list[float]) -> None:
        if self.bounds is None:
            self.bounds = found
            return
        self.bounds = [*map(min, self.bounds[:2], found[:2]), *map(max, self.bounds[2:], found[2:])]


class _Sums:
    """Rows of one dataset by square of some 300 m: how many, and the sums of their places."""

    def __init__(self) -> None:
        self.bounds: list[float] = [180.0, 90.0, -180.0, -90.0]
        self._waiting: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, rows: RowBatch) -> None:
        boxes = rows.bounds
        boxes = boxes[~np.isnan(boxes).any(axis=1)]
        if not len(boxes):
            return
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        low, high = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
        self.bounds = [*map(min, self.bounds[:2], low), *map(max, self.bounds[2:], high)]
        frame = pl.DataFrame({"cell": cells_of(x, y, _POINT_ZOOM), "x_sum": x, "y_sum": y, "count": np.ones(len(x))})
        self._waiting.append(_summed(frame.with_columns(pl.col("count").cast(pl.UInt64))))
        self._rows += self._waiting[-1].height
        if self._rows > _MOST_WAITING:
            self._waiting = [self.merged()]
            self._rows = 0

    def merged(self) -> pl.DataFrame:
        """Return a row for each square."""
        return _summed(pl.concat(self._waiting)) if self._waiting else pl.DataFrame()


def _summed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by("cell").agg(pl.col("x_sum", "y_sum", "count").sum()).sort("cell")


def _first_zooms(cells: np.ndarray) -> np.ndarray:
    """Return from which zoom on each point is shown: at every zoom one in a square of the size it has there."""
    zooms = np.full(len(cells), MAX_ZOOM)
    for zoom in range(MAX_ZOOM - 1, GRID_ZOOM, -1):
        _, firsts = np.unique(coarser_cells(cells, _POINT_ZOOM, to=zoom + _FINER), return_index=True)
        zooms[firsts] = zoom
    return zooms


def _counted(cells: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return the counts of one dataset by the smallest squares that are drawn."""
    base = coarser_cells(cells["cell"].to_numpy(), _POINT_ZOOM, to=_BASE_ZOOM)
    frame = pl.DataFrame({"cell": base, "count": cells["count"]}).group_by("cell").agg(pl.col("count").sum())
    return frame.with_columns(source=pl.lit(number, pl.UInt32))


def _level(base: pl.DataFrame, zoom: int) -> pl.DataFrame:
    """Return the squares of a zoom: the count, how many datasets, and the one with the most rows."""
    cells = coarser_cells(base["cell"].to_numpy(), _BASE_ZOOM, to=zoom + _FINER)
    by_dataset = base.with_columns(cell=pl.Series(cells)).group_by("cell", "source").agg(pl.col("count").sum())
    ordered = by_dataset.sort(["cell", "count", "source"], descending=[False, True, False])
    squares = ordered.group_by("cell", maintain_order=True)
    return squares.agg(pl.col("count").sum(), pl.col("source").first(), sources=pl.len().cast(pl.UInt32))
