"""Vector tiles of products: a layer of tiles for each layer of the data, with the same name."""

from collections.abc import Mapping
from pathlib import Path

from oa_task.products.geojson import write_geojson
from oa_task.products.parts import Part
from oa_task.runtime.failure import TaskFailure
from oa_task.write.tiles import MAX_ZOOM, SHOWN_ATTRIBUTES, run_tippecanoe


def write_tiles(parts: list[Part], target: Path, *, title: str, work: Path) -> dict[str, int]:
    """Write tiles of zoom 0 to 14 with the label of each feature's dataset.

    Raises TaskFailure bug.crash or resource.*; source.empty if no row has a geometry.
    """
    if all(part.bounds is None for part in parts):
        raise TaskFailure("source.empty", "no row has a geometry, and tiles contain only geometries")
    folder = work / "tiles"
    folder.mkdir()
    files: dict[str, list[Path]] = {}
    for index, part in enumerate(parts):
        path = folder / f"{index}.geojson.gz"
        write_geojson(part, path)
        files.setdefault(part.layer, []).append(path)
    run_tippecanoe(_arguments(files, title), target, work=work)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return {}


def _arguments(files: Mapping[str, list[Path]], title: str) -> list[str]:
    names = sorted({name for layer in files for name in SHOWN_ATTRIBUTES[layer]} | {"source"})
    return [
        *("--name", title, "--minimum-zoom", "0", "--maximum-zoom", str(MAX_ZOOM), "--drop-densest-as-needed"),
        *(f"--include={name}" for name in names),
        *(f"--named-layer={layer}:{path}" for layer, paths in files.items() for path in paths),
    ]
