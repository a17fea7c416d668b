"""What a search finds: jobs, runs and datasets by number or name, sources by any part of their names, places."""

import asyncio
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from oa_api.datasets.places import Place, find_places, find_regions
from oa_api.datasets.requests import SourceListFilter
from oa_api.datasets.source_list import RegionRow, list_regions
from oa_api.db.database import Database
from oa_api.http.fields import MAX_ID
from oa_api.sources import queries
from oa_api.sources.rows import MatchingSourceRow
from oa_shared.status import LAYERS

_NUMBER = re.compile(r"(?:/?(?P<kind>job|run|data|dataset)s?\s*[#/:]?\s*|#)?(?P<number>\d{1,19})\Z", re.IGNORECASE)
_DATASET = re.compile(rf"(?P<source>\S+?)[\s/]+(?P<layer>{'|'.join(LAYERS)})(?:[\s/]+(?P<name>.+))?\Z")
_POINT = re.compile(r"(?P<first>[-+]?\d{1,3}(?:\.\d+)?)°?\s*[,; ]\s*(?P<second>[-+]?\d{1,3}(?:\.\d+)?)°?\Z")
_MOST_NORTH, _MOST_EAST = 90, 180
_SOURCES, _SUGGESTIONS, _PLACES, _WORDS = 50, 8, 12, 8
_ORIGIN = re.compile(r"https?://[^/\s]+(?=/)", re.IGNORECASE)
# The path of the file of a source in a repository, or of its page.
_FILE = re.compile(r"(?:\S*/|)sources/(?P<name>[^?#\s]+)")


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that a search names exactly; `kind` is what it shows."""

    kind: str
    label: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """A place with the number of its sources, or for a county with that of the datasets whose extents overlap it."""

    place: Place
    sources: int
    href: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search for `text` finds; `total` is the number of matching sources; `sources` has the first.

    Where nothing else is found, `places` has places without data, and `suggestions` sources with similar names.
    """

    text: str = ""

    exact: list[Hit] = field(default_factory=list)
    sources: list[MatchingSourceRow] = field(default_factory=list)
    places: list[PlaceHit] = field(default_factory=list)
    total: int = 0
    suggestions: list[MatchingSourceRow] = field(default_factory=list)

    @property
    def only_hit(self) -> str | None:
        """Return where to go: the only exact hit, or without any source the only place, or that with this name."""
        if self.exact or self.sources:
            return self.exact[0].href if len(self.exact) == 1 else None
        if not any(hit.sources for hit in self.places):
            return None
        named = [hit for hit in self.places if hit.place.name.casefold() == self.text.casefold()]
        places = named or self.places
        return places[0].href if len(places) == 1 else None


async def search(database: Database, text: str) -> Findings:
    """Return what a text finds. An empty text finds nothing."""
    text = " ".join(text.split())
    if not text:
        return Findings()
    name = _ORIGIN.sub("", text)
    exact = [*await _find_numbered(database, name), *_find_point(text), *await _find_named(database, name)]
    sources = await _find_sources(database, text)
    places = await _find_places(database, text)
    found = [hit for hit in places if hit.sources]
    if exact or sources or found:
        return Findings(text, exact, sources, found, sources[0].total if sources else 0)
    suggestions = await queries.suggest_sources(database, words, limit=_SUGGESTIONS) if (words := _words(text)) else []
    return Findings(text, places=places, suggestions=suggestions)


async def _find_sources(database: Database, text: str) -> list[MatchingSourceRow]:
    """Return the sources whose names contain all words, or all but the first or last ones, which name a place."""
    words = _words(text)
    if not words:
        return []
    if found := await queries.find_sources(database, words, limit=_SOURCES):
        return found
    for split in range(1, len(words)):
        for inside, around in ((words[:split], words[split:]), (words[split:], words[:split])):
            for place in await asyncio.to_thread(find_regions, " ".join(around)):
                if found := await queries.find_sources(database, [*inside, f"{place.path}/"], limit=_SOURCES):
                    return found
    return []


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word][:_WORDS]


async def _find_numbered(database: Database, text: str) -> list[Hit]:
    """Return the job, the run and the dataset with a number, or only the one whose kind the text states."""
    match = _NUMBER.match(text)
    number = int(match["number"]) if match else 0
    if match is None or not 0 < number <= MAX_ID:
        return []
    row = await queries.find_numbered(database, number)
    hits = {
        "job": Hit("Job", f"Job {number}", row.job, f"/jobs/{number}") if row.job else None,
        "run": Hit("Run", f"Run {number}", f"{row.run} run", f"/runs/{number}") if row.run else None,
        "data": Hit("Dataset", f"Dataset {number}", row.data, f"/data/{number}") if row.data else None,
    }
    kind = (match["kind"] or "").lower().replace("dataset", "data")
    return [hit for name, hit in hits.items() if hit and kind in ("", name)]


def _find_point(text: str) -> list[Hit]:
    """Return the datasets at a point, which people write as latitude, longitude; the other way only if it must be."""
    match = _POINT.match(text)
    if match is None:
        return []
    first, second = float(match["first"]), float(match["second"])
    lat, lon = (first, second) if abs(first) <= _MOST_NORTH else (second, first)
    if abs(lat) > _MOST_NORTH or abs(lon) > _MOST_EAST:
        return []
    return [Hit("Point", f"Latitude {lat:g}, longitude {lon:g}", "data that covers it", f"/data?point={lon:g},{lat:g}")]


async def _find_named(database: Database, text: str) -> list[Hit]:
    """Return the source or the dataset that a text names, also as the path of its file."""
    match = _FILE.match(text)
    name = (match["name"] if match else text.removeprefix("/")).removesuffix(".json").rstrip("/")
    existence = await queries.get_existence(database, name)
    if "/" in name and name != name.lower() and not existence.is_source | existence.is_prefix:
        name = name.lower()
        existence = await queries.get_existence(database, name)
    hits = [Hit("Source", name, "", f"/sources/{quote(name)}")] if existence.is_source else []
    if not hits and existence.is_prefix:
        hits = [Hit("Sources", f"{name}/", "sources below", f"/sources/{quote(name)}")]
    if match := _DATASET.match(text):
        source = match["source"].strip("/")
        dataset = await queries.find_dataset(database, source, match["layer"], match["name"])
        if dataset is not None and dataset.datasets == 1:
            label = f"{source} {match['layer']} {dataset.name}"
            hits.append(Hit("Dataset", label, "", f"/data/{dataset.id}"))
    return hits


async def _find_places(database: Database, text: str) -> list[PlaceHit]:
    """Return the places that a text names, countries and regions before counties of equal match."""
    places = await asyncio.to_thread(find_places, text, limit=_PLACES)
    if not places:
        return []
    regions = await list_regions(database, SourceListFilter(limit=1))
    counties = [place for place in places if place.is_county]
    in_counties = dict(zip(counties, await queries.count_in_boxes(database, list(map(_box, counties))), strict=True))
    return [
        PlaceHit(place, in_counties[place], f"/data?{urlencode({'bbox': place.bbox}, safe=',')}")
        if place.is_county
        else PlaceHit(place, _count_sources(regions, place), f"/sources/{place.path}")
        for place in places
    ]


def _count_sources(regions: list[RegionRow], place: Place) -> int:
    is_country = "/" not in place.path
    return sum(
        region.sources for region in regions if place.path in (region.path, region.country if is_country else "")
    )


def _box(place: Place) -> str:
    west, south, east, north = place.bbox.split(",")
    return f"(({west},{south}),({east},{north}))"
