"""What a file of features contains, in numbers of fixed size: counts, bounds, and hashes that do not depend on order.

Two features are the same if their attributes with a value are, as text, and their geometries: rounded to six decimals,
about 10 cm, whatever the direction and the first vertex of rings, and whether a single part is wrapped as several.
"""

import hashlib
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from oa_shared.json_types import JsonObject

_DIGEST_BYTES = 16
_MODULUS = 1 << (8 * _DIGEST_BYTES)
_DECIMALS = 6
_SKETCH = 2_048
_IDENTITY = "hash"
Bounds = tuple[float, float, float, float]
_Pair = tuple[float, float]


class UnreadableContentError(Exception):
    """A file is not lines of GeoJSON features."""


@dataclass(slots=True)
class FileContent:
    """The features of one file.

    `attributes`, `geometries` and `features` are sums of hashes; equal sums mean the same features in any order.
    `fields` counts the values of each attribute. `sketch` keeps the lowest hashes of features, for `shared_share`.
    """

    count: int = 0
    without_geometry: int = 0
    bounds: Bounds | None = None
    fields: dict[str, int] = field(default_factory=dict)
    attributes: int = 0
    geometries: int = 0
    features: int = 0
    _lowest: list[int] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    def add_line(self, line: bytes) -> None:
        """Count the feature of a line; an empty line has none. Raises UnreadableContentError."""
        if not line.strip():
            return
        try:
            feature = json.loads(line)
        except ValueError as error:
            raise UnreadableContentError(f"line {self.count + 1:,} is not JSON: {error}") from error
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise UnreadableContentError(f"line {self.count + 1:,} is not a feature")
        try:
            self._add(feature)
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise UnreadableContentError(f"line {self.count + 1:,} is not a GeoJSON feature: {error}") from error

    def rates(self) -> dict[str, float]:
        """Return the share of features with a value, by attribute."""
        return (
            {name: round(filled / self.count, 4) for name, filled in sorted(self.fields.items())} if self.count else {}
        )

    def sketch(self) -> list[int]:
        """Return the lowest hashes of different features, ascending."""
        return sorted(-number for number in self._lowest)

    @property
    def digest(self) -> str:
        """Return the sum of the hashes of the features as hexadecimal digits."""
        return f"{self.features:0{2 * _DIGEST_BYTES}x}"

    def _add(self, feature: JsonObject) -> None:
        properties = {name: _text(value) for name, value in _object(feature.get("properties")).items()}
        filled = {name: text for name, text in properties.items() if text and name != _IDENTITY}
        for name in filled:
            self.fields[name] = self.fields.get(name, 0) + 1
        geometry = _object(feature.get("geometry"))
        pairs = list(_pairs(geometry))
        if pairs:
            self._extend(pairs)
        else:
            self.without_geometry += 1
        attributes = json.dumps(sorted(filled.items()), ensure_ascii=False)
        shape = json.dumps([_family(geometry), sorted({(_round(x), _round(y)) for x, y in pairs})])
        self.count += 1
        self.attributes = (self.attributes + _number(attributes)) % _MODULUS
        self.geometries = (self.geometries + _number(shape)) % _MODULUS
        whole = _number(attributes + shape)
        self.features = (self.features + whole) % _MODULUS
        self._sample(whole)

    def _extend(self, pairs: list[_Pair]) -> None:
        x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        if self.bounds is not None:
            x += self.bounds[::2]
            y += self.bounds[1::2]
        self.bounds = min(x), min(y), max(x), max(y)

    def _sample(self, number: int) -> None:
        if number in self._known or (len(self._lowest) == _SKETCH and number >= -self._lowest[0]):
            return
        self._known.add(number)
        if len(self._lowest) < _SKETCH:
            heapq.heappush(self._lowest, -number)
        else:
            self._known.discard(-heapq.heapreplace(self._lowest, -number))


def shared_share(one: FileContent, other: FileContent) -> float:
    """Return which share of the different features of two files both have, estimated from at most 2,048 of them."""
    first, second = set(one.sketch()), set(other.sketch())
    lowest = sorted(first | second)[:_SKETCH]
    return sum(number in first and number in second for number in lowest) / len(lowest) if lowest else 1.0


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest())


def _object(value: object) -> JsonObject:
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return a value as text: numbers without a fraction of zero, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _family(geometry: JsonObject) -> str:
    return str(geometry.get("type", "")).removeprefix("Multi")


def _round(value: float) -> float:
    return round(value, _DECIMALS) + 0.0  # no negative zero


def _pairs(geometry: JsonObject) -> Iterator[_Pair]:
    """Yield all coordinates of a geometry, without heights."""
    members = geometry.get("geometries")
    for member in members if isinstance(members, list) else []:
        yield from _pairs(_object(member))
    yield from _flat(geometry.get("coordinates"))


def _flat(values: object) -> Iterator[_Pair]:
    if not isinstance(values, list) or not values:
        return
    if isinstance(values[0], list):
        for item in values:
            yield from _flat(item)
    else:
        yield float(values[0]), float(values[1])
