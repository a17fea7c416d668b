"""64-bit numbers for the fields and the geometry of features: equal values have equal numbers, an empty value has 0."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
from xxhash import xxh3_64_intdigest

from oa_shared.json_types import JsonObject
from oa_task.write.feature_lines import ForeignLinesError
from oa_task.write.lines import HEAD
from oa_task.write.number_column import NumberColumn

MAX_COMPARED = 5_000_000
_PROPERTIES = len(HEAD) - len('{"hash": "')
_GEOMETRY = b', "geometry": '
_GEOMETRY_COLUMN, _GAP_COLUMN = "geometry", "gap"


class FeatureText(NamedTuple):
    """The properties of a line with their `hash`, and its geometry as text."""

    properties: JsonObject
    geometry: bytes

    @classmethod
    def read(cls, line: bytes) -> "FeatureText":
        """Return the parts of a line. Raises ForeignLinesError if the line is not one of this engine."""
        end = line.rfind(_GEOMETRY)
        try:
            properties = orjson.loads(line[_PROPERTIES:end])
        except ValueError as error:
            raise ForeignLinesError(f"a line is not JSON: {error}") from error
        if end < 0 or not isinstance(properties, dict):
            raise ForeignLinesError("a line is not a feature")
        return cls(properties, line[end + len(_GEOMETRY) : -1])


@dataclass(frozen=True, slots=True)
class FeatureKeys:
    """The numbers of features, by column.

    `fields` has the columns of the attributes, `geometry` has 0 without a geometry, and `gap` is the number of features
    before this one in its file that are in both files.
    """

    fields: dict[str, np.ndarray]
    geometry: np.ndarray
    gap: np.ndarray

    def __len__(self) -> int:
        return len(self.gap)

    def field(self, name: str) -> np.ndarray:
        """Return the numbers of a field, 0 for each feature if the file does not have it."""
        column = self.fields.get(name)
        return np.zeros(len(self), dtype=np.uint64) if column is None else column

    def sum(self) -> np.ndarray:
        """Return the sum of the numbers of all fields, modulo 2**64."""
        total = np.zeros(len(self), dtype=np.uint64)
        for column in self.fields.values():
            total += column
        return total


class KeySpool:
    """Collects the keys of features on disk, of the first MAX_COMPARED of them; 8 bytes for each value.

    `left_out` is the number of features beyond.
    """

    def __init__(self, folder: Path, side: str) -> None:
        self._folder = folder
        self._side = side
        self.left_out = 0
        self._columns: dict[str, NumberColumn] = {}
        self._geometry = self._column(_GEOMETRY_COLUMN)
        self._gaps = self._column(_GAP_COLUMN)

    def append(self, lines: Sequence[bytes], gaps: np.ndarray) -> None:
        """Add the keys of consecutive features. Raises ForeignLinesError."""
        room = max(MAX_COMPARED - len(self._gaps), 0)
        self.left_out += max(len(lines) - room, 0)
        features = [FeatureText.read(line) for line in lines[:room]]
        self._add_columns(features)
        for name, column in self._columns.items():
            column.append(_field_numbers(name, [feature.properties.get(name) for feature in features]))
        self._geometry.append(_numbers(_geometry_number(feature.geometry) for feature in features))
        self._gaps.append(gaps[:room])

    def read(self) -> FeatureKeys:
        """Return all keys."""
        fields = {name: column.read() for name, column in self._columns.items()}
        return FeatureKeys(fields, self._geometry.read(), self._gaps.read())

    def remove(self) -> None:
        """Remove the files."""
        for column in (*self._columns.values(), self._geometry, self._gaps):
            column.remove()

    def _add_columns(self, features: list[FeatureText]) -> None:
        """Open the columns of fields that no earlier feature has; those lack them."""
        names = set().union(*(feature.properties for feature in features)) - {"hash"}
        if names <= self._columns.keys():
            return
        # In the order of the first feature, not that of the set, which differs between processes.
        for name in dict.fromkeys([*features[0].properties, *sorted(names)]):
            if name in names and name not in self._columns:
                self._columns[name] = self._column(f"field-{len(self._columns)}")
                self._columns[name].append(np.zeros(len(self._gaps), dtype=np.uint64))

    def _column(self, name: str) -> NumberColumn:
        return NumberColumn(self._folder / f"{self._side}-{name}")


def _field_numbers(name: str, values: list[object]) -> np.ndarray:
    seed = xxh3_64_intdigest(name.encode())
    if not {type(value) for value in values} <= {str, type(None)}:
        return _numbers(_field_number(value, seed) for value in values)
    # Texts repeat. Other values do not serve as keys: 1 and true are equal ones.
    numbers = {value: _field_number(value, seed) for value in set(values)}
    return _numbers(map(numbers.__getitem__, values))


def _field_number(value: object, seed: int) -> int:
    if isinstance(value, str):
        return (xxh3_64_intdigest(value.encode(), seed) or 1) if value else 0
    return 0 if value is None else xxh3_64_intdigest(b"\0" + orjson.dumps(value), seed) or 1


def _geometry_number(text: bytes) -> int:
    return 0 if text == b"null" else xxh3_64_intdigest(text) or 1


def _numbers(values: Iterable[int]) -> np.ndarray:
    return np.array(list(values), dtype=np.uint64)
