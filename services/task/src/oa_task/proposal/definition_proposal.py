"""The proposal of a definition: guesses at each member, and remarks for the author."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from yarl import URL

from oa_shared.json_types import JsonObject
from oa_shared.json_values import json_object
from oa_shared.source_definition import SCHEMA_VERSION, validate_definition
from oa_task.proposal.columns import ColumnFacts, read_columns
from oa_task.proposal.coverage_guess import CoverageGuess, Places, area_of_source, county_of_source, guess_coverage
from oa_task.proposal.guesses import DefinitionGuess
from oa_task.proposal.inspection import ESRI, DescribedData
from oa_task.proposal.layer_rules import LayerGuess, guess_layer
from oa_task.proposal.place_guess import PlaceGuess, add_system, are_degrees, guess_table_places
from oa_task.runtime.failure import TaskFailure

_FACT, _SNIFFED, _UNSURE = 1.0, 0.9, 0.5
_MOST_OTHERS = 5
_WIDE_DEGREES = 0.5
_STATEWIDE = frozenset({"statewide", "countrywide", "state", "country", "county", "city"})
_READING_REASONS = {
    "format": "the first bytes of the data",
    "file": "the file with the columns that fit best, then the largest",
    "layer": "the layer or sheet with the columns that fit best, then the largest",
    "encoding": "the encoding in which the words of the text look right",
    "csvsplit": "the separator that divides all lines into the same number of columns",
    "headers": "the first line with names of columns; -1 if no line has them",
    "skiplines": "the lines up to the names of the columns",
}


@dataclass(frozen=True, slots=True)
class ProposalOptions:
    """What the author states: the source such as us/ca/berkeley, the layer and the name of the entry."""

    source: str | None = None
    layer: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DefinitionProposal:
    """A definition that is valid by the schema, the guesses in it, and what the author has to add or look at."""

    definition: JsonObject
    guesses: list[DefinitionGuess]
    remarks: list[str] = field(default_factory=list)


def propose_definition(data: DescribedData, options: ProposalOptions) -> DefinitionProposal:
    """Return the proposal for described data. Raises TaskFailure if the columns do not allow for a valid definition."""
    report = data.report
    columns = read_columns(report)
    reading = json_object(report["conform"])
    names = (URL(data.url).path.rpartition("/")[2], *(str(reading.get(key, "")) for key in ("file", "layer")))
    layer = guess_layer(columns, str(report["shapes"]), options.layer, names=names)
    place = _guess_place(data, columns, options)
    is_known = place.places is not None and len(place.places[0]) and not place.other_systems
    coverage = guess_coverage(place.places) if place.places is not None and is_known else None
    options_of_reading = _reading_guesses(data)
    name = options.name or _entry_name(coverage, place.places, options.source)
    conform: JsonObject = {guess.key: guess.value for guess in (*options_of_reading, *place.guesses, *layer.rules)}
    entry: JsonObject = {"name": name, "data": data.url, "protocol": data.protocol}
    if report["compression"]:
        entry["compression"] = report["compression"]
    entry["conform"] = conform
    stated: JsonObject = coverage.coverage if coverage else _stated_coverage(options.source)
    definition: JsonObject = {"schema": SCHEMA_VERSION, "coverage": stated, "layers": {layer.layer: [entry]}}
    _check(definition)
    guesses = [*_entry_guesses(data, layer, name, coverage), *options_of_reading, *place.guesses, *layer.rules]
    return DefinitionProposal(definition, guesses, _remarks(data, place, coverage, layer, conform))


def _guess_place(data: DescribedData, columns: Sequence[ColumnFacts], options: ProposalOptions) -> PlaceGuess:
    places = np.array(data.report["places"], dtype=float).reshape(-1, 2)
    known = (county_of_source(options.source), area_of_source(options.source))
    areas = [area for area in known if area]
    if data.protocol != ESRI and json_object(data.report["conform"])["format"] == "csv" and not len(places):
        return guess_table_places(columns, areas)
    guess = PlaceGuess(places=(places[:, 0], places[:, 1]))
    # GeoJSON without a system has degrees by its standard, but not everywhere.
    is_off_earth = data.protocol != ESRI and len(places) and not are_degrees((places[:, 0], places[:, 1]))
    if not data.report["lacks_crs"] and not is_off_earth:
        return guess
    guess.places = None
    guess = add_system(guess, (places[:, 0], places[:, 1]), areas)
    if guess.places is not None and not guess.guesses:
        guess.guesses.append(DefinitionGuess("srs", "EPSG:4326", _SNIFFED, "coordinates in degrees without a system"))
    return guess


def _reading_guesses(data: DescribedData) -> list[DefinitionGuess]:
    options = json_object(data.report["conform"])
    reasons = {**_READING_REASONS, "format": "the protocol"} if data.protocol == ESRI else _READING_REASONS
    return [DefinitionGuess(key, value, _SNIFFED, reasons[key]) for key, value in options.items()]


def _entry_guesses(
    data: DescribedData, layer: LayerGuess, name: str, coverage: CoverageGuess | None
) -> list[DefinitionGuess]:
    least = min((rule.score for rule in layer.rules), default=_UNSURE)
    guesses = [DefinitionGuess("layers", layer.layer, least, layer.reason)]
    if coverage:
        reason = f"nearly all places are in {coverage.area_name}"
        guesses.append(DefinitionGuess("coverage", coverage.coverage, coverage.score, reason))
    guesses.append(DefinitionGuess("name", name, _SNIFFED, "the extent of the data, and the name of the source"))
    guesses.append(DefinitionGuess("protocol", data.protocol, _FACT, "the URL"))
    if data.report["compression"]:
        guesses.append(DefinitionGuess("compression", data.report["compression"], _FACT, "the first bytes of the data"))
    return guesses


def _entry_name(coverage: CoverageGuess | None, places: Places | None, source: str | None) -> str:
    """Return the name that sources use for data of this extent: country, state, county or city."""
    last = (source or "").rpartition("/")[2]
    kind = coverage.kind if coverage else "city"
    if kind == "country" and places is not None and _width(places) < _WIDE_DEGREES:
        return "city"
    if kind != "county" or not last:
        return kind
    county = coverage.area_name.partition(",")[0] if coverage else ""
    is_county = "county" in last or last.replace("_", " ").casefold() == county.casefold()
    return "county" if is_county or last in _STATEWIDE else "city"


def _width(places: Places) -> float:
    """Return the larger side of the box of the places in degrees."""
    return float(max(np.ptp(places[0]), np.ptp(places[1])))


def _stated_coverage(source: str | None) -> JsonObject:
    country, _, rest = (source or "").partition("/")
    state = rest.partition("/")[0]
    coverage: JsonObject = {"country": country} if country else {}
    return {**coverage, "state": state} if country == "us" and state else coverage


def _remarks(
    data: DescribedData, place: PlaceGuess, coverage: CoverageGuess | None, layer: LayerGuess, conform: JsonObject
) -> list[str]:
    remarks = ["Add `license`: the terms of the data, and their URL. No program can know them."]
    if data.is_file:
        remarks.append(
            "Replace `data` by the URL of the file: that of its publisher, or the one that `oa upload FILE` prints."
        )
    if not place.has_coordinates:
        remarks.append("Set `conform.lon` and `conform.lat`: no two columns look like coordinates.")
    elif place.places is None or not len(place.places[0]):
        remarks.append(
            "Set `conform.srs`: the coordinates are not degrees, and the data states no system. "
            "With the name of the source (`--source`), such as us/ca/berkeley, its place decides."
        )
    if place.other_systems:
        systems = ", ".join(place.other_systems[:_MOST_OTHERS])
        remarks.append(
            f"Check `conform.srs`: the coordinates also fit in {systems}, which put the data elsewhere. "
            "Compare the place on a map, or look for the system in the documentation of the data."
        )
    if coverage is None and not place.other_systems:
        remarks.append("Complete `coverage`: nearly all places of the data are in no known county, state or country.")
    others = cast("list[str]", data.report["others"])
    if others:
        more = ", …" if len(others) > _MOST_OTHERS else ""
        remarks.append(f"Check `file` and `layer`: the data also has {', '.join(others[:_MOST_OTHERS])}{more}.")
    if layer.other_layers:
        remarks.append(
            f"Choose {' or '.join(layer.other_layers)} (`--layer`) in another proposal: "
            "the data seems to hold more than one layer."
        )
    unsure = [rule.key for rule in layer.rules if rule.confidence == "low"]
    if unsure:
        remarks.append(f"Check {', '.join(f'`{key}`' for key in unsure)}: the guess is not sure.")
    lacking = [key for key in ("city", "postcode", "id") if layer.layer == "addresses" and key not in conform]
    if lacking:
        remarks.append(f"No column was recognized for {', '.join(lacking)}: add a rule if the data has it.")
    return remarks


def _check(definition: JsonObject) -> None:
    problems = validate_definition(definition)
    if problems:
        text = "; ".join(f"{problem.pointer}: {problem.message}" for problem in problems)
        raise TaskFailure("source.schema", f"the names in the data do not allow for a valid definition: {text}")
