"""Layers of every format with a known number of rows, and damage at any place in their files."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely

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
