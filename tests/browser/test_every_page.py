"""What holds on every page: times with their zone, confirmations that close, ages that grow, values in plain words."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from browser.site import Site
from browser.visitor import Visitor
from oa_api.http.routing import PAGE
from oa_api.routes import ROUTES

PAGES = (
    *("/", "/overview", "/runs", "/runs/3", "/jobs", "/jobs/1", "/jobs/4", "/jobs/5"),
    *("/errors", "/review", "/health", "/data", "/data/1", "/data/1/compare", "/schedules"),
    *("/exports", "/collections", "/uploads", "/pauses", "/bulk", "/dead-letters", "/webhooks", "/audit", "/accounts"),
    *("/sources", "/sources/us/ca", "/sources/us/ca/berkeley", "/sources/us/ca/alameda", "/search?q=ca", "/try"),
    "/new-source",
    *("/jobs/1/log", "/jobs/1/input", "/jobs/1/changes", "/jobs/1/definition", "/runs/3/speed", "/map", "/status"),
    *("/profile", "/docs", "/guide/data", "/guide/check", "/guide/first-hour", "/guide/glossary", "/schedules/1"),
    *("/accounts/1", "/bulk?action=rerun"),
)
# Pages that need an object that the seeds lack, or that admins do not see; tests of these objects open them.
_ELSEWHERE = re.compile(
    r"/(bulk/|collections/|webhooks/|try/|sign-in|docs/pages|latest/|upload/|static/)|.*\.(atom|json|xml|txt|ico|patch)$|/upload$"
)
# The names of sources in table cells that are not links to the page of the source.
_UNLINKED = """names => [...document.querySelectorAll("main td, main tbody th")].flatMap((cell) => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const words = walker.currentNode.data.split(/[\\s,;()]+/);
    const name = names.find((each) => words.includes(each) || walker.currentNode.data.trim() === each);
    const link = walker.currentNode.parentElement.closest("a")?.getAttribute("href") ?? "";
    if (name && !link.startsWith("/sources/")) found.push(`${name}: ${cell.outerHTML.slice(0, 200)}`);
  }
  return found;
})"""
# The text of a page without quoted code, which may have Markdown and any times.
_WITHOUT_CODE = """() => {
  const copy = document.querySelector("main").cloneNode(true);
  for (const code of copy.querySelectorAll("pre, code, textarea, svg, input")) code.replaceWith(" ");
  return copy.textContent;
}"""
_MARKDOWN = re.compile(r"`|\*\*\w|\]\((?:https?:|/|#|\w+\.md)|^#{1,6} \w", re.MULTILINE)
# Pages that quote names of sources, in rows of data and in examples.
_QUOTING = ("/guide/", "/docs", "/jobs/1/input", "/jobs/1/changes")
_PYTHON = re.compile(r"\bTrue\b|\bFalse\b|\bNone\b|\['|\{'|datetime\.")
# "1 jobs"; "1 address" is right.
_ONE_OF_MANY = re.compile(
    r"(?<![\d,.:/-])1 (?!address\b|process\b|access\b|Success\b)[a-z]+(?:[^s\W]s)\b", re.IGNORECASE
)
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?! UTC|[\d:.]|Z|\+)")


def test_every_page_is_visited() -> None:
    paths = [urlsplit(path).path for path in PAGES]
    for route in ROUTES:
        if route.method != "GET" or route.tag != PAGE or route.is_legacy or _ELSEWHERE.match(route.path):
            continue
        pattern = re.sub(r"\\{\w+\\}", ".+", re.escape(route.path))
        assert any(re.fullmatch(pattern, path) for path in paths), route.path


@pytest.mark.parametrize("path", PAGES)
def test_page_says_zones_and_values_as_people_do(path: str, site: Site, signed_in: Callable[..., Visitor]) -> None:
    page = signed_in("admin").open(path)
    names = site.run(site.api.database.all("SELECT DISTINCT source_name FROM job WHERE kind = 'source'", into=str))
    if not path.startswith(_QUOTING):
        assert page.evaluate(_UNLINKED, names) == []
    texts = page.locator("main time:not([data-age])").all_inner_texts()
    assert [text for text in texts if not text.endswith(" UTC")] == []
    words = page.locator("main").inner_text()
    assert _ONE_OF_MANY.findall(words) == []
    outside_code = page.evaluate(_WITHOUT_CODE)
    assert _PYTHON.findall(outside_code) == []
    assert _WITHOUT_ZONE.findall(outside_code) == []
    assert _MARKDOWN.findall(outside_code) == []


def test_confirmation_closes_like_a_menu(signed_in: Callable[..., Visitor]) -> None:
    page = signed_in("moderator").open("/jobs/4")
    publish, reject = (
        page.locator("details.confirm", has=page.locator(f"form[action$='/{each}']")) for each in ("confirm", "reject")
    )
    publish.locator("summary").click()
    expect(publish.locator("input[name=reason]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(publish).not_to_have_attribute("open", "")
    expect(publish.locator("summary")).to_be_focused()

    publish.locator("summary").click()
    reject.locator("summary").click()
    expect(reject).to_have_attribute("open", "")
    expect(publish).not_to_have_attribute("open", "")

    page.locator("h1").click()
    expect(reject).not_to_have_attribute("open", "")


def test_ages_grow_while_the_page_is_open(visitor: Visitor) -> None:
    page = visitor.blank()
    now = datetime.now(UTC)
    page.clock.install(time=now)
    page.route("**/api/events*", lambda route: route.fulfill(status=204))  # no part of the page is fetched again
    page.goto("/jobs/1")
    age = page.locator("main time[data-age]").first
    age.evaluate("(time, value) => { time.dateTime = value; }", (now - timedelta(minutes=5)).isoformat())
    page.clock.fast_forward("01:00:30")
    expect(age).to_have_text("1 h ago")
