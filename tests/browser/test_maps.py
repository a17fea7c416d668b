"""Maps are drawn from files of this site, in a real browser."""

from playwright.sync_api import expect

from browser.visitor import SHOTS, Visitor


def test_map_of_changes_is_drawn(visitor: Visitor) -> None:
    page = visitor.open("/docs/pages")
    page.locator("[data-map]").scroll_into_view_if_needed()
    page.wait_for_selector('[data-drawn="yes"]')
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.locator("[data-map]").screenshot(path=SHOTS / "map.png")


def test_page_of_changes_has_fields_examples_and_moves_as_lines(visitor: Visitor) -> None:
    page = visitor.open("/jobs/1/changes")
    fields = page.get_by_role("table", name="Changes by field").get_by_role("row")
    assert fields.nth(1).inner_text().split()[:7] == ["number", "1", "0", "0", "12", "→", "nothing"]
    expect(fields.filter(has_text="geometry")).to_contain_text("3,446.5 m", use_inner_text=True)
    expect(page.get_by_role("table", name="Changes", exact=True).get_by_role("row").last).to_contain_text(
        "12 → nothing", use_inner_text=True
    )
    features = page.request.get("/jobs/1/changes.json").json()
    assert [round(side, 3) for side in features["bbox"]] == [-122.3, 37.85, -122.26, 37.88]
    moved = [item["geometry"] for item in features["features"] if item["properties"].get("moved_m")]
    assert [geometry["type"] for geometry in moved] == ["LineString", "Point"]
    assert moved[1]["coordinates"] == moved[0]["coordinates"][-1]


def test_coverage_of_the_overview_has_the_continents_below_it(visitor: Visitor) -> None:
    page = visitor.open("/overview")
    land = page.locator("svg.coverage use.land")
    width, height = land.evaluate("(use) => { const { width, height } = use.getBBox(); return [width, height]; }")
    assert width > 340
    assert height > 130


def test_map_without_scripts_shows_the_requirement(visitor: Visitor) -> None:
    page = visitor.open("/docs/pages", scripts=False)
    expect(page.get_by_text("The map needs JavaScript.")).to_be_visible()
    page = visitor.open("/docs/pages")
    page.wait_for_load_state("load")
    assert page.get_by_text("The map needs JavaScript.").count() == 0, "also for a map that is not yet in view"
