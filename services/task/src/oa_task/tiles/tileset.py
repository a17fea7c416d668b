"""A PMTiles file with layers of vector tiles of zoom 0 to 14, from spools."""

from collections.abc import Sequence
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_task.tiles.label import TilesetLabel
from oa_task.tiles.pmtiles_file import Bounds, PmtilesFile
from oa_task.tiles.spool import TileSpool
from oa_task.tiles.tile_layer import TileLayer
from oa_task.tiles.tile_writer import write_zooms
from oa_task.tiles.world import MAX_ZOOM, WORLD, degrees


def write_tileset(
    spools: dict[str, TileSpool], target: Path, label: TilesetLabel, *, work: Path, max_zoom: int = MAX_ZOOM
) -> None:
    """Write the tiles of complete spools, by the name of their layer, each with a feature. Raises OSError.

    If all features are so large that a zoom would have too many tiles, the zoom before is the last.
    """
    layers = [TileLayer(name, spool) for name, spool in spools.items()]
    file = PmtilesFile(target, work)
    try:
        dropped = write_zooms(layers, file, range(max_zoom + 1))
        dropped[-1] += sum(layer.dropped for layer in layers)
        file.close(
            _metadata(layers, label, dropped, file.zooms),
            bounds=_bounds(layers),
            center=layers[0].center,
        )
    except BaseException:
        file.abandon()
        raise


def _bounds(layers: Sequence[TileLayer]) -> Bounds:
    west, north = (min(layer.box[side] for layer in layers) for side in (0, 1))
    east, south = (max(layer.box[side] for layer in layers) for side in (2, 3))
    if west < 0 or east > WORLD:
        west, east = 0, WORLD
    return *degrees(west, south), *degrees(east, north)


def _metadata(
    layers: Sequence[TileLayer], label: TilesetLabel, dropped: Sequence[int], zooms: tuple[int, int]
) -> JsonObject:
    west, south, east, north = _bounds(layers)
    metadata: JsonObject = {
        "name": label.name,
        "description": label.name,
        "format": "pbf",
        "type": "overlay",
        "version": "2",
        "generator": "OpenAddresses Batch",
        "strategies": [{"dropped_as_needed": count} if count else {} for count in dropped],
        "antimeridian_adjusted_bounds": f"{west:f},{south:f},{east:f},{north:f}",
        "vector_layers": [
            {
                "id": layer.name,
                "description": "",
                "minzoom": zooms[0],
                "maxzoom": zooms[1],
                "fields": layer.fields,
            }
            for layer in layers
        ],
        "tilestats": {
            "layerCount": len(layers),
            "layers": [
                {
                    "layer": layer.name,
                    "count": layer.spool.count,
                    "geometry": layer.geometry,
                    "attributeCount": len(layer.spool.names),
                }
                for layer in layers
            ],
        },
    }
    if label.attribution:
        metadata["attribution"] = label.attribution
    return metadata
