"""Tiles written for tests, and read by decoders of others: pmtiles for the file, mapbox-vector-tile for the tiles."""

import gzip
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import polars as pl
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely.geometry import shape

from oa_task.features.batch import Attributes, Geometry, Shapes
from oa_task.tiles.label import TilesetLabel
from oa_task.tiles.spool import TileSpool
from oa_task.tiles.tileset import write_tileset

EXTENT = 4096
_MAX_LATITUDE = 85.0511287798066


@dataclass(frozen=True, slots=True)
class TileFeature:
    """A feature of a tile: its layer, attributes, and geometry in units of the tile with y to the south."""

    zoom: int
    column: int
    row: int
    layer: str
    properties: dict[str, Any]
    geometry: shapely.Geometry

    def on_world(self) -> shapely.Geometry:
        """Return the geometry in units of the world at this zoom."""
        origin = np.array((self.column, self.row)) * EXTENT
        return shapely.transform(self.geometry, lambda vertices: vertices + origin)


def shapes_of(geometries: Sequence[shapely.Geometry | None]) -> Shapes:
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return Shapes(array)


def write(
    folder: Path,
    geometry: Geometry,
    columns: dict[str, list[str | None]] | None = None,
    *,
    encoded: Sequence[str] = (),
    label: TilesetLabel = TilesetLabel("test"),  # noqa: B008 - immutable
) -> Path:
    """Write a tileset of one layer, `things`; without columns, `id` is the number of the feature."""
    values = columns if columns is not None else {"id": [str(number) for number in range(len(geometry))]}
    frame = pl.DataFrame(values, schema=dict.fromkeys(values, pl.String))
    spool = TileSpool(folder / "spool", tuple(values))
    spool.write(Attributes(frame, frozenset(encoded)), geometry)
    spool.close()
    write_tileset({"things": spool}, folder / "out.pmtiles", label, work=folder)
    shutil.rmtree(folder / "spool")
    return folder / "out.pmtiles"


def read_header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        header: dict[str, Any] = Reader(MmapSource(file)).header()
        return header


def read_metadata(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        metadata: dict[str, Any] = Reader(MmapSource(file)).metadata()
        return metadata


def read_tiles(path: Path) -> dict[tuple[int, int, int], bytes]:
    """Return the compressed tiles by zoom, column and row."""
    with path.open("rb") as file:
        return dict(all_tiles(MmapSource(file)))


def read_features(path: Path, zoom: int | None = None) -> Iterator[TileFeature]:
    """Yield the features of the tiles of a zoom, or of all."""
    for (level, column, row), tile in read_tiles(path).items():
        if zoom in {None, level}:
            yield from decode(gzip.decompress(tile), level, column, row)


def decode(tile: bytes, zoom: int, column: int, row: int) -> Iterator[TileFeature]:
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    for name, layer in layers.items():
        assert layer["extent"] == EXTENT
        assert layer["version"] == 2
        for feature in layer["features"]:
            yield TileFeature(zoom, column, row, name, feature["properties"], shape(feature["geometry"]))


def project(geometry: shapely.Geometry, zoom: int) -> shapely.Geometry:
    """Return a geometry of degrees in units of the world at a zoom, in floating point."""

    def to_units(degrees: np.ndarray) -> np.ndarray:
        angle = np.radians(np.clip(degrees[:, 1], -_MAX_LATITUDE, _MAX_LATITUDE))
        x = degrees[:, 0] / 360 + 0.5
        y = 0.5 - np.log(np.tan(np.pi / 4 + angle / 2)) / (2 * np.pi)
        units: np.ndarray = np.column_stack((x, y)) * (EXTENT << zoom)
        return units

    return shapely.transform(geometry, to_units)
