"""The names of places that the pages search: countries and regions of ISO 3166, counties of the US Census Bureau."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from oa_tools.areas.topology import read_features

TARGET = Path(__file__).parents[3] / "services/api/src/oa_api/datasets/places.tsv.gz"
_COUNTRY = re.compile(r"name: (?P<name>'[^']*'|\"[^\"]*\"),\s+state: 'assigned',\s+alpha2: '(?P<code>[A-Z]{2})'")
_REGION = re.compile(r"code: '(?P<code>[A-Z]{2}-[A-Z0-9]+)',\s+name: (?P<name>'[^']*'|\"[^\"]*\")")
_STATE_DIGITS = 2
_DECIMALS = 3


def write_places(modules: Path) -> int:
    """Write the file, and return the number of its places.

    A line has the first parts of source names (`us/ca`), the name, and for counties the bounds in degrees.
    """
    regions = dict(_regions(modules))
    lines = sorted([*(f"{path}\t{name}\t" for path, name in regions.items()), *_counties(modules, regions)])
    TARGET.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode(), 9, mtime=0))
    return len(lines)


def _regions(modules: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and the name of each country and region."""
    for file, pattern in (("1.js", _COUNTRY), ("2.js", _REGION)):
        for entry in pattern.finditer((modules / "iso-3166" / file).read_text("utf-8")):
            yield entry["code"].lower().replace("-", "/"), entry["name"][1:-1]


def _counties(modules: Path, regions: dict[str, str]) -> Iterator[str]:
    """Yield a line for each county of the United States, below its state."""
    file = modules / "us-atlas/counties-10m.json"
    codes = {name: path for path, name in regions.items() if path.startswith("us/")}
    states = {state.id: state.name for state in read_features(file, "states")}
    for county in read_features(file, "counties"):
        state = states[county.id[:_STATE_DIGITS]]
        if state in codes:
            bounds = ",".join(f"{round(number, _DECIMALS):g}" for number in county.shape.bounds)
            yield f"{codes[state]}\t{county.name}, {state}\t{bounds}"
