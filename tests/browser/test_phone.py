"""Every page on a phone: it does not scroll sideways or into nothing, all can be tapped and read."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from browser.pages import PAGES
from browser.visitor import PHONE, Visitor, empty_pixels_below, is_wider_than_window, small_texts
from oa_api.http.routing import HTML
from oa_api.routes import ROUTES

_SMALL_PHONE: ViewportSize = {"width": 360, "height": 740}
_MOST_EMPTY_PX = 24
_LEFT = "cell => cell.getBoundingClientRect().left"
# Redirects, and what only a link in a mail opens.
_NO_PAGES = ("/sign-in/github", "/sign-in/github/callback", "/sign-in/link")
# A link in a sentence is exempt (WCAG 2.5.8). The row of a list is the target of its link, and covers other links.
_SMALL_TARGETS = """() => {
  const INTERACTIVE = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const words = (text) => text.split(/\\s+/).filter((word) => /\\p{L}/u.test(word)).length;
  function isInSentence(element) {
    if (getComputedStyle(element).display !== "inline") return false;
    let block = element.parentElement;
    while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    const others = [...block.querySelectorAll(INTERACTIVE)].map((each) => words(each.innerText));
    return words(block.innerText) - others.reduce((sum, count) => sum + count, 0) >= 3;
  }
  const isCover = (link) => getComputedStyle(link, "::after").position === "absolute";
  const coverOf = (row) => row && [...row.querySelectorAll("a[href]")].find(isCover);
  const isRaised = (element, row) => {
    for (let each = element; each !== row; each = each.parentElement) {
      if (getComputedStyle(each).zIndex === "1") return true;
    }
    return false;
  };
  function target(element) {
    const row = element.closest(".rows > tbody > tr");
    const cover = coverOf(row);
    if (cover === element) return row;
    if (cover && !isRaised(element, row)) return null;
    return /checkbox|radio/.test(element.type ?? "") ? element.closest("label") ?? element : element;
  }
  const found = [];
  for (const element of document.querySelectorAll(INTERACTIVE)) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest(".visually-hidden, .skip")) continue;
    const box = target(element)?.getBoundingClientRect();
    if (!box || (box.width >= 24 && box.height >= 24) || isInSentence(element)) continue;
    found.push(`${Math.round(box.width)}x${Math.round(box.height)} ${element.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""
# Controls and words of a status whose text does not fit, and what hangs over the page.
_CLIPPED = """() => {
  const isCut = (each) =>
    each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
  const cut = [...document.querySelectorAll("button, .button, .status, .tag, .stat .value, .tabs a")]
    .filter((each) => each.checkVisibility() && !each.closest(".visually-hidden, table.numbers") && isCut(each));
  const isFact = (cell) => cell.closest("table").classList.contains(`fact-${cell.cellIndex + 1}`);
  const facts = [...document.querySelectorAll(".rows > tbody > tr > *")].filter(isFact);
  cut.push(...[...facts, ...document.querySelectorAll(".facts > *")]
    .filter((each) => each.checkVisibility() && !each.closest(".visually-hidden, table.numbers") && isCut(each)));
  const over = [...document.querySelectorAll("body *:not(.skip)")]
    .filter((each) => each.checkVisibility() && getComputedStyle(each).position === "fixed");
  const outside = [...document.querySelectorAll("main :is(a, button, input, select, p, h1, h2, dd, li)")]
    .filter((each) => each.checkVisibility() && !each.closest(".table, pre, .excerpts, code"))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1);
  return [...cut, ...over, ...outside].map((each) => each.outerHTML.slice(0, 160));
}"""
# Opens all confirmations, filters and other details at a time.
_UNFOLD = """() => {
  for (const each of document.querySelectorAll("details")) {
    each.removeAttribute("name");
    each.open = true;
  }
}"""
_MENU_LINKS_IN_VIEW = """(menu) => [...menu.querySelectorAll("nav a, .account a, .account button")].every((each) => {
  const box = each.getBoundingClientRect();
  if (each.hidden) return true;
  const isInView = box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
  return isInView && box.height >= 24;
}) && menu.scrollHeight <= menu.clientHeight + 1 && menu.scrollWidth <= menu.clientWidth + 1"""


@pytest.fixture(scope="module")
def phone(admin_of_all: Visitor) -> Page:
    """One profile for all pages: each visit after the first takes the style and scripts from its cache."""
    page = admin_of_all.blank(has_touch=True)
    page.set_viewport_size(PHONE)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone(phone: Page, name: str) -> None:
    answer = phone.goto(PAGES[name], wait_until="load")
    assert answer is not None
    assert answer.status == 200, answer.status
    _check_phone(phone)


def test_sign_in_fits_a_phone(visitor: Visitor) -> None:
    _check_phone(visitor.open("/sign-in"))


def _check_phone(phone: Page) -> None:
    phone.set_viewport_size(_SMALL_PHONE)
    assert not is_wider_than_window(phone), "the page scrolls sideways at 360 pixels"
    phone.set_viewport_size(PHONE)
    for state in ("folded", "unfolded"):
        assert not is_wider_than_window(phone), f"{state}: the page scrolls sideways"
        assert empty_pixels_below(phone) <= _MOST_EMPTY_PX, f"{state}: the page scrolls into nothing"
        assert phone.evaluate(_CLIPPED) == [], state
        assert small_texts(phone) == [], state
        assert phone.evaluate(_SMALL_TARGETS) == [], state
        phone.evaluate(_UNFOLD)


def test_every_page_is_listed() -> None:
    paths = [path.split("?")[0] for path in PAGES.values()]
    pages = [route for route in ROUTES if route.method == "GET" and route.response == (HTML,) and not route.is_legacy]
    patterns = {route.path: re.sub(r"\{[^}]+\}", ".+" if route.pattern else "[^/]+", route.path) for route in pages}
    missing = [path for path, pattern in patterns.items() if not any(re.fullmatch(pattern, each) for each in paths)]
    assert [path for path in missing if path not in _NO_PAGES] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_menu_shows_all_it_has_and_closes(admin_of_all: Visitor, *, scripts: bool) -> None:
    page = admin_of_all.blank(scripts=scripts)
    page.set_viewport_size(PHONE)
    page.goto("/jobs/1")
    menu, button = page.locator("#menu"), page.get_by_role("button", name="Menu")
    expect(menu).to_be_hidden()
    button.click()
    assert menu.locator("nav a").count() > 20
    assert menu.evaluate(_MENU_LINKS_IN_VIEW)
    expect(menu.locator("[aria-current]")).to_have_text(["Jobs"], use_inner_text=True)
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    menu.get_by_role("link", name="Runs").click()
    page.wait_for_url("**/runs")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_filters_are_folded_on_a_phone_only(admin_of_all: Visitor, *, scripts: bool) -> None:
    page = admin_of_all.open("/jobs?status=Fail&source=us", scripts=scripts)
    source, fold = page.get_by_label("Source"), page.locator("summary", has_text="Filters")
    expect(source).to_be_visible()
    expect(fold).to_be_hidden()
    page.set_viewport_size(PHONE)
    expect(source).to_be_hidden()
    expect(fold).to_have_text("Filters (2)", use_inner_text=True)
    fold.click()
    expect(source).to_be_visible()


def test_row_of_a_list_is_one_link_of_two_lines(admin_of_all: Visitor) -> None:
    page = admin_of_all.blank(scripts=False, has_touch=True)  # no list is fetched again
    page.set_viewport_size(PHONE)
    page.goto("/jobs?status=Fail")
    row = page.get_by_role("table", name="Jobs").locator("tbody tr").first
    box, line = row.bounding_box(), row.evaluate("row => parseFloat(getComputedStyle(row).lineHeight)")
    assert box is not None
    assert 44 <= box["height"] <= 3.5 * line
    link = row.locator("th a").get_attribute("href")
    for across, down in ((0.05, 0.1), (0.5, 0.5), (0.95, 0.9)):
        row.tap(position={"x": box["width"] * across, "y": box["height"] * down})
        page.wait_for_url(f"**{link}")
        page.go_back()


def test_table_of_numbers_scrolls_and_keeps_its_first_column_in_view(phone: Page) -> None:
    phone.goto("/data/1")
    phone.wait_for_load_state("networkidle")  # live parts are fetched once when the events connect
    table = phone.get_by_role("table", name="Publications").locator("xpath=..")
    first = table.locator("tbody tr > :first-child").first
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")
    before = first.evaluate(_LEFT)
    table.evaluate("box => box.scrollBy(200, 0)")
    assert table.evaluate("box => box.scrollLeft") > 50
    assert first.evaluate(_LEFT) == before


def test_map_lets_one_finger_scroll_the_page(admin_of_all: Visitor) -> None:
    page = admin_of_all.blank(has_touch=True)
    page.set_viewport_size(PHONE)
    page.goto("/map")
    canvas = page.locator(".maplibregl-canvas-container").first
    canvas.wait_for(state="attached")
    assert canvas.evaluate("element => getComputedStyle(element).touchAction") == "pan-x pan-y"
