"""The map of a job draws the tiles that the engine writes, from the whole world down to a street."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from playwright.sync_api import Page

from browser.site import Site
from browser.visitor import SHOTS, Visitor
from oa_task.features.batch import Geometry, Points, Shapes
from support.vector_tiles import write

WEST, SOUTH, STEP = -122.30, 37.85, 0.0004
SIDE = 20
NAME = "source.pmtiles"
MIDDLE = (WEST + STEP * SIDE / 2, SOUTH + STEP * SIDE / 2)
BOUNDS = [WEST, SOUTH, WEST + STEP * SIDE, SOUTH + STEP * SIDE]
SHOW = """
async (element, [center, zoom]) => {
  element.map.jumpTo({ center, zoom });
  await element.map.once("idle");
  const features = element.map.queryRenderedFeatures().filter((feature) => feature.source.startsWith("layer-"));
  return features.map((feature) => [feature.geometry.type, JSON.stringify(feature.properties)]);
}
"""
ADD_FILE = "UPDATE job SET result = jsonb_set(result, ARRAY['outputs', %(name)s], %(file)s::jsonb) WHERE id = 1"
SET_BOUNDS = "UPDATE job SET result = jsonb_set(result, '{bounds}', %(bounds)s::jsonb) WHERE id = 1"


def make_grid(kind: str) -> Geometry:
    """Return 400 features, some street apart: points, areas or lines."""
    x, y = (values.ravel() for values in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    west, south = WEST + x * STEP, SOUTH + y * STEP
    match kind:
        case "Point":
            return Points(west + STEP / 2, south + STEP / 2)
        case "Polygon":
            return Shapes(shapely.box(west, south, west + STEP * 0.8, south + STEP * 0.8))
        case _:
            ends = np.stack([np.column_stack((west, south)), np.column_stack((west + STEP, south + STEP / 2))], axis=1)
            return Shapes(shapely.linestrings(ends))


def show(page: Page, zoom: int) -> list[tuple[str, str]]:
    """Return the kind and the attributes of each feature that the map draws around the middle of the data."""
    return [(kind, text) for kind, text in page.locator("[data-map]").evaluate(SHOW, [MIDDLE, zoom])]


def publish_tiles(site: Site, tiles: Path) -> None:
    """Make the tiles a file of job 1."""
    key = f"job/1/attempt-1/{NAME}"
    body = tiles.read_bytes()
    file: dict[str, Any] = {"key": key, "bytes": len(body), "sha256": "b" * 64}
    site.run(site.storage.put_bytes(key, body))
    site.run(site.api.database.execute(ADD_FILE, {"name": NAME, "file": json.dumps(file)}))
    site.run(site.api.database.execute(SET_BOUNDS, {"bounds": json.dumps(BOUNDS)}))


@pytest.mark.parametrize("kind", ["Point", "Polygon", "LineString"])
def test_map_of_a_job_draws_its_tiles_at_each_zoom(visitor: Visitor, site: Site, tmp_path: Path, kind: str) -> None:
    tiles = write(tmp_path, make_grid(kind), {"number": [str(number) for number in range(SIDE * SIDE)]})
    publish_tiles(site, tiles)
    page = visitor.open("/jobs/1")
    page.locator("[data-map]").scroll_into_view_if_needed()
    page.wait_for_selector('[data-drawn="yes"]')
    SHOTS.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for zoom in (3, 8, 14):
        drawn[zoom] = show(page, zoom)
        assert {drawn_kind.removeprefix("Multi") for drawn_kind, _ in drawn[zoom]} == {kind}, zoom
        page.locator("[data-map]").screenshot(path=SHOTS / f"tiles-{kind.lower()}-{zoom}.png")
    assert len(set(drawn[14])) == SIDE * SIDE
