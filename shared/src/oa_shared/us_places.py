"""The names of the states and counties of the United States by geoid, and the geoids that a `coverage` names.

`us_places.tsv.gz` has the names (US Census Bureau, public domain); `python -m oa_tools.areas` writes it. Authors
mistype a geoid more often than a name: of 1,388 definitions of openaddresses/openaddresses, 12 state the geoid of
another county, or of no county, and the right name.
"""

import gzip
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from oa_shared.json_types import JsonMapping
from oa_shared.json_values import json_object
from oa_shared.us_states import STATE_NUMBERS

COUNTY_DIGITS, STATE_DIGITS = 5, 2
_FILE = Path(__file__).with_name("us_places.tsv.gz")
# A county, and what is inside it: a county subdivision (10 digits), a tract (11), a block group (12), a block (15).
_IN_COUNTY = frozenset({5, 10, 11, 12, 15})
# Spreadsheets drop the first zero of a geoid.
_WITHOUT_ZERO = frozenset({1, 4, 6, 9, 14})
_KIND = re.compile(r"\b(county|parish|city|borough|municipality|census area|municipio|and|of)\b|[^a-z]")


def explain_contradiction(coverage: JsonMapping) -> str | None:
    """Return what is wrong if `geoid` is the number of another county or state than the names say, else None."""
    geoid, named = read_geoid(coverage), find_named_geoids(coverage)
    if geoid is None or not named or agrees(geoid, named):
        return None
    places = _places()
    known = next((f"{places[key]} (US Census {key})" for key in census_keys(geoid) if key in places), "")
    if geoid[:COUNTY_DIGITS] not in known:
        known = "no county or state"
    other = f"{places[named[0]]} ({named[0]})" if named[0] in places else named[0]
    return f"geoid {geoid} is {known}, but the coverage names {other}"


def read_geoid(coverage: JsonMapping) -> str | None:
    """Return the digits of the geoid, with the first zero that spreadsheets drop; None without one."""
    digits = re.sub(r"[\s-]", "", str(json_object(coverage.get("US Census")).get("geoid") or ""))
    if not (digits.isascii() and digits.isdigit()):
        return None
    return f"0{digits}" if len(digits) in _WITHOUT_ZERO else digits


def census_keys(geoid: str) -> Iterator[str]:
    """Yield the county and the state of a geoid: of a place, only the state is part of its number."""
    if len(geoid) in _IN_COUNTY:
        yield geoid[:COUNTY_DIGITS]
    yield geoid[:STATE_DIGITS]


def agrees(geoid: str, named: tuple[str, ...]) -> bool:
    """Return whether a geoid is one of the named ones, inside one, or a state that has one."""
    stated = next(census_keys(geoid))
    return any(stated.startswith(other) or other.startswith(stated) for other in named)


def find_state(word: object) -> str | None:
    """Return the geoid of a state from its postal code or its name."""
    text = word.strip() if isinstance(word, str) else ""
    if not text:
        return None
    return STATE_NUMBERS.get(text.upper()) or _geoids().get(("", _plain_name(text)), (None,))[0]


def find_named_geoids(coverage: JsonMapping) -> tuple[str, ...]:
    """Return the geoids of the counties that a coverage names, else of its state, else nothing.

    A county and a city of one name, such as Richmond in Virginia, are both returned.
    """
    census = json_object(coverage.get("US Census"))
    states = [geoid for word in (census.get("state"), coverage.get("state")) if (geoid := find_state(word))]
    for state in states:
        for word in (census.get("name"), coverage.get("county")):
            if isinstance(word, str) and (counties := _geoids().get((state, _plain_name(word)))):
                return counties
    return tuple(states[:1])


def prepare_names() -> None:
    """Load the names, so that the first definition does not wait for them."""
    _geoids()


def _plain_name(text: str) -> str:
    """Return a name without case, blanks and the kind of the place: `St. Mary's County` is `stmarys`."""
    return _KIND.sub("", text.lower().replace("saint ", "st "))


@cache
def _places() -> Mapping[str, str]:
    """Return the names by geoid, such as `Kings, New York`; read when first used, because few processes need them."""
    lines = gzip.decompress(_FILE.read_bytes()).decode().removesuffix("\n").split("\n")
    return {geoid: name for geoid, _, name in (line.partition("\t") for line in lines)}


@cache
def _geoids() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the geoids by state and plain name; those of states by an empty state."""
    geoids: dict[tuple[str, str], tuple[str, ...]] = {}
    for geoid, place in _places().items():
        state = geoid[:STATE_DIGITS] if len(geoid) == COUNTY_DIGITS else ""
        name = place.rpartition(", ")[0] if state else place
        geoids[state, _plain_name(name)] = (*geoids.get((state, _plain_name(name)), ()), geoid)
    return geoids
