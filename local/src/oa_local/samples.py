"""Writes a fictional county: addresses (CSV), parcels (zipped shapefile, projected) and buildings (GeoJSON)."""

import csv
import json
import math
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyogrio
import shapely

from oa_shared.json_types import JsonObject

SEED = 20_240_229
SOURCE_NAME = "xx/applewood"
ADDRESSES, PARCELS, BUILDINGS = 10_000, 6_000, 6_000
_UNITS = 0.1
_CRS = "EPSG:32614"
_EAST, _NORTH = 500_000.0, 4_400_000.0
_LON, _LAT = -99.0, 39.7486
_METRES_PER_DEGREE = 111_200.0
_FIRST = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Juniper", "Larch", "Maple", "Oak")
_SECOND = ("Hill", "Creek", "Meadow", "Ridge", "Grove", "Field")
_KIND = ("Street", "Avenue", "Lane", "Road", "Court")
_TOWNS = ("Applewood", "Quince Ferry", "Pear Junction")


def write_samples(folder: Path) -> None:
    """Write the three data files into `folder`; they are the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)  # noqa: S311 - fictional addresses are not secret
    _write_addresses(folder / "addresses.csv", rng)
    _write_parcels(folder / "parcels.zip")
    _write_buildings(folder / "buildings.geojson", rng)


def _degrees(east: float, north: float) -> tuple[float, float]:
    lon = _LON + east / (_METRES_PER_DEGREE * math.cos(math.radians(_LAT)))
    return round(lon, 7), round(_LAT + north / _METRES_PER_DEGREE, 7)


def _write_addresses(path: Path, rng: random.Random) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["DISTRICT", "ACCOUNT", "SITUS", "APT", "TOWN", "ZIP", "LON", "LAT"])
        rows.writerows(_address(place, rng) for place in range(ADDRESSES))


def _address(place: int, rng: random.Random) -> list[object]:
    block, house = divmod(place, 50)
    street = f"{_FIRST[block % 12]} {_SECOND[block // 12 % 6]} {_KIND[block % 5]}"
    unit = f"Apt {rng.randint(1, 12)}" if rng.random() < _UNITS else ""
    lon, lat = _degrees(house * 40.0 + rng.uniform(-3, 3), block * 60.0 + rng.uniform(-3, 3))
    town = place * len(_TOWNS) // ADDRESSES
    return [town + 1, f"{place:06}", f"{100 + 2 * house} {street}", unit, _TOWNS[town], f"0000{town + 1}", lon, lat]


def _write_parcels(path: Path) -> None:
    places = range(PARCELS)
    west = np.array([_EAST + place % 50 * 40.0 - 18 for place in places])
    south = np.array([_NORTH + place // 50 * 60.0 - 25 for place in places])
    geometry = shapely.to_wkb(shapely.box(west, south, west + 36, south + 50))
    numbers = np.array([f"AW-{place:06}" for place in places], dtype=object)
    with TemporaryDirectory() as scratch:
        pyogrio.raw.write(
            Path(scratch) / "parcels.shp",
            geometry=geometry,
            field_data=[numbers],
            fields=["PARCEL_NO"],
            geometry_type="Polygon",
            crs=_CRS,
            driver="ESRI Shapefile",
            encoding="UTF-8",
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(scratch).iterdir()):
                archive.write(part, part.name)


def _write_buildings(path: Path, rng: random.Random) -> None:
    features = list(_buildings(rng))
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")


def _buildings(rng: random.Random) -> Iterator[JsonObject]:
    for place in range(BUILDINGS):
        row, column = divmod(place, 50)
        east, north = column * 40.0 - 6, row * 60.0 - 6
        corners = [(0, 0), (12 + rng.uniform(0, 6), 0), (14, 10 + rng.uniform(0, 6)), (0, 11), (0, 0)]
        ring = [_degrees(east + x, north + y) for x, y in corners]
        yield {
            "type": "Feature",
            "properties": {"building": place, "levels": rng.randint(1, 4)},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }


def definition(data_url: str) -> JsonObject:
    """Return the source definition of the county, with its files below `data_url`."""
    return {
        "schema": 2,
        "coverage": {"country": "xx", "county": "Applewood"},
        "layers": {
            "addresses": [
                {
                    "name": "county",
                    "data": f"{data_url}/addresses.csv",
                    "protocol": "http",
                    "conform": _ADDRESS_CONFORM,
                }
            ],
            "parcels": [
                {
                    "name": "county",
                    "data": f"{data_url}/parcels.zip",
                    "protocol": "http",
                    "compression": "zip",
                    "conform": {"format": "shapefile", "pid": "PARCEL_NO"},
                }
            ],
            "buildings": [
                {
                    "name": "county",
                    "data": f"{data_url}/buildings.geojson",
                    "protocol": "http",
                    "conform": {"format": "geojson"},
                }
            ],
        },
    }


_ADDRESS_CONFORM = {
    "format": "csv",
    "lon": "LON",
    "lat": "LAT",
    "number": {"function": "regexp", "field": "SITUS", "pattern": "^([0-9]+)"},
    "street": {"function": "regexp", "field": "SITUS", "pattern": "^(?:[0-9]+ )(.*)"},
    "unit": "APT",
    "city": "TOWN",
    "postcode": "ZIP",
    "id": {"function": "join", "fields": ["DISTRICT", "ACCOUNT"], "separator": "-"},
}
