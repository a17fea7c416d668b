"""The outlines of a batch."""

import numpy as np
import shapely

from oa_task.tiles.outlines import shape_outlines

POINT, LINE = shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1), (2, 0)])
AREA = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
SHAPES = [
    AREA,
    shapely.MultiPolygon([shapely.box(5, 5, 6, 6), AREA]),
    shapely.GeometryCollection([shapely.MultiPoint([(3, 3), (2, 2)]), POINT, AREA, shapely.MultiLineString([LINE])]),
    LINE,
    shapely.GeometryCollection([shapely.GeometryCollection([LINE, shapely.LineString()]), POINT]),
    POINT,
]


def test_shape_outlines_of_a_batch_are_those_of_its_geometries_in_order() -> None:
    together = shape_outlines(np.array(SHAPES, dtype=object))
    alone = [shape_outlines(np.array([shape], dtype=object)) for shape in SHAPES]
    for name in ("kinds", "ring_counts", "sizes", "is_hole", "vertices"):
        assert np.array_equal(getattr(together, name), np.concatenate([getattr(one, name) for one in alone])), name
    counts = [len(one.rows) for one in alone]
    assert together.rows.tolist() == np.repeat(np.arange(len(SHAPES)), counts).tolist()
