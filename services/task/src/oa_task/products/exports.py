"""Exports: the rows of some datasets of one layer as one file, in the format that somebody asked for."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oa_task.products.attribution import write_attribution
from oa_task.products.build_context import BuildContext
from oa_task.products.csv import write_csv
from oa_task.products.deduplication import deduplicate, rank_datasets
from oa_task.products.geojson import write_geojson
from oa_task.products.ogr import write_flatgeobuf, write_gpkg
from oa_task.products.parts import Part, bounds_of
from oa_task.products.shapefile import write_shapefile
from oa_task.products.tiles import write_tiles

Writer = Callable[[Part, Path, BuildContext], dict[str, int]]
PARQUET_FILE = "export.parquet"
FILES: dict[str, tuple[str, Writer]] = {
    "csv": ("export.csv.gz", lambda part, target, _: write_csv(part, target)),
    "geojson": ("export.geojson.gz", lambda part, target, _: write_geojson(part, target)),
    "gpkg": ("export.gpkg", lambda part, target, _: write_gpkg(part, target)),
    "flatgeobuf": ("export.fgb", lambda part, target, _: write_flatgeobuf(part, target)),
    "shapefile": ("export.shp.zip", lambda part, target, making: write_shapefile(part, target, work=making.work)),
    "pmtiles": (
        "export.pmtiles",
        lambda part, target, making: write_tiles([part], target, title=making.plan.title, work=making.work),
    ),
}


def build_export(making: BuildContext) -> dict[str, Any]:
    """Write a file for each format and who is to be named; return the counts. Raises TaskFailure."""
    gathering = making.gathering()
    with making.clock.phase("inputs"):
        for about in making.inputs():
            gathering.add(next(making.files), about)
        (part,) = making.parts_of(gathering)
    report: dict[str, Any] = {"inputs": gathering.inputs}
    if making.plan.deduplicate and part.layer == "addresses":
        with making.clock.phase("deduplicate"):
            part, dropped = deduplicate(part, rank_datasets(making.plan.inputs), making.work)
        report["dropped"] = dropped
    report["notes"] = {name: notes for name in making.plan.formats if (notes := _written(part, name, making))}
    write_attribution(making.out, making.plan.title, making.plan.inputs)
    if "parquet" in making.plan.formats:
        shutil.move(part.path, making.out / PARQUET_FILE)
    return {"count": part.count, "bounds": bounds_of([part]), **report}


def _written(part: Part, name: str, making: BuildContext) -> dict[str, int]:
    if name not in FILES:
        return {}
    file, write = FILES[name]
    making.told(name, 0, part.count)
    with making.clock.phase(name):
        return write(part, making.out / file, making)
