"""Maps are drawn from files of this site, in a real browser."""

from browser.visitor import SHOTS, Visitor


def test_map_of_changes_is_drawn(visitor: Visitor) -> None:
    page = visitor.open("/docs/pages")
    page.locator("[data-map]").scroll_into_view_if_needed()
    page.wait_for_selector('[data-drawn="yes"]', timeout=30_000)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.locator("[data-map]").screenshot(path=SHOTS / "map.png")


def test_coverage_of_the_overview_has_the_continents_below_it(visitor: Visitor) -> None:
    page = visitor.open("/")
    land = page.locator("svg.coverage use.land")
    width, height = land.evaluate("(use) => { const { width, height } = use.getBBox(); return [width, height]; }")
    assert width > 340
    assert height > 130


def test_map_without_scripts_shows_the_requirement(visitor: Visitor) -> None:
    page = visitor.open("/docs/pages", scripts=False)
    assert page.get_by_text("The map needs JavaScript.").is_visible()
