"""Layers of every format with a known number of rows, and damage at any place in their files."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely

from oa_task.features.bad_rows import BadRows
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure
from support.readers import entry_of

ROWS = 1_500
FORMATS = {
    "shapefile": ("a.shp", "ESRI Shapefile", ("a.dbf", "a.shp", "a.shx")),
    "gpkg": ("a.gpkg", "GPKG", ("a.gpkg",)),
    "gdb": ("a.gdb", "OpenFileGDB", ("*.gdbtable", "*.gdbtablx")),
    "xml": ("a.gml", "GML", ("a.gml",)),
}


@dataclass(frozen=True)
class Damage:
    """Damage of a file: from `place` (0 to 1) on it is cut, or `size` bytes are overwritten with `fill`."""

    member: str
    place: float
    size: int = 0
    fill: bytes = b""

    def apply(self, folder: Path) -> None:
        """Damage the largest file that matches `member`."""
        path = max(folder.rglob(self.member), key=lambda file: file.stat().st_size)
        body = bytearray(path.read_bytes())
        start = int(len(body) * self.place)
        if self.fill:
            body[start : start + self.size] = (self.fill * self.size)[: len(body[start : start + self.size])]
        else:
            del body[start:]
        path.write_bytes(body)


def write_rows(folder: Path, kind: str, count: int = ROWS) -> Path:
    """Write a layer of points with the columns NO and ST, filled in each row; return its path."""
    name, driver, _ = FORMATS[kind]
    numbers = np.arange(1, count + 1, dtype="int32")
    streets = np.array([f"Main {number} Road" for number in numbers], dtype=object)
    points = shapely.to_wkb(shapely.points(numbers / count, numbers / count))
    folder.mkdir(parents=True, exist_ok=True)
    pyogrio.raw.write(
        folder / name, points, [numbers, streets], ["NO", "ST"], geometry_type="Point", crs="EPSG:4326", driver=driver
    )
    return folder / name


def copy_damaged(original: Path, folder: Path, damage: Damage) -> Path:
    """Copy the folder of a layer and damage the copy; return the path of the layer in it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original.parent, folder)
    damage.apply(folder)
    return folder / original.name


def files_of(path: Path) -> list[Path]:
    """Return the files of the layer and next to it, as unpacking an archive does."""
    return sorted(file for file in path.parent.rglob("*") if file.is_file())


def is_loss_silent(path: Path, kind: str, count: int = ROWS) -> bool:
    """Return whether rows are missing, or lack a value, without a failure, a bad row or a warning."""
    bad_rows = BadRows()
    try:
        batches = list(open_batches(files_of(path), entry_of({"format": kind}), bad_rows=bad_rows))
    except TaskFailure:
        return False
    filled = sum(int(((batch.columns["NO"] != "") & (batch.columns["ST"] != "")).sum()) for batch in batches)
    # Without a single feature a conversion fails with source.empty.
    is_told = bad_rows.report() or bad_rows.left_out or bad_rows.warnings or not batches
    return filled < count and not is_told
