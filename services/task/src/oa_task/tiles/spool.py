"""Features on disk for the tiles written after the pass: geometries as integers, the shown attributes as text."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from oa_task.features.batch import Attributes, Geometry, Points
from oa_task.tiles.measures import Measures, measure
from oa_task.tiles.outlines import Outlines, point_outlines, shape_outlines
from oa_task.tiles.texts import TextSpool, marked_values, value_types

SHOWN_ATTRIBUTES = {
    "addresses": ("number", "street", "unit", "city", "postcode"),
    "parcels": ("pid",),
    "buildings": ("height", "levels"),
    "centerlines": ("name", "classification", "oneway", "speed"),
}
_ARRAYS = {
    "rows": np.int32,
    "kinds": np.int32,
    "ring_counts": np.int32,
    "sizes": np.int32,
    "is_hole": np.bool_,
    "vertices": np.int32,
}
_MEASURES = {"boxes": np.int32, "extents": np.float64}
_ZOOMS = "zooms"


class TileSpool:
    """Writes the features of a layer with their shown attributes to a folder, and reads them when it is complete.

    `types` has the types of each attribute so far.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        folder.mkdir(parents=True)
        self.names: tuple[str, ...] = tuple(names)
        self.count = 0
        self.has_only_points = True
        self.types: dict[str, set[str]] = {name: set() for name in names}
        self._folder = folder
        self._files = {name: (folder / name).open("wb") for name in (*_ARRAYS, *_MEASURES, _ZOOMS)}
        self._texts = {name: TextSpool(folder, name) for name in self.names}

    def write(self, attributes: Attributes, geometry: Geometry, zooms: np.ndarray | None = None) -> None:
        """Append a batch; features without a geometry are left out.

        `zooms`, shape (n, 2), are the first and the last zoom of each feature; give them for all batches or for none.
        """
        known, outlines = _outlines(geometry)
        if not len(known):
            return
        for name, texts in self._texts.items():
            column = attributes.frame[name]
            column = column if len(known) == len(column) else column.gather(known)
            values = marked_values(column, is_encoded=name in attributes.encoded)
            self.types[name] |= value_types(values)
            texts.write(values)
        if zooms is not None:
            self._write(_ZOOMS, zooms[known][outlines.rows].astype(np.int8))
        for name in _ARRAYS:
            numbers = getattr(outlines, name)
            self._write(name, numbers + np.int32(self.count) if name == "rows" else numbers)
        measures = measure(outlines)
        for name in _MEASURES:
            self._write(name, getattr(measures, name))
        self.has_only_points &= len(outlines.vertices) == len(known) and len(outlines.rows) == len(known)
        self.count += len(known)

    def close(self) -> None:
        """Finish writing."""
        for file in self._files.values():
            file.close()
        for texts in self._texts.values():
            texts.close()

    def abandon(self) -> None:
        """Remove the files."""
        self.close()
        shutil.rmtree(self._folder)

    def outlines(self) -> Outlines:
        """Return the geometries as views of the files."""
        arrays = {name: self._read(name, kind) for name, kind in _ARRAYS.items()}
        return Outlines(**{**arrays, "vertices": arrays["vertices"].reshape(-1, 2)})

    def measures(self) -> Measures:
        """Return the measures as views of the files."""
        return Measures(self._read("boxes", np.int32).reshape(-1, 4), self._read("extents", np.float64))

    def zooms(self) -> np.ndarray | None:
        """Return the first and the last zoom of each entry, shape (n, 2), if they were given."""
        zooms = self._read(_ZOOMS, np.int8).reshape(-1, 2)
        return zooms if len(zooms) else None

    def columns(self) -> list[pa.Array]:
        """Return the values of each attribute (oa_task.tiles.texts), by feature."""
        return [self._texts[name].read() for name in self.names]

    def _write(self, name: str, values: np.ndarray) -> None:
        self._files[name].write(np.ascontiguousarray(values).tobytes())

    def _read(self, name: str, kind: type[np.generic]) -> np.ndarray:
        path = self._folder / name
        # A view of the plain class: each operation on a `memmap` looks for its file again.
        return np.asarray(np.memmap(path, dtype=kind, mode="r")) if path.stat().st_size else np.empty(0, dtype=kind)


def _outlines(geometry: Geometry) -> tuple[np.ndarray, Outlines]:
    """Return the indexes of the features with a geometry, and the entries of these features."""
    if isinstance(geometry, Points):
        known = np.flatnonzero(np.isfinite(geometry.x) & np.isfinite(geometry.y))
        return known, point_outlines(geometry.x[known], geometry.y[known])
    known = np.flatnonzero(~(shapely.is_missing(geometry.array) | shapely.is_empty(geometry.array)))
    return known, shape_outlines(geometry.array[known])
