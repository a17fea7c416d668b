"""The county or state of the United States that the words of a coverage name.

Authors mistype a geoid more often than a name: of 1,388 definitions of openaddresses/openaddresses, 12 state the
geoid of another county, or of no county, and the right name.
"""

import re
from collections.abc import Mapping
from functools import cache

from oa_shared.json_types import JsonMapping
from oa_task.placement.areas import list_names
from oa_task.placement.us_states import STATE_NUMBERS
from oa_task.runtime.json_values import json_object

COUNTY_DIGITS, STATE_DIGITS = 5, 2
_KIND = re.compile(r"\b(county|parish|city|borough|municipality|census area|municipio|and|of)\b|[^a-z]")


def find_state(word: object) -> str | None:
    """Return the geoid of a state from its postal code or its name."""
    text = word.strip() if isinstance(word, str) else ""
    if not text:
        return None
    return STATE_NUMBERS.get(text.upper()) or _names().get(("", _plain_name(text)), (None,))[0]


def find_named_geoids(coverage: JsonMapping) -> tuple[str, ...]:
    """Return the geoids of the counties that a coverage names, else of its state, else nothing.

    A county and a city of one name, such as Richmond in Virginia, are both returned.
    """
    census = json_object(coverage.get("US Census"))
    states = [geoid for word in (census.get("state"), coverage.get("state")) if (geoid := find_state(word))]
    for state in states:
        for word in (census.get("name"), coverage.get("county")):
            if isinstance(word, str) and (counties := _names().get((state, _plain_name(word)))):
                return counties
    return tuple(states[:1])


def _plain_name(text: str) -> str:
    """Return a name without case, blanks and the kind of the place: `St. Mary's County` is `stmarys`."""
    return _KIND.sub("", text.lower().replace("saint ", "st "))


@cache
def _names() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the geoids by state and plain name; those of states by an empty state."""
    geoids: dict[tuple[str, str], tuple[str, ...]] = {}
    for key, place in list_names("us:"):
        geoid = key.removeprefix("us:")
        state = geoid[:STATE_DIGITS] if len(geoid) == COUNTY_DIGITS else ""
        name = place.rpartition(", ")[0] if state else place
        geoids[state, _plain_name(name)] = (*geoids.get((state, _plain_name(name)), ()), geoid)
    return geoids
