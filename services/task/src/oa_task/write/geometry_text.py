"""Geometries as GeoJSON text, joined from columns of coordinates and brackets instead of one by one."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
import pyarrow as pa
import shapely
from shapely.geometry import mapping

from oa_task.features.batch import Geometry, Points, Shapes
from oa_task.write.contiguous import contiguous
from oa_task.write.json_text import join_pieces
from oa_task.write.rounding import number_text

_POINT, _LINE, _RING, _POLYGON, _MULTI_POINT, _MULTI_LINE, _MULTI_POLYGON = range(7)
_DEPTHS = {_POINT: 0, _LINE: 1, _RING: 1, _POLYGON: 2, _MULTI_POINT: 1, _MULTI_LINE: 2, _MULTI_POLYGON: 3}
_NAMES = ("Point", "LineString", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_OPEN = pl.Series(["[" * count for count in range(1, 5)])
_CLOSE = pl.Series(["]" * count + end for count in range(1, 5) for end in (", ", "}")])

# The innermost lists of coordinates: the length of each, the index of its geometry, the index of its part.
_Sequences = tuple[np.ndarray, np.ndarray, np.ndarray]
_Sequencer = Callable[[np.ndarray], _Sequences]


def geometry_text(geometry: Geometry) -> pl.Series:
    """Return each geometry as GeoJSON text, `null` for a missing one; the coordinates must be rounded."""
    return geometry_texts(geometry)[0]


def geometry_texts(geometry: Geometry) -> tuple[pl.Series, pl.Series]:
    """Return the text of each geometry, and its text with every ring in the direction that the data gives it."""
    if isinstance(geometry, Points):
        text = _point_text(geometry).fill_null("null")
        return text, text
    shapes = geometry.array
    kinds = shapely.get_type_id(shapes)
    text = pl.repeat("null", len(shapes), dtype=pl.String, eager=True)
    source_text = text if geometry.mirror is None else text.clone()  # `scatter` changes its series
    plain = _is_plain(shapes, kinds)
    for is_of_family, sequences in _families(shapes, kinds):
        indexes = np.flatnonzero(plain & is_of_family)
        if len(indexes):
            family = Shapes(shapes[indexes], _mirror_of(geometry, plain & is_of_family))
            texts = _family_texts(family, kinds[indexes], sequences(family.array))
            _put(indexes, texts, text, source_text)
    if not plain.all():
        rest = np.flatnonzero(~plain)
        _put(rest, _slow_texts(Shapes(shapes[rest], _mirror_of(geometry, ~plain))), text, source_text)
    return text, source_text


def _put(indexes: np.ndarray, texts: tuple[pl.Series, pl.Series], text: pl.Series, source_text: pl.Series) -> None:
    text.scatter(indexes, texts[0])
    if source_text is not text:
        source_text.scatter(indexes, texts[1])


def _mirror_of(geometry: Shapes, chosen: np.ndarray) -> np.ndarray | None:
    """Return the mirror of the geometries of a mask, None if none of their rings is turned."""
    if geometry.mirror is None:
        return None
    if chosen.all():
        return geometry.mirror
    steps = geometry.mirror - np.arange(len(geometry.mirror))
    steps = steps[np.repeat(chosen, shapely.get_num_coordinates(geometry.array))]
    return np.arange(len(steps)) + steps if steps.any() else None


def _point_text(points: Points) -> pl.Series:
    x, y = (number_text(values) for values in (points.x, points.y))
    return join_pieces(['{"type": "Point", "coordinates": [', x, ", ", y, "]}"])


def _is_plain(shapes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return the mask of geometries that are missing, or neither collections nor with an empty part."""
    plain: np.ndarray = (kinds <= _MULTI_POLYGON) & ~shapely.is_empty(shapes)
    several = np.flatnonzero(kinds >= _MULTI_POINT)
    parts, owners = shapely.get_parts(shapes[several], return_index=True)
    plain[several[owners[shapely.is_empty(parts)]]] = False
    return plain


def _families(shapes: np.ndarray, kinds: np.ndarray) -> Iterator[tuple[np.ndarray, _Sequencer]]:
    """Yield masks of geometries, and the function that splits them: most are one list of coordinates."""
    is_ringed = (kinds == _MULTI_POLYGON) | (shapely.get_num_interior_rings(shapes) > 0)
    is_lined = kinds == _MULTI_LINE
    yield (kinds >= _POINT) & ~is_ringed & ~is_lined, _one_list
    yield is_lined, _lines
    yield is_ringed, _rings


def _family_texts(family: Shapes, kinds: np.ndarray, sequences: _Sequences) -> tuple[pl.Series, pl.Series]:
    """Return the texts of geometries of one family, without empty or missing ones."""
    lengths, owners, parts = sequences
    depths = np.array([_DEPTHS[kind] for kind in range(len(_NAMES))])[kinds]
    opening, closing = _brackets(lengths, owners, parts, depths[owners])
    coordinates = shapely.get_coordinates(family.array)
    ends = np.cumsum(np.bincount(owners, weights=lengths, minlength=len(family)).astype(np.int64))
    following = closing * 2
    following[ends - 1] += 1
    x, y = (number_text(np.ascontiguousarray(coordinates[:, axis])) for axis in (0, 1))
    before, after = _OPEN.gather(opening), _CLOSE.gather(following)
    starts = pl.Series([f'{{"type": "{name}", "coordinates": ' for name in _NAMES]).gather(kinds)
    text = join_pieces([starts, _split_at(join_pieces([before, x, ", ", y, after]), ends)])
    if family.mirror is None:
        return text, text
    x, y = x.gather(family.mirror), y.gather(family.mirror)
    return text, join_pieces([starts, _split_at(join_pieces([before, x, ", ", y, after]), ends)])


def _one_list(shapes: np.ndarray) -> _Sequences:
    indexes = np.arange(len(shapes))
    return shapely.get_num_coordinates(shapes), indexes, indexes


def _lines(shapes: np.ndarray) -> _Sequences:
    parts, owners = shapely.get_parts(shapes, return_index=True)
    return shapely.get_num_coordinates(parts), owners, np.arange(len(parts))


def _rings(shapes: np.ndarray) -> _Sequences:
    parts, owners = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return shapely.get_num_coordinates(rings), owners[part_of_ring], part_of_ring


def _brackets(
    lengths: np.ndarray, owners: np.ndarray, parts: np.ndarray, depths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of brackets that open before and close after each coordinate, without its own."""
    ends = np.cumsum(lengths)
    starts = ends - lengths
    opening, closing = (np.zeros(ends[-1], dtype=np.uint32) for _ in range(2))
    opening[starts] = _levels(np.diff(owners, prepend=-1) != 0, np.diff(parts, prepend=-1) != 0, depths)
    last = [np.append(np.diff(values) != 0, [True]) for values in (owners, parts)]
    closing[ends - 1] = _levels(last[0], last[1], depths)
    return opening, closing


def _levels(feature: np.ndarray, part: np.ndarray, depths: np.ndarray) -> np.ndarray:
    levels: np.ndarray = (depths >= 1).astype(np.uint32) + (feature & (depths >= 2)) + (part & (depths >= 3))  # noqa: PLR2004
    return levels


def _split_at(pairs: pl.Series, ends: np.ndarray) -> pl.Series:
    """Return the texts up to each end as one text, without a copy: they are contiguous in memory."""
    offsets, data = contiguous(pairs)
    borders = offsets[np.concatenate(([0], ends))]
    texts = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(borders), data)
    text = pl.from_arrow(texts)
    return text if isinstance(text, pl.Series) else text.to_series()


def _slow_texts(shapes: Shapes) -> tuple[pl.Series, pl.Series]:
    """Return the texts of collections, of geometries with empty parts and of missing ones; the first two are rare."""
    text = pl.Series([_slow_text(shape) for shape in shapes.array], dtype=pl.String)
    if shapes.mirror is None:
        return text, text
    coordinates = shapely.get_coordinates(shapes.array)[shapes.mirror]
    mirrored = shapely.set_coordinates(shapes.array.copy(), coordinates)
    return text, pl.Series([_slow_text(shape) for shape in mirrored], dtype=pl.String)


def _slow_text(shape: shapely.Geometry | None) -> str:
    return "null" if shape is None else json.dumps(mapping(shape)).replace('"LinearRing"', '"LineString"')
