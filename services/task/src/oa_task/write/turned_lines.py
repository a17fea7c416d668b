"""Published lines of earlier versions of the engine, with rings that turn as those of this version."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely

from oa_task.features.batch import Shapes
from oa_task.write.feature_lines import FeatureLines, read_feature_lines
from oa_task.write.geometry_text import geometry_text
from oa_task.write.winding import mirror_vertices

_GEOMETRY = b'"geometry":'


def turn_rings(path: Path) -> Iterator[bytes]:
    """Yield the lines of a gzip file, unchanged except for geometries with a ring to turn. Raises ForeignLinesError.

    A line whose geometry is not its last member is unchanged.
    """
    for lines in read_feature_lines(path):
        yield b"".join(line + b"\n" for line in _turn(lines))


def _turn(lines: FeatureLines) -> list[bytes]:
    texts = [lines.line(index) for index in range(len(lines))]
    splits = [text.rpartition(_GEOMETRY) for text in texts]
    bodies = [tail.strip().removesuffix(b"}") if mark else None for _, mark, tail in splits]
    shapes = shapely.from_geojson(np.array([body or None for body in bodies], dtype=object), on_invalid="ignore")
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    mirror = mirror_vertices(shapes, coordinates)
    if mirror is None:
        return texts
    turned = np.unique(owners[mirror != np.arange(len(mirror))])
    shapes = shapely.set_coordinates(shapes.copy(), coordinates[mirror])
    for index, body in zip(turned.tolist(), geometry_text(Shapes(shapes[turned])).to_list(), strict=True):
        texts[index] = splits[index][0] + _GEOMETRY + b" " + body.encode() + b"}"
    return texts
