"""The rings of features in their tiles: cut, on the grid of the zoom, clean; features too small for it as marks."""

import numpy as np

from oa_task.tiles.cleaning import clean
from oa_task.tiles.clipping import clip
from oa_task.tiles.entries import Entries
from oa_task.tiles.large_entries import LargeEntries
from oa_task.tiles.outlines import AREA, LINE
from oa_task.tiles.ragged import places_within
from oa_task.tiles.rings import Rings, join
from oa_task.tiles.thinning import MIN_UNITS
from oa_task.tiles.tile_features import BUFFER, CUT, MARK, PIECE, WHOLE, TileFeatures, to_grid, to_tiles
from oa_task.tiles.world import EXTENT, MAX_ZOOM, WORLD_BITS

_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.int32)
_LINE_VERTICES = 2


def entries_of(features: TileFeatures, large: LargeEntries | None) -> np.ndarray:
    """Return the entry of each feature."""
    entries = features.items.copy()
    if large is not None:
        pieces = features.forms == PIECE
        entries[pieces] = large.entries[entries[pieces]]
    return entries


def tile_rings(
    features: TileFeatures, entries: Entries, large: LargeEntries | None, zoom: int, *, coarser: int
) -> Rings:
    """Return the rings of features in units of their tiles; owners are places in `features`.

    A feature without rings has nothing in its tile.
    """
    shift = MAX_ZOOM - zoom
    cut: list[Rings] = []
    for form in (WHOLE, CUT, PIECE):
        places = np.flatnonzero(features.forms == form)
        if not len(places):
            continue
        source = large if form == PIECE and large is not None else entries
        found = source.rings(features.items[places])
        local = to_tiles(found.with_owners(places[found.owners]), features, zoom)
        cut.append(clip(local, -BUFFER << shift, (EXTENT + BUFFER) << shift) if form == CUT else local)
    seen = np.zeros(len(features), dtype=bool)
    rings: list[Rings] = []
    if cut:
        cleaned = clean(to_grid(join(cut), zoom, coarser=coarser))
        seen[cleaned.owners] = True
        rings.append(cleaned)
    return join([*rings, _marks(features, entries, entries_of(features, large), ~seen, zoom)])


def _marks(features: TileFeatures, entries: Entries, numbers: np.ndarray, unseen: np.ndarray, zoom: int) -> Rings:
    """Return a mark for each unseen feature in the tile of its first vertex: a small square, or a short line."""
    bits = WORLD_BITS - zoom
    homes = entries.homes(numbers)
    is_home = (homes[:, 0] >> bits == features.columns) & (homes[:, 1] >> bits == features.rows)
    kinds = np.asarray(entries.outlines.kinds[numbers])
    is_shown = unseen & (is_home | (features.forms == WHOLE) | (features.forms == MARK)) & (kinds >= LINE)
    owners = np.flatnonzero(is_shown)
    kinds = kinds[owners].astype(np.int64)
    sizes = np.where(kinds == AREA, len(_SQUARE), _LINE_VERTICES)
    corners = np.column_stack((features.columns[owners] << bits, features.rows[owners] << bits))
    places = (homes[owners] - corners) >> (MAX_ZOOM - zoom)
    side = 1 if zoom == MAX_ZOOM else MIN_UNITS
    steps = _SQUARE[places_within(sizes)] * side
    vertices = (np.repeat(places, sizes, axis=0) + steps).astype(np.int32)
    return Rings(owners, kinds, owners, np.zeros(len(owners), dtype=bool), sizes, vertices)
