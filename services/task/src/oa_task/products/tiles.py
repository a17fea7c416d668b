"""Vector tiles of products: a layer of tiles for each layer of the data, with the same name."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa

from oa_shared.product_plans import ProductInput
from oa_task.features.batch import Attributes
from oa_task.products.attribution import input_credit
from oa_task.products.parts import Part
from oa_task.runtime.failure import TaskFailure
from oa_task.tiles.label import TilesetLabel, attribution_html
from oa_task.tiles.spool import SHOWN_ATTRIBUTES, TileSpool
from oa_task.tiles.tileset import write_tileset


def product_label(title: str, inputs: Iterable[ProductInput]) -> TilesetLabel:
    """Return the label of the tiles of a product, with the credits of its datasets."""
    return TilesetLabel(title, attribution_html(input_credit(item).attribution for item in inputs))


def write_tiles(parts: list[Part], target: Path, label: TilesetLabel, *, work: Path) -> dict[str, int]:
    """Write tiles of zoom 0 to 14 with the label of each feature's dataset; return no counts.

    Raises TaskFailure source.empty if no row has a geometry.
    """
    if all(part.bounds is None for part in parts):
        raise TaskFailure("source.empty", "no row has a geometry, and tiles contain only geometries")
    folder = work / "tiles"
    spools: dict[str, TileSpool] = {}
    for part in parts:
        names = (*SHOWN_ATTRIBUTES[part.layer], "source")
        if part.layer not in spools:
            spools[part.layer] = TileSpool(folder / part.layer, names)
        spool = spools[part.layer]
        for rows in part.rows():
            frame = pl.DataFrame(pa.Table.from_batches([rows.batch.select(list(names))])).fill_null("")
            spool.write(Attributes(frame), rows.geometry)
    for spool in spools.values():
        spool.close()
    write_tileset({layer: spool for layer, spool in spools.items() if spool.count}, target, label, work=work)
    shutil.rmtree(folder)
    return {}
