"""The dot in the menu and the page /status: an open page changes when the system does, and when it has died."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from browser.site import Site
from browser.visitor import Visitor
from support.heartbeats import report_all_parts

_LATER_MS = 11_000
_WITHIN_S, _PAUSE_S = 60, 0.3


def _answer_nothing(page: Page) -> None:
    """Let a proxy answer in place of the API, as when all of it has died."""

    def answer(route: Route) -> None:
        route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    page.route(lambda url: url.split("?")[0].rstrip("/").count("/") == len("//"), answer)


def _poll_until(page: Page, seen: Callable[[], bool]) -> None:
    """Let polls start until something is seen: one that has not ended yet schedules the next one later."""
    deadline = time.monotonic() + _WITHIN_S
    while not seen():
        assert time.monotonic() < deadline
        page.clock.fast_forward(_LATER_MS)
        page.wait_for_load_state("networkidle")
        time.sleep(_PAUSE_S)


def _silence(site: Site) -> None:
    site.run(site.api.database.execute("DELETE FROM process_heartbeat"))


def _open(visitor: Visitor, path: str) -> Page:
    page = visitor.blank()
    page.clock.install()
    page.goto(path, wait_until="load")
    return page


@pytest.mark.parametrize("path", ["/jobs", "/status", "/map"])
def test_dot_of_an_open_page_follows_the_system_until_it_does_not_answer(
    visitor: Visitor, site: Site, path: str
) -> None:
    _silence(site)
    page = _open(visitor, path)
    dot = page.get_by_test_id("system")
    expect(dot).to_have_attribute("data-system", "bad")
    expect(dot).to_have_text("System problem")
    site.run(report_all_parts(site.api.database))
    _poll_until(page, lambda: dot.get_attribute("data-system") == "good")
    _answer_nothing(page)
    _poll_until(page, lambda: dot.get_attribute("data-system") == "lost")
    expect(dot).to_have_text("No connection")
    page.unroute_all()
    _poll_until(page, lambda: dot.get_attribute("data-system") == "good")


def test_status_page_changes_while_it_is_open(visitor: Visitor, site: Site) -> None:
    _silence(site)
    site.run(report_all_parts(site.api.database))
    page = _open(visitor, "/status")
    expect(page.get_by_test_id("verdict")).to_contain_text("All parts work.")
    site.run(site.api.database.execute("DELETE FROM process_heartbeat WHERE part = 'dispatcher'"))
    verdict = page.get_by_test_id("verdict")
    _poll_until(page, lambda: "worker dispatcher runs in no process" in (verdict.text_content() or ""))


def test_dot_leads_to_the_status_without_scripts(visitor: Visitor) -> None:
    page = visitor.open("/jobs", scripts=False)
    page.get_by_test_id("system").click()
    expect(page.get_by_role("heading", name="Status")).to_be_visible()
