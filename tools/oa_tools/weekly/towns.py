"""Test towns: a source definition and a table of addresses for each."""

import csv
import io
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_tools.weekly.faults import Fault

ROWS = 60
_REGIONS = ("north", "east", "south", "west", "mid")
_COUNTRIES = ("xa", "xb", "xc")
_STREETS = ("Alder Street", "Birch Avenue", "Cedar Lane", "Dogwood Road", "Elm Court", "Fir Street")
_COLUMNS = ("NUMBER", "STREET", "CITY", "POSTCODE", "LON", "LAT")
_WEST, _SOUTH, _STEP = 10.0, 45.0, 0.05


@dataclass(frozen=True, slots=True)
class Town:
    """A town with one source definition; `fault` is what is wrong with its data until it is fixed."""

    number: int
    fault: Fault | None

    @property
    def source_name(self) -> str:
        """Return the source name: country, region and number."""
        country = _COUNTRIES[self.number % len(_COUNTRIES)]
        region = _REGIONS[self.number // len(_COUNTRIES) % len(_REGIONS)]
        return f"{country}/{region}/town{self.number:04}"

    @property
    def file(self) -> str:
        """Return the file name of the data."""
        return f"town{self.number:04}.{'zip' if self.fault is Fault.BAD_ZIP else 'csv'}"


def make_towns(count: int, broken: int) -> list[Town]:
    """Return `count` towns; `broken` have a fault, each the next of the list; they are evenly spread."""
    faults = list(Fault)
    places = {round((place + 0.5) * count / broken): faults[place % len(faults)] for place in range(broken)}
    return [Town(number, places.get(number)) for number in range(count)]


def definition(town: Town, url: str) -> JsonObject:
    """Return the source definition of a town, with its data below `url`."""
    conform = {"format": "csv", "number": "NUMBER", "street": "STREET", "city": "CITY", "postcode": "POSTCODE"}
    entry: JsonObject = {"name": "town", "data": f"{url}/{town.file}", "protocol": "http"}
    if town.fault is Fault.BAD_ZIP:
        entry["compression"] = "zip"
    entry["conform"] = {**conform, "lon": "LON", "lat": "LAT", "size": "small"}
    country, region, name = town.source_name.split("/")
    coverage = {"country": country, "state": region, "town": name}
    return {"schema": 2, "coverage": coverage, "layers": {"addresses": [entry]}}


def write_repository(folder: Path, towns: list[Town], url: str) -> None:
    """Write a repository of sources with the definitions of exactly these towns."""
    shutil.rmtree(folder / "sources", ignore_errors=True)
    for town in towns:
        path = folder / "sources" / f"{town.source_name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(definition(town, url), indent=2), "utf-8")


def table(town: Town, rows: int = ROWS, *, without: str = "", meters: bool = False) -> bytes:
    """Return the addresses of a town as CSV, the same each time; `meters` writes grid coordinates, not degrees."""
    rng = random.Random(town.number)  # noqa: S311 - fictional addresses are not secret
    west = _WEST + town.number % 20 * _STEP
    south = _SOUTH + town.number // 20 * _STEP
    columns = [column for column in _COLUMNS if column != without]
    text = io.StringIO()
    written = csv.DictWriter(text, columns, extrasaction="ignore")
    written.writeheader()
    for place in range(rows):
        lon, lat = west + rng.uniform(0, _STEP), south + rng.uniform(0, _STEP)
        spot = (500_000 + lon * 1000, 4_900_000 + lat * 1000) if meters else (round(lon, 6), round(lat, 6))
        row = {"NUMBER": place + 1, "STREET": rng.choice(_STREETS), "CITY": f"Town {town.number}"}
        written.writerow({**row, "POSTCODE": f"{town.number:05}", "LON": spot[0], "LAT": spot[1]})
    return text.getvalue().encode()
