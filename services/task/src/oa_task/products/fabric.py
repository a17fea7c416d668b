"""The fabric: one PMTiles file of a layer over all published data, with squares at low zooms and points at high ones.

At zooms 0 to 8 a tile is divided into 64 x 64 squares, each with rows a polygon: 8 to 16 pixels on the screen, where a
tile is 512 to 1024 pixels wide. Zoom 9 has the squares of zoom 8, about 2 km wide: smaller ones have holes between
villages. At zooms 10 to 12 a tile is divided into 32 x 32 squares, and each dataset has at most one point per square,
fewer in a tile that would be too large.
"""

from pathlib import Path

import numpy as np
import polars as pl
import shapely

from oa_shared.json_types import JsonObject
from oa_shared.product_plans import ProductInput
from oa_shared.products import FABRIC_FILE
from oa_task.features.batch import Attributes, Points, Shapes
from oa_task.products.attribution import write_attribution
from oa_task.products.build_context import BuildContext
from oa_task.products.grid import cells_of, coarser_cells, sides_of
from oa_task.products.rows import RowBatch, read_input
from oa_task.products.tiles import product_label
from oa_task.runtime.failure import TaskFailure
from oa_task.tiles.spool import TileSpool
from oa_task.tiles.tileset import write_tileset
from oa_task.write.rounding import DECIMALS

GRID_ZOOM, MAX_ZOOM = 9, 12
_SQUARES_FINER, _POINTS_FINER = 6, 5
_BASE_ZOOM = 14
_POINT_ZOOM = MAX_ZOOM + _POINTS_FINER
_MAX_WAITING = 2_000_000
_CHUNK = 50_000
# Sums of integers do not depend on the order of the rows, which differs from run to run.
_UNITS = 2 * 10**DECIMALS
_ATTRIBUTES = ("source", "job", "count", "sources")


def build_fabric(context: BuildContext) -> JsonObject:
    """Write the tiles and the attribution; return the counts. Raises TaskFailure."""
    spool = TileSpool(context.work / "tiles", _ATTRIBUTES)
    fabric = _Fabric(spool)
    with context.clock.phase("inputs"):
        for item in context.inputs():
            fabric.add(next(context.files), item, context)
    if fabric.bounds is None:
        raise TaskFailure("source.empty", f"no row of the {len(context.plan.inputs):,} inputs has a geometry")
    with context.clock.phase("squares"):
        fabric.write_squares()
        spool.close()
    write_attribution(context.out, context.plan.title, context.plan.inputs)
    context.on_progress("pmtiles", 0, None)
    with context.clock.phase("pmtiles"):
        label = product_label(context.plan.title, context.plan.inputs)
        spools = {str(context.plan.layer): spool}
        write_tileset(spools, context.out / FABRIC_FILE, label, work=context.work, max_zoom=MAX_ZOOM)
    return {"count": fabric.count, "bounds": fabric.bounds, "inputs": fabric.inputs}


class _Fabric:
    """Counts by square and dataset; memory holds 20 bytes for each 2 km square in which a dataset has rows."""

    def __init__(self, tiles: TileSpool) -> None:
        self.count = 0
        self.bounds: list[float] | None = None
        self.inputs: list[JsonObject] = []
        self._tiles = tiles
        self._squares: list[pl.DataFrame] = []
        self._labels: list[str] = []
        self._jobs: list[int] = []

    def add(self, path: Path, item: ProductInput, context: BuildContext) -> None:
        """Count the rows of a dataset, and write its points."""
        sums = _SquareSums()
        before = self.count
        for rows in read_input(path, item, context.plan.bbox):
            self.count += len(rows)
            sums.add(rows)
            context.on_progress("rows", self.count, None)
        number = len(self._labels)
        self._labels.append(item.label)
        self._jobs.append(item.job)
        named = {"source_name": item.source_name, "layer": item.layer, "name": item.name, "job": item.job}
        self.inputs.append({**named, "count": self.count - before})
        cells = sums.merge()
        if len(cells):
            self._extend_bounds(sums.bounds)
            self._write_points(cells, number)
            self._squares.append(_count_squares(cells, number))

    def write_squares(self) -> None:
        """Write the squares of every zoom with their counts over all datasets."""
        base = pl.concat(self._squares)
        for zoom in range(GRID_ZOOM + 1):
            for chunk in _squares_of_zoom(base, zoom).iter_slices(_CHUNK):
                west, south, east, north = sides_of(chunk["cell"].to_numpy(), _cell_zoom(zoom))
                zooms = np.full((chunk.height, 2), zoom)
                self._tiles.write(self._attributes(chunk), Shapes(shapely.box(west, south, east, north)), zooms)

    def _write_points(self, cells: pl.DataFrame, number: int) -> None:
        for chunk in cells.with_columns(minzoom=_first_zooms(cells["cell"].to_numpy())).iter_slices(_CHUNK):
            x, y = ((chunk[name] / chunk["count"] / _UNITS).to_numpy() for name in ("x_sum", "y_sum"))
            counts = chunk.select("count", source=pl.lit(number, pl.UInt32), sources=pl.lit(1, pl.UInt32))
            zooms = np.column_stack((chunk["minzoom"].to_numpy(), np.full(chunk.height, MAX_ZOOM)))
            self._tiles.write(self._attributes(counts), Points(x, y), zooms)

    def _attributes(self, chunk: pl.DataFrame) -> Attributes:
        numbers = chunk["source"].to_numpy()
        labels, jobs = pl.Series(self._labels).gather(numbers), pl.Series(self._jobs).gather(numbers)
        frame = chunk.select(pl.col("count", "sources").cast(pl.String), source=labels, job=jobs.cast(pl.String))
        return Attributes(frame, frozenset({"job", "count", "sources"}))

    def _extend_bounds(self, box: list[float]) -> None:
        if self.bounds is None:
            self.bounds = box
            return
        self.bounds = [*map(min, self.bounds[:2], box[:2]), *map(max, self.bounds[2:], box[2:])]


class _SquareSums:
    """Rows of one dataset by square of about 300 m: their number and the sums of their coordinates in integers."""

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
        x_sum, y_sum = (np.rint(values * _UNITS).astype(np.int64) for values in (x, y))
        cells = cells_of(x, y, _POINT_ZOOM)
        frame = pl.DataFrame({"cell": cells, "x_sum": x_sum, "y_sum": y_sum, "count": np.ones(len(x))})
        self._waiting.append(_sum_by_cell(frame.with_columns(pl.col("count").cast(pl.UInt64))))
        self._rows += self._waiting[-1].height
        if self._rows > _MAX_WAITING:
            self._waiting = [self.merge()]
            self._rows = 0

    def merge(self) -> pl.DataFrame:
        """Return a row for each square."""
        return _sum_by_cell(pl.concat(self._waiting)) if self._waiting else pl.DataFrame()


def _sum_by_cell(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by("cell").agg(pl.col("x_sum", "y_sum", "count").sum()).sort("cell")


def _first_zooms(cells: np.ndarray) -> np.ndarray:
    """Return the lowest zoom that shows each point: at every zoom, each square of that zoom has one point."""
    zooms = np.full(len(cells), MAX_ZOOM)
    for zoom in range(MAX_ZOOM - 1, GRID_ZOOM, -1):
        _, firsts = np.unique(coarser_cells(cells, _POINT_ZOOM, to=zoom + _POINTS_FINER), return_index=True)
        zooms[firsts] = zoom
    return zooms


def _count_squares(cells: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return the counts of one dataset by the smallest squares of the tiles."""
    base = coarser_cells(cells["cell"].to_numpy(), _POINT_ZOOM, to=_BASE_ZOOM)
    frame = pl.DataFrame({"cell": base, "count": cells["count"]}).group_by("cell").agg(pl.col("count").sum())
    return frame.with_columns(source=pl.lit(number, pl.UInt32))


def _cell_zoom(zoom: int) -> int:
    """Return the zoom whose tiles have the size of the squares of a zoom."""
    return min(zoom + _SQUARES_FINER, _BASE_ZOOM)


def _squares_of_zoom(base: pl.DataFrame, zoom: int) -> pl.DataFrame:
    """Return the squares of a zoom: count of rows, number of datasets, and the dataset with the most rows."""
    cells = coarser_cells(base["cell"].to_numpy(), _BASE_ZOOM, to=_cell_zoom(zoom))
    by_dataset = base.with_columns(cell=pl.Series(cells)).group_by("cell", "source").agg(pl.col("count").sum())
    ordered = by_dataset.sort(["cell", "count", "source"], descending=[False, True, False])
    squares = ordered.group_by("cell", maintain_order=True)
    return squares.agg(pl.col("count").sum(), pl.col("source").first(), sources=pl.len().cast(pl.UInt32))
