"""Which features are valid, by layer, and the spelling of valid house numbers (docs/engine.md, "Validation")."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import shapely

from oa_task.features.batch import Attributes, Geometry, Points
from oa_task.features.geometry import bounds, is_missing

MAX_LONGITUDE = 180.0
MAX_LATITUDE = {"addresses": 85.0}
# Within this many degrees of 0, 0: programs write 0, 0 for an unknown place, and some of them move it by a few meters.
NOWHERE = 0.001
_POLE = 90.0
_NUMBER_CHARACTERS = 10
_DIGITS = rf"^[0-9]{{1,{_NUMBER_CHARACTERS}}}$"
_KORPUS = "\N{CYRILLIC SMALL LETTER KA}"
_NUMBER = rf"^(?:[0-9]+[a-z]?|[0-9]+-[0-9]+[a-z]?|[0-9]+[nsew][0-9]+|[nsew][0-9]+[nsew][0-9]+|[0-9]+{_KORPUS}[0-9]+)$"
_SPACED_LETTER = r"^([0-9]+)\s+([a-z])$"
_LINES = (1, 5)
_POLYGONS = (3, 6)
_TYPES = {"addresses": (0,), "parcels": _POLYGONS, "buildings": _POLYGONS, "centerlines": _LINES}


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """The mask of failures by rule of a batch, and its normalized house numbers (None for other layers)."""

    failures: dict[str, np.ndarray]
    numbers: pl.Series | None

    @property
    def is_valid(self) -> np.ndarray:
        """Return the mask of features that pass every rule."""
        failed: np.ndarray = np.logical_or.reduce(list(self.failures.values()))
        return ~failed


@dataclass(slots=True)
class ValidationCounts:
    """The number of valid features, and of failures by rule; a feature may fail several rules."""

    valid: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    def add(self, result: ValidationResult) -> None:
        """Count a batch."""
        self.valid += int(result.is_valid.sum())
        for rule, mask in result.failures.items():
            self.failures[rule] = self.failures.get(rule, 0) + int(mask.sum())


def validate(attributes: Attributes, geometry: Geometry, layer: str) -> ValidationResult:
    """Return the result of the layer's rules for a batch whose geometry is rounded."""
    missing = is_missing(geometry)
    failures = {
        "geometry": missing,
        "range": ~missing & ~_is_in_range(geometry, layer),
        "nowhere": ~missing & _is_nowhere(geometry),
    }
    if layer != "addresses":
        return ValidationResult({**failures, **_shape_failures(geometry, layer, missing)}, None)
    numbers, is_valid = _check_numbers(_plain(attributes, "number"))
    failures["number"] = ~is_valid
    failures["street"] = (_plain(attributes, "street").str.strip_chars() == "").to_numpy()
    return ValidationResult(failures, numbers)


def normalize_numbers(numbers: pl.Series) -> pl.Series:
    """Return numbers in lower case, with a letter joined to the preceding digits: `123 B` becomes `123b`."""
    return numbers.str.to_lowercase().str.strip_chars().str.replace(_SPACED_LETTER, "${1}${2}")


def _check_numbers(numbers: pl.Series) -> tuple[pl.Series, np.ndarray]:
    """Return the normalized numbers and the mask of valid ones. Plain digits, nearly all numbers, stay untouched."""
    valid = numbers.str.contains(_DIGITS)
    indexes = (~valid).arg_true()
    if not len(indexes):
        return numbers, valid.to_numpy()
    others = normalize_numbers(numbers.gather(indexes))
    is_valid = others.str.contains(_NUMBER) & (others.str.len_chars() <= _NUMBER_CHARACTERS)
    return numbers.clone().scatter(indexes, others), valid.scatter(indexes, is_valid).to_numpy()


def _plain(attributes: Attributes, name: str) -> pl.Series:
    column = attributes.frame[name].fill_null("")
    return column.str.strip_chars('"') if name in attributes.encoded else column


def _is_in_range(geometry: Geometry, layer: str) -> np.ndarray:
    return _is_within(geometry, MAX_LONGITUDE, MAX_LATITUDE.get(layer, _POLE))


def _is_nowhere(geometry: Geometry) -> np.ndarray:
    """Return the mask of geometries at 0, 0, in degrees or in the system of the data."""
    nowhere = _is_within(geometry, NOWHERE, NOWHERE)
    from_origin = geometry.from_origin if isinstance(geometry, Points) else None
    return nowhere if from_origin is None else nowhere | from_origin


def _is_within(geometry: Geometry, longitude: float, latitude: float) -> np.ndarray:
    """Return the mask of geometries whose bounds are at most `longitude` and `latitude` from 0, 0, in degrees."""
    with np.errstate(invalid="ignore"):
        within: np.ndarray = (np.abs(bounds(geometry)) <= np.array([longitude, latitude] * 2)).all(axis=1)
    return within


@np.errstate(over="ignore", invalid="ignore")  # coordinates near the largest number
def _shape_failures(geometry: Geometry, layer: str, missing: np.ndarray) -> dict[str, np.ndarray]:
    if isinstance(geometry, Points):
        return {"type": ~missing, "shape": np.zeros(len(geometry), dtype=bool)}
    shapes = geometry.array
    wrong_type = ~np.isin(shapely.get_type_id(shapes), _TYPES[layer])
    return {"type": ~missing & wrong_type, "shape": ~missing & ~shapely.is_valid(shapes)}
