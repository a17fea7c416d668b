"""Inputs for the benchmarks of the engine, from seeded random numbers: data files and their definitions."""

import gzip
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyogrio
import shapely

STREETS = (
    *("Alder", "Aspen", "Beech", "Canyon", "Clover", "Coral", "Eagle", "Fern", "Garnet", "Harbor", "Hazel", "Iris"),
    *("Juniper", "Kestrel", "Larch", "Linden", "Mesa", "Mill", "Olive", "Osprey", "Quarry", "Raven", "Rowan", "Sage"),
    *("Summit", "Teal", "Tulip", "Umpqua", "Vista", "Yarrow", "Núñez", "Straßburg"),
)
KINDS = ("ST", "AVE", "RD", "DR", "LN", "CT", "BLVD", "WAY")
CITIES = ("Ashland", "Bend", "Coos Bay", "Eugene", "Medford", "O'Brien", "Salem", "St. Helens")
STATES = ("OR", "WA", "CA", "ID")
SOURCES = ("BUILDING", "PARCEL", "DRIVEWAY", "INTERPOLATION", "OTHER")
Columns = dict[str, np.ndarray]

MAPPED = {
    "number": {"function": "prefixed_number", "field": "SITEADDR"},
    "street": {"function": "remove_postfix", "field": "STREETUNIT", "field_to_remove": "UNIT"},
    "unit": "UNIT",
    "city": {
        "function": "regexp",
        "field": "CITYZIP",
        "pattern": r"^(.*?),\s*([A-Z]{2})\s+(\d{5})(?:-\d{4})?$",
        "replace": "$1",
    },
    "region": {"function": "regexp", "field": "CITYZIP", "pattern": r",\s*([A-Z]{2})\s"},
    "postcode": {"function": "regexp", "field": "CITYZIP", "pattern": r"(\d{5})(?:-\d{4})?$"},
    "id": {"function": "join", "fields": ["BLOCK", "LOT"], "separator": "-"},
    "accuracy": {
        "function": "map",
        "field": "GEOTYPE",
        "mapping": {"BUILDING": 1, "PARCEL": 2, "DRIVEWAY": 3, "INTERPOLATION": 4},
        "else": 5,
    },
}
NAMED = {"number": "NUM", "street": "STREET", "unit": "UNIT", "city": "CITY", "region": "ST", "postcode": "ZIP"}
POINTS = {
    "number": {"function": "prefixed_number", "field": "SITEADDR"},
    "street": ["PREDIR", "STNAME", "STTYPE"],
    "unit": "UNIT",
    "city": "CITY",
    "region": "STATE",
    "postcode": "ZIP",
    "id": "PIN",
}
ROADS = {"name": "NAME", "classification": "CLASS", "oneway": "ONEWAY", "speed": "SPEED"}
PLACE = {"lon": "LONGITUDE", "lat": "LATITUDE"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One input: its layer, its data file, its conform, and the function that writes it."""

    layer: str
    file: str
    conform: Mapping[str, Any]
    rows: int
    write: Callable[[Path, int], None]
    compression: str | None = None
    protocol: str = "http"
    most_rows: int = sys.maxsize

    def definition(self, url: str) -> dict[str, Any]:
        """Return a definition whose one entry, `bench`, reads the data from a URL."""
        entry = {"name": "bench", "data": url, "protocol": self.protocol, "conform": dict(self.conform)}
        if self.compression:
            entry["compression"] = self.compression
        return {"schema": 2, "coverage": {"country": "us"}, "layers": {self.layer: [entry]}}


def make(kind: Kind, folder: Path, scale: float) -> Path:
    """Write the data of a kind unless the file exists, and return its path."""
    path = folder / f"{scale:g}" / kind.file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name("part-" + path.name)
        kind.write(part, min(round(kind.rows * scale), kind.most_rows))
        part.rename(path)
    return path


def _pick(random: np.random.Generator, values: tuple[str, ...], rows: int) -> np.ndarray:
    picked: np.ndarray = np.array(values, dtype=object)[random.integers(0, len(values), rows)]
    return picked


def _addresses(random: np.random.Generator, rows: int) -> Columns:
    house = random.integers(1, 20_000, rows)
    form = random.random(rows)
    number = house.astype(str).astype(object)
    number[form < 0.03] += " 1/2"
    number[(form > 0.03) & (form < 0.06)] += "A"
    number[form > 0.98] = ""
    unit = np.where(random.random(rows) < 0.2, "APT " + random.integers(1, 400, rows).astype(str).astype(object), "")
    zips = random.integers(10_000, 99_999, rows).astype(str).astype(object)
    plus = "-" + random.integers(1_000, 9_999, rows).astype(str).astype(object)
    columns = {"NUM": number, "UNIT": unit, "ZIP": zips + np.where(random.random(rows) < 0.3, plus, "")}
    columns |= {"PREDIR": _pick(random, ("", "", "N", "S"), rows), "STNAME": _pick(random, STREETS, rows)}
    columns |= {"STTYPE": _pick(random, KINDS, rows), "CITY": _pick(random, CITIES, rows)}
    columns |= {"STATE": _pick(random, STATES, rows), "GEOTYPE": _pick(random, SOURCES, rows)}
    columns |= {"BLOCK": random.integers(1, 9_999, rows).astype(str).astype(object)}
    columns |= {"LOT": random.integers(1, 999, rows).astype(str).astype(object)}
    return columns


def _join_with_spaces(*columns: np.ndarray | pl.Series) -> pl.Series:
    """Return the texts of each row that are not empty, joined with spaces."""
    texts = [pl.lit(pl.Series(column, dtype=pl.String).replace("", None)) for column in columns]
    return pl.select(pl.concat_str(texts, separator=" ", ignore_nulls=True)).to_series()


def lon_lat(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    return np.round(-123.5 + random.random(rows) * 2, 8), np.round(44 + random.random(rows) * 1.5, 8)


def write_address_csv(path: Path, rows: int) -> None:
    """Write addresses with longitude and latitude, 0.4 % of them without."""
    random = np.random.default_rng(1)
    made = _addresses(random, rows)
    street = _join_with_spaces(made["PREDIR"], made["STNAME"], made["STTYPE"])
    blank = random.random(rows) < 0.004
    lon, lat = (
        pl.Series(values).map_elements("{:.8f}".format, return_dtype=pl.String).set(pl.Series(blank), "")
        for values in lon_lat(random, rows)
    )
    place = [
        f"{city}, {state} {code}" for city, state, code in zip(*map(made.get, ("CITY", "STATE", "ZIP")), strict=True)
    ]
    frame = {
        "OBJECTID": np.arange(1, rows + 1).astype(str),
        "SITEADDR": _join_with_spaces(made["NUM"], street, made["UNIT"]),
    }
    frame |= {
        "STREETUNIT": _join_with_spaces(street, made["UNIT"]),
        "NUM": made["NUM"],
        "STREET": street,
        "UNIT": made["UNIT"],
    }
    frame |= {"CITYZIP": place, "CITY": made["CITY"], "ST": made["STATE"], "ZIP": made["ZIP"], "BLOCK": made["BLOCK"]}
    frame |= {"LOT": made["LOT"], "GEOTYPE": made["GEOTYPE"], "UPDATED": ["2024-05-11"] * rows}
    frame |= {
        "NOTE": np.where(np.arange(rows) % 17 == 0, 'corner lot, "fenced"', ""),
        "LONGITUDE": lon,
        "LATITUDE": lat,
    }
    pl.DataFrame(frame, schema=dict.fromkeys(frame, pl.String)).write_csv(path, line_terminator="\r\n")


def write_german_csv(path: Path, rows: int) -> None:
    """Write meters of EPSG:25833 with decimal commas, semicolons, ISO-8859-1, a title above the header."""
    random = np.random.default_rng(2)
    east, north = (np.round(start + random.random(rows) * 30_000, 3) for start in (385_000, 5_808_000))
    lines = ["Titelzeile;;;;;", "HNR;ZUSATZ;STRASSE;PLZ;ORT;OST;NORD"]
    names = _pick(random, STREETS, rows)
    for place, (name, x, y) in enumerate(zip(names, east.tolist(), north.tolist(), strict=True)):
        cells = (str(place % 250 + 1), "a" * (place % 9 == 0), f"{name}straße", f"{10_000 + place % 9_999}", "Köln")
        lines.append(";".join((*cells, f"{x:.3f}".replace(".", ","), f"{y:.3f}".replace(".", ","))))
    path.write_text("\r\n".join(lines) + "\r\n", encoding="iso-8859-1", newline="")


def _feet(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return US survey feet of EPSG:2263."""
    return 910_000 + random.random(rows) * 150_000, 120_000 + random.random(rows) * 150_000


def address_table(random: np.random.Generator, rows: int) -> pa.Table:
    made = _addresses(random, rows)
    street = _join_with_spaces(made["PREDIR"], made["STNAME"], made["STTYPE"])
    columns = {
        "SITEADDR": _join_with_spaces(made["NUM"], street, made["UNIT"]).to_list(),
        "PIN": made["BLOCK"] + "-" + made["LOT"],
    }
    columns |= {name: made[name] for name in ("PREDIR", "STNAME", "STTYPE", "UNIT", "CITY", "STATE", "ZIP")}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _parcel_table(random: np.random.Generator, rows: int) -> pa.Table:
    pins = [f"{a:02}-{b:03}-{c:03}" for a, b, c in random.integers(1, 99, (rows, 3)).tolist()]
    columns = {"PIN": pins, "OWNER": _pick(random, STREETS, rows), "ZONE": _pick(random, ("R1", "R2", "C1"), rows)}
    made = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    made |= {"ACRES": np.round(random.random(rows) * 12, 4), "LANDVAL": random.integers(0, 900_000, rows)}
    return pa.table(made)


def draw_polygons(random: np.random.Generator, x: np.ndarray, y: np.ndarray, size: float) -> np.ndarray:
    """Return parcels of 4 to 40 corners around places; 2 % have a hole, 3 % a second part."""
    corners = np.where(random.random(len(x)) < 0.08, random.integers(15, 40, len(x)), random.integers(4, 12, len(x)))
    form = random.random(len(x))
    shapes = np.empty(len(x), dtype=object)
    for place, count in enumerate(corners.tolist()):
        angle = -np.sort(random.random(count)) * 2 * np.pi
        reach = size * (0.6 + 0.4 * random.random(count))
        ring = np.column_stack((reach * np.cos(angle), reach * np.sin(angle)))
        centre = np.array([x[place], y[place]])
        holes = [centre + ring[::-1] * 0.3] if form[place] < 0.02 else None
        shape = shapely.Polygon(centre + ring, holes)
        if form[place] > 0.97:
            shape = shapely.MultiPolygon([shape, shapely.Polygon(centre + ring * 0.5 + size * 3)])
        shapes[place] = shape
    return shapes


def _zip_shapefile(path: Path, table: pa.Table, shapes: np.ndarray, kind: str) -> None:
    folder = path.with_suffix(".files")
    folder.mkdir(exist_ok=True)
    target = folder / "data.shp"
    with_shapes = table.append_column("geometry", pa.array(shapely.to_wkb(shapes), pa.binary()))
    options = {"driver": "ESRI Shapefile", "geometry_type": kind, "crs": "EPSG:2263", "encoding": "UTF-8"}
    pyogrio.write_arrow(with_shapes, target, geometry_name="geometry", **options)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(folder.iterdir()):
            archive.write(member, member.name)


def write_point_shapefile(path: Path, rows: int) -> None:
    """Write addresses in feet as a zipped shapefile."""
    random = np.random.default_rng(3)
    _zip_shapefile(path, address_table(random, rows), shapely.points(*_feet(random, rows)), "Point")


def write_parcel_shapefile(path: Path, rows: int) -> None:
    """Write parcels in feet as a zipped shapefile."""
    random = np.random.default_rng(4)
    shapes = draw_polygons(random, *_feet(random, rows), 120)
    _zip_shapefile(path, _parcel_table(random, rows), shapes, "Polygon")


def _write_collection(file: Any, table: pa.Table, shapes: np.ndarray) -> None:
    file.write('{"type":"FeatureCollection","name":"bench","features":[\n')
    texts = shapely.to_geojson(shapes)
    for place, (row, text) in enumerate(zip(table.to_pylist(), texts, strict=True)):
        properties = json.dumps(row, ensure_ascii=False)
        comma = ",\n" if place else ""
        file.write(f'{comma}{{"type": "Feature", "properties": {properties}, "geometry": {text}}}')
    file.write("\n]}\n")


def write_parcel_geojson(path: Path, rows: int) -> None:
    """Write parcels as a gzipped collection."""
    random = np.random.default_rng(5)
    shapes = draw_polygons(random, *lon_lat(random, rows), 0.0004)
    with gzip.open(path, "wt", 6, encoding="utf-8") as file:
        _write_collection(file, _parcel_table(random, rows), shapes)


def _roads(random: np.random.Generator, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return roads that begin at places: half are straight blocks of 2 vertices, others bend at 3 to 60 vertices.

    2 % have a second part.
    """
    sizes = np.where(random.random(len(x)) < 0.5, 2, random.integers(3, 16, len(x)))
    sizes = np.where(random.random(len(x)) < 0.05, random.integers(16, 61, len(x)), sizes)
    course, form = random.random(len(x)) * 2 * np.pi, random.random(len(x))
    shapes = np.empty(len(x), dtype=object)
    for place, count in enumerate(sizes.tolist()):
        angle = course[place] + np.cumsum(random.normal(0, 0.25, count - 1))
        reach = random.uniform(0.0002, 0.0012, count - 1) if count > 2 else random.uniform(0.0008, 0.002, 1)
        steps = np.column_stack((reach * np.cos(angle), reach * np.sin(angle)))
        line = np.array([x[place], y[place]]) + np.vstack(([0.0, 0.0], np.cumsum(steps, axis=0)))
        shapes[place] = shapely.LineString(line)
        if form[place] > 0.98:
            shapes[place] = shapely.MultiLineString([line, line + 0.003])
    return shapes


def _road_table(random: np.random.Generator, rows: int) -> pa.Table:
    names = _join_with_spaces(
        _pick(random, ("", "", "N", "S"), rows), _pick(random, STREETS, rows), _pick(random, KINDS, rows)
    )
    classes = _pick(random, ("residential", "residential", "tertiary", "secondary", "service", "primary"), rows)
    oneway = _pick(random, ("", "", "", "FT", "TF"), rows)
    made = {"NAME": names.to_list(), "CLASS": classes, "ONEWAY": oneway}
    columns = {name: pa.array(values, pa.string()) for name, values in made.items()}
    return pa.table({**columns, "SPEED": np.array([25, 30, 35, 45, 55])[random.integers(0, 5, rows)]})


def write_road_geojson(path: Path, rows: int) -> None:
    """Write centerlines as a gzipped collection."""
    random = np.random.default_rng(7)
    shapes = _roads(random, *lon_lat(random, rows))
    with gzip.open(path, "wt", 6, encoding="utf-8") as file:
        _write_collection(file, _road_table(random, rows), shapes)


def write_address_geojson(path: Path, rows: int) -> None:
    """Write addresses as a collection."""
    random = np.random.default_rng(6)
    shapes = shapely.points(*lon_lat(random, rows))
    with path.open("w", encoding="utf-8") as file:
        _write_collection(file, address_table(random, rows), shapes)


_CSV = {"format": "csv", **PLACE}
_GERMAN = {
    "format": "csv",
    "csvsplit": ";",
    "encoding": "iso-8859-1",
    "headers": 2,
    "skiplines": 2,
    "srs": "EPSG:25833",
    "lon": "OST",
    "lat": "NORD",
    "street": "STRASSE",
    "postcode": "PLZ",
    "city": "ORT",
    "number": {"function": "join", "fields": ["HNR", "ZUSATZ"], "separator": ""},
}
_SHP = {"format": "shapefile"}
_GEO = {"format": "geojson"}
INPUTS = {
    "csv500k": Kind("addresses", "addresses500k.csv", {**_CSV, **MAPPED}, 500_000, write_address_csv),
    "csvsimple": Kind(
        "addresses", "addresses500k.csv", {**_CSV, **NAMED, "id": "OBJECTID"}, 500_000, write_address_csv
    ),
    "csvsrs100k": Kind("addresses", "adressen.csv", _GERMAN, 100_000, write_german_csv),
    "shp200k": Kind("addresses", "points.zip", {**_SHP, **POINTS}, 200_000, write_point_shapefile, "zip"),
    "parcshp100k": Kind("parcels", "parcels.zip", {**_SHP, "pid": "PIN"}, 100_000, write_parcel_shapefile, "zip"),
    "parcgeo100k": Kind("parcels", "parcels.geojson.gz", {**_GEO, "pid": "PIN"}, 100_000, write_parcel_geojson, "gzip"),
    "linegeo100k": Kind("centerlines", "roads.geojson.gz", {**_GEO, **ROADS}, 100_000, write_road_geojson, "gzip"),
    "addrgeo100k": Kind("addresses", "addresses.geojson", {**_GEO, **POINTS}, 100_000, write_address_geojson),
}
