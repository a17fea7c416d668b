"""Where the data is: the columns of the coordinates, their order and their reference system."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from oa_shared.json_types import JsonObject
from oa_task.conversion.column_roles import ColumnRole
from oa_task.placement.areas import Area
from oa_task.placement.explanation import list_systems
from oa_task.proposal.columns import ColumnFacts, score_roles
from oa_task.proposal.coverage_guess import Places
from oa_task.proposal.guesses import DefinitionGuess
from oa_task.read.crs import projection

_MAX_LON, _MAX_LAT = 180.0, 90.0
_NEARLY_ALL = 0.95
_BY_VALUES = 0.5
_ELSEWHERE = 0.1
"""The distance in degrees, about 10 km, beyond which a system puts the data in another place."""


@dataclass(slots=True)
class PlaceGuess:
    """The options of the place, each with its guess, and the places in degrees, None if their system is unknown.

    `other_systems` would put the data elsewhere in the area.
    """

    guesses: list[DefinitionGuess] = field(default_factory=list)
    places: Places | None = None
    has_coordinates: bool = True
    other_systems: list[str] = field(default_factory=list)

    @property
    def options(self) -> JsonObject:
        """Return the members of `conform`."""
        return {guess.key: guess.value for guess in self.guesses}


def guess_table_places(columns: Sequence[ColumnFacts], areas: Sequence[Area]) -> PlaceGuess:
    """Return the columns of the coordinates of a table, by name, else by value; `areas` is where they should be."""
    area = areas[-1] if areas else None
    pair = _named_pair(columns) or _pair_by_values(columns)
    if pair is None:
        return PlaceGuess(has_coordinates=False)
    lon, lat, score, reason = pair
    x, y = _numbers(lon, lat)
    if _should_swap((x, y), area):
        lon, lat, x, y, reason = lat, lon, y, x, f"{reason}; the values fit in this order only"
    guess = PlaceGuess(
        [
            DefinitionGuess("lon", lon.name, score, reason, lon.example),
            DefinitionGuess("lat", lat.name, score, reason, lat.example),
        ]
    )
    return add_system(guess, (x, y), areas)


def add_system(guess: PlaceGuess, raw: Places, areas: Sequence[Area]) -> PlaceGuess:
    """Add the reference system of coordinates that no data states; none is needed for degrees.

    `areas` is where they should be, the smallest first.
    """
    if not len(raw[0]):
        return guess
    if are_degrees(raw):
        guess.places = raw
        return guess
    for area in areas:
        if systems := list_systems(raw, area):
            code, *others = systems
            guess.places = projection(code).lon_lat(*raw)
            guess.other_systems = list(_distant(others, raw, guess.places))
            score = _BY_VALUES if guess.other_systems else _BY_VALUES + 0.1
            reason = f"the most usual system in which the coordinates are in {area.name}"
            guess.guesses.append(DefinitionGuess("srs", code, score, reason, f"{raw[0][0]:.1f} {raw[1][0]:.1f}"))
            break
    return guess


def are_degrees(raw: Places) -> bool:
    """Return whether nearly all coordinates can be degrees; false for none."""
    fits = (np.abs(raw[0]) <= _MAX_LON) & (np.abs(raw[1]) <= _MAX_LAT)
    return bool(len(fits)) and float(fits.mean()) >= _NEARLY_ALL


def _distant(systems: Sequence[str], raw: Places, places: Places) -> Iterator[str]:
    """Yield the systems that put the data elsewhere, each at its own place."""
    known = [_middle(places)]
    for code in systems:
        middle = _middle(projection(code).lon_lat(*raw))
        if all(np.hypot(*(middle - other)) > _ELSEWHERE for other in known):
            known.append(middle)
            yield code


def _middle(places: Places) -> np.ndarray:
    return np.array([np.median(places[0]), np.median(places[1])])


def _named_pair(columns: Sequence[ColumnFacts]) -> tuple[ColumnFacts, ColumnFacts, float, str] | None:
    """Return the best longitude and latitude by name; degrees come before other systems."""
    scored = [(column, score_roles(column)) for column in columns if column.numbers]
    best: dict[ColumnRole, tuple[ColumnFacts, float]] = {}
    for role in (ColumnRole.LON, ColumnRole.LAT):
        having = [(column, scores[role]) for column, scores in scored if role in scores]
        if not having:
            return None
        best[role] = max(having, key=lambda pair: (pair[1], _looks_like_degrees(pair[0])))
    (lon, one), (lat, other) = best[ColumnRole.LON], best[ColumnRole.LAT]
    return (lon, lat, min(one, other), "name of the column and its numbers") if lon is not lat else None


def _pair_by_values(columns: Sequence[ColumnFacts]) -> tuple[ColumnFacts, ColumnFacts, float, str] | None:
    """Return two neighboring columns of unique numbers with decimals, where the second fits a latitude."""
    numeric = [column for column in columns if column.numbers and column.share("integer") < _BY_VALUES]
    for one, other in pairwise(numeric):
        if _looks_like_degrees(one) and _looks_like_degrees(other):
            return one, other, _BY_VALUES, "neighboring columns of numbers in the range of coordinates"
    return None


def _looks_like_degrees(column: ColumnFacts) -> bool:
    numbers = [number for number in column.numbers if number is not None]
    return bool(numbers) and max(map(abs, numbers)) <= _MAX_LON


def _numbers(lon: ColumnFacts, lat: ColumnFacts) -> Places:
    pairs = [
        (x, y) for x, y in zip(lon.numbers, lat.numbers, strict=False) if x is not None and y is not None and (x or y)
    ]
    flat = np.array(pairs, dtype=float).reshape(-1, 2)
    return flat[:, 0], flat[:, 1]


def _should_swap(raw: Places, area: Area | None) -> bool:
    """Return whether the coordinates fit swapped only: in the area if it is known, else on the Earth."""
    swapped = (raw[1], raw[0])
    if area is not None and are_degrees(raw) and are_degrees(swapped):
        return area.share_inside(*raw) < _BY_VALUES <= area.share_inside(*swapped)
    return not are_degrees(raw) and are_degrees(swapped)
