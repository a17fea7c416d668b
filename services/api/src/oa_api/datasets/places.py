"""The names of places: countries and regions by the parts of source names, and counties of the United States.

`places.tsv.gz` has them (ISO 3166, US Census Bureau); `python -m oa_tools.areas` writes it. `country_names.tsv` has
other names of countries: short ones, and those in their official languages (Unicode CLDR).
"""

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from oa_api.db.name_patterns import fold_name

# Read when the module is loaded, so that no request waits for a disk.
_TEXT = gzip.decompress(Path(__file__).with_name("places.tsv.gz").read_bytes()).decode()
_OTHER_NAMES = Path(__file__).with_name("country_names.tsv").read_text("utf-8")
_SHORTEST_WORD = 2
# Words of a name that a user may add to it or leave out.
_FILLERS = frozenset({"county", "parish", "borough", "state", "of", "the"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place: the first parts of the names of its sources, its name, and the bounds of a county as a bbox."""

    path: str
    name: str
    bbox: str

    @property
    def is_county(self) -> bool:
        """Return whether the place is an area within the sources of its path."""
        return bool(self.bbox)


def place_name(path: str) -> str:
    """Return the name of a country or region, such as `us/ca`; an empty text for other paths."""
    return _names().get(path.strip("/").lower(), "")


def find_places(text: str, *, limit: int) -> list[Place]:
    """Return the places whose names have all words of a text, or start them, the best matches first."""
    words = [word for word in _words(text) if word not in _FILLERS]
    if not words or len(" ".join(words)) < _SHORTEST_WORD:
        return []
    matches = []
    for place, searched in _searched_places():
        if all(f" {word}" in searched for word in words):
            matches.append((searched.strip() != " ".join(words), place.is_county, len(searched), place.name, place))
    best_first = (match[-1] for match in sorted(matches, key=lambda match: match[:-1]))
    return list(dict.fromkeys(best_first))[:limit]


def find_regions(text: str) -> list[Place]:
    """Return the countries and regions with a name, as people write it."""
    words = " ".join(_words(text))
    matches = (place for place, searched in _searched_places() if not place.is_county and searched.strip() == words)
    return list(dict.fromkeys(matches))


@cache
def _places() -> list[Place]:
    return [Place(*line.split("\t")) for line in _TEXT.splitlines()]


@cache
def _names() -> dict[str, str]:
    return {place.path: place.name for place in _places() if not place.is_county}


@cache
def _searched_places() -> list[tuple[Place, str]]:
    """Return each place with the words of its name, each after a space; once for each of its names."""
    countries = {place.path: place for place in _places() if "/" not in place.path and not place.is_county}
    others = (line.split("\t") for line in _OTHER_NAMES.splitlines())
    names = [(place, place.name) for place in _places()] + [(countries[path], name) for path, name in others]
    return [(place, "".join(f" {word}" for word in _words(name))) for place, name in names]


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case without accents."""
    return "".join(char if char.isalnum() else " " for char in fold_name(text)).split()
