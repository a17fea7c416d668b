"""Data of fictional addresses in several formats, and the attributes that a definition should make of each row."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj import Transformer

COUNT = 60
_STREETS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Grove")
_TYPES = ("St", "Ave", "Way")
# Berkeley, in Alameda County; the system of the shapefile is that of the county (feet).
_LON, _LAT, _SYSTEM = -122.27, 37.87, "EPSG:2227"


def towns() -> list[dict[str, Any]]:
    """Return rows with a divided street, as a county keeps them."""
    return [
        {
            "OBJECTID": number,
            "ADDR_NUM": 100 + number * 7 % 900,
            "ST_PREDIR": ("N", "S", "E")[number % 3],
            "ST_NAME": _STREETS[number % 7],
            "ST_TYPE": _TYPES[number % 2],
            "UNIT_NO": "B" if number % 4 == 0 else "",
            "POSTALCITY": ("Berkeley", "Albany")[number % 2],
            "ZIPCODE": ("94704", "94706")[number % 2],
            "EDIT_DATE": "2024/05/01",
            "lon": round(_LON + number % 9 / 1000, 6),
            "lat": round(_LAT + number % 7 / 1000, 6),
        }
        for number in range(1, COUNT + 1)
    ]


def expected_attributes(row: dict[str, Any]) -> dict[str, str]:
    return {
        "number": str(row["ADDR_NUM"]),
        "street": f"{row['ST_PREDIR']} {row['ST_NAME']} {row['ST_TYPE']}",
        "unit": row["UNIT_NO"],
        "city": row["POSTALCITY"],
        "postcode": row["ZIPCODE"],
        "id": str(row["OBJECTID"]),
    }


def csv_bytes(rows: list[dict[str, Any]], separator: str = ",") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0].keys(), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def german_csv() -> bytes:
    """Return a table in Latin-1 with semicolons, where number and street are one text with the number at its end."""
    rows = [
        {
            "Lfd": f"K-{number}",
            "Anschrift": f"Straße {_STREETS[number % 7]}weg {number % 40 + 1}{'a' if number % 5 == 0 else ''}",
            "Ort": ("Köln", "Düren")[number % 2],
            "PLZ": "50667",
            "Hochwert": 5_645_000 + number,
            "Breite": round(50.94 + number % 7 / 1000, 6),
            "Länge": round(6.96 + number % 9 / 1000, 6),
        }
        for number in range(1, COUNT + 1)
    ]
    return csv_bytes(rows, ";").decode().encode("cp1252")


def zipped_shapefile(folder: Path) -> bytes:
    """Return a zip of a shapefile in a projected system, next to a smaller shapefile of something else."""
    rows = towns()
    x, y = Transformer.from_crs("EPSG:4326", _SYSTEM, always_xy=True).transform(
        np.array([row["lon"] for row in rows]), np.array([row["lat"] for row in rows])
    )
    names = [name for name in rows[0] if name not in {"lon", "lat"}]
    columns = [np.array([row[name] for row in rows]) for name in names]
    shapes = shapely.to_wkb(shapely.points(x, y))
    for name, size in (("Address_Points", COUNT), ("Hydrants", 3)):
        pyogrio.raw.write(
            folder / f"{name}.shp",
            shapes[:size],
            [column[:size] for column in columns],
            names,
            driver="ESRI Shapefile",
            geometry_type="Point",
            crs=_SYSTEM,
        )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.glob("*.*")):
            archive.write(path, f"export/{path.name}")
    return target.getvalue()


def geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {name: value for name, value in row.items() if name not in {"lon", "lat"}},
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        }
        for row in towns()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
