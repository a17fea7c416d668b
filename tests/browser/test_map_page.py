"""The map of all data: the basemap below it, its legend, its position in the URL, and all that is under a click."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Response, expect

from browser.site import Site
from browser.visitor import DESK, SHOTS, Visitor
from support.product_jobs import build, publish, request
from support.products import Bucket, plan
from support.running_api import RunningApi

PLACE = (-97.0, 40.0, -96.0, 41.0)
STACKED = 24
_MIN_EDGE_PX = 24
# Corners of the place on the screen, and the size of the map.
_CORNERS = """
(element, [west, south, east, north]) => {
  const corners = [[west, south], [east, north]].map((corner) => element.map.project(corner));
  const size = [element.clientWidth, element.clientHeight];
  return { x: corners.map(({ x }) => x), y: corners.map(({ y }) => y), size };
}
"""
_DRAWN_LAYERS = """
async (element) => {
  if (!element.map.loaded()) await element.map.once("idle");
  const features = element.map.queryRenderedFeatures().filter(({ source }) => source.startsWith("layer-"));
  return [...new Set(features.map(({ source, properties, layer }) => properties.layer ?? layer.id))].sort();
}
"""
_BASE = """
(element) => {
  const features = element.map.queryRenderedFeatures().filter(({ source }) => source === "basemap");
  const names = features.filter(({ sourceLayer }) => sourceLayer === "names").map(({ properties }) => properties.name);
  return { kinds: [...new Set(features.map(({ sourceLayer }) => sourceLayer))].sort(), names };
}
"""
_MOVE = """
async (element, view) => {
  element.map.jumpTo(view);
  await element.map.once("idle");
}
"""
_IDLE = "async ({ map }) => { if (!map.loaded()) await map.once('idle'); }"
_FIT_CENTER = """
async ({ map }) => {
  const moved = map.once("moveend");
  document.querySelector(".map-fit").click();
  await moved;
  return map.getCenter().toArray();
}
"""
_COLORS = """
(element) => {
  const of = (selector) => getComputedStyle(element.querySelector(selector)).backgroundColor;
  const parts = [".maplibregl-ctrl-group", ".maplibregl-ctrl-scale", ".map-key", ".map-credit"].map(of);
  const picture = document.body.appendChild(Object.assign(document.createElement("img"), { className: "picture" }));
  const { filter } = getComputedStyle(picture);
  picture.remove();
  return { parts, filter, land: element.map.getPaintProperty("land", "fill-color") };
}
"""


async def _write_fabric(folder: Path) -> bytes:
    """Return the fabric over addresses in the place, as the engine writes it."""
    bucket = Bucket(folder / "bucket")
    generator = np.random.default_rng(1)
    points = generator.normal((-96.5, 40.5), 0.12, (2_000, 2))
    rows = [
        {"number": str(number), "street": "Elm", "at": tuple(point)} for number, point in enumerate(points.tolist())
    ]
    dataset = bucket.publish("us/ne/lancaster", rows, layer="addresses")
    await bucket.build(plan("fabric", [dataset], layer="addresses"), folder / "fabric")
    return (folder / "fabric/fabric.pmtiles").read_bytes()


async def _fill(api: RunningApi, fabric: bytes) -> None:
    await publish(api, "us/ne/lancaster", layer="parcels", bounds=PLACE)
    for number in range(STACKED):
        await publish(api, f"us/ne/town{number}", bounds=PLACE)
    _, started = await request(api, "POST", "/api/fabric", {})
    (job,) = [layer["job"] for layer in started["layers"] if layer["layer"] == "addresses"]
    await build(api, job, "fabric.pmtiles")
    await api.storage.put_bytes(f"job/{job}/attempt-1/fabric.pmtiles", fabric, "application/vnd.pmtiles")


@pytest.fixture(scope="module")
def site(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(fresh_database()) as opened:
        fabric = opened.run(_write_fabric(tmp_path_factory.mktemp("fabric")))
        opened.run(_fill(opened.api, fabric))
        yield opened


def open_map(visitor: Visitor, path: str = "/map", **options: object) -> Page:
    """Open a page and wait until its map is drawn."""
    page = visitor.open(path, **options)
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    return page


def save(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.locator("[data-map]").screenshot(path=SHOTS / f"{name}.png")


@pytest.mark.parametrize("size", [DESK, {"width": 390, "height": 800}], ids=["desk", "phone"])
def test_map_fits_the_data_with_a_margin(visitor: Visitor, size: dict[str, int]) -> None:
    page = visitor.blank()
    page.set_viewport_size(size)  # type: ignore[arg-type] # two integers, as Playwright's type says
    page.goto("/map")
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    corners = page.locator("[data-map]").evaluate(_CORNERS, list(PLACE))
    width, height = corners["size"]
    assert min(corners["x"]) >= _MIN_EDGE_PX
    assert max(corners["x"]) <= width - _MIN_EDGE_PX
    assert min(corners["y"]) >= _MIN_EDGE_PX
    assert max(corners["y"]) <= height - _MIN_EDGE_PX
    save(page, f"map-page-{size['width']}")


def test_map_has_land_borders_and_names_from_this_site(visitor: Visitor) -> None:
    page = visitor.blank()
    fetched: list[Response] = []
    page.on("response", lambda answer: fetched.append(answer) if "basemap" in answer.url else None)
    page.goto("/map")
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    base = page.locator("[data-map]").evaluate(_BASE)
    assert base["kinds"] == ["borders", "land", "names"]
    assert "Lancaster" in base["names"]
    expect(page.locator(".map-credit")).to_have_text("Natural Earth, US Census Bureau")
    assert {answer.status for answer in fetched} == {206}
    assert sum(int(answer.headers["content-length"]) for answer in fetched) < 500_000
    page.locator("[data-map]").evaluate(_MOVE, {"center": [10, 48], "zoom": 5.5})
    assert {"Bayern", "Austria"} <= set(page.locator("[data-map]").evaluate(_BASE)["names"])
    save(page, "map-page-regions")


def test_legend_shows_and_hides_each_layer(visitor: Visitor) -> None:
    page = open_map(visitor)
    drawn = page.locator("[data-map]")
    both = drawn.evaluate(_DRAWN_LAYERS)
    assert {"addresses", "parcels"} <= set(both)
    assert any(name.startswith("layer-0-") for name in both), "the fabric is not drawn"
    page.get_by_label("Addresses").uncheck()
    assert drawn.evaluate(_DRAWN_LAYERS) == ["parcels"]
    page.get_by_label("Parcels").uncheck()
    assert drawn.evaluate(_DRAWN_LAYERS) == []
    page.get_by_label("Addresses").check()
    assert "addresses" in drawn.evaluate(_DRAWN_LAYERS)
    page.get_by_label("Borders and names").uncheck()
    drawn.evaluate(_IDLE)
    assert drawn.evaluate(_BASE)["kinds"] == ["land"]
    colors = [
        page.locator(f".map-key .swatch.layer-{layer}").evaluate("(dot) => getComputedStyle(dot).backgroundColor")
        for layer in ("addresses", "parcels")
    ]
    assert len(set(colors)) == 2


def test_click_lists_every_dataset_below_it(visitor: Visitor) -> None:
    page = open_map(visitor)
    page.locator("[data-map] canvas").click()
    page.get_by_text(f"{STACKED + 1} datasets here").wait_for()
    links = page.locator(".popup-layers a")
    assert len({link.get_attribute("href") for link in links.all()}) == STACKED + 1
    expect(page.get_by_role("link", name="us/ne/lancaster · parcels · city")).to_have_count(1)
    save(page, "map-page-popup")


def test_position_is_in_the_url_and_fit_to_data_returns(visitor: Visitor) -> None:
    page = open_map(visitor)
    page.locator("[data-map]").evaluate(_MOVE, {"center": [10, 50], "zoom": 4})
    expect(page).to_have_url(re.compile("#map=4/50/10$"))
    again = open_map(visitor, "/map" + page.evaluate("location.hash"))
    center = again.locator("[data-map]").evaluate("(element) => element.map.getCenter().toArray()")
    assert center == pytest.approx([10, 50])
    expect(again.get_by_role("button", name="Fit to data")).to_be_visible()
    assert again.locator("[data-map]").evaluate(_FIT_CENTER)[0] == pytest.approx(-96.5, abs=0.5)


def test_dark_map_has_dark_tiles_controls_and_pictures(visitor: Visitor) -> None:
    page = open_map(visitor, color_scheme="dark")
    dark = page.locator("[data-map]").evaluate(_COLORS)
    save(page, "map-page-dark")
    page.emulate_media(color_scheme="light")
    light = dark
    for _ in range(600):
        light = page.locator("[data-map]").evaluate(_COLORS)
        if light["land"] != dark["land"]:
            break
        page.wait_for_timeout(100)
    assert dark["land"] != light["land"]
    assert all(before != after for before, after in zip(dark["parts"], light["parts"], strict=True))
    assert _brightness(light["parts"][0]) - _brightness(dark["parts"][0]) > 100
    assert "invert" in dark["filter"]
    assert light["filter"] == "none"


def test_map_without_webgl_shows_the_reason_and_leaves_the_list(visitor: Visitor) -> None:
    page = visitor.blank()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto("/map")
    expect(page.locator(".map")).to_have_attribute("data-drawn", "no")
    expect(page.locator(".map")).to_contain_text(
        "this browser does not have WebGL 2. The rest of this page works without it."
    )
    expect(page.locator(".map a")).to_have_count(0)
    expect(page.get_by_role("table", name="Datasets")).to_be_visible()


def _brightness(color: str) -> float:
    numbers = [float(part) for part in color.removeprefix("rgb(").removesuffix(")").split(",")[:3]]
    return sum(numbers) / len(numbers)
