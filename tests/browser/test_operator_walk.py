"""An operator opens the overview: within ten seconds, how many datasets failed newly in the last weekly run."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser.site import Site
from browser.visitor import DESK, Visitor, check_page
from support.weekly_runs import FAILED, NEWLY_FAILED, write_weekly_runs

_PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def weekly_site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    with Site(fresh_database()) as opened:
        opened.run(write_weekly_runs(opened.api.database))
        yield opened


@pytest.fixture
def operator(browser: Browser, weekly_site: Site) -> Iterator[Visitor]:
    visitor = Visitor(browser, weekly_site.url)
    yield visitor
    visitor.leave()


@pytest.mark.parametrize("size", [DESK, _PHONE], ids=["desk", "phone"])
def test_operator_sees_how_many_failed_newly_without_scrolling(operator: Visitor, size: dict[str, int]) -> None:
    page = operator.blank()
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.goto("/")
    page.get_by_role("link", name="Status of the data").click()
    verdict = page.get_by_test_id("verdict")
    expect(verdict).to_contain_text(f"{FAILED} failed ({NEWLY_FAILED} new)")
    expect(verdict).to_be_in_viewport(ratio=1)
    verdict.get_by_role("link", name=f"{NEWLY_FAILED} new").click()
    expect(page.get_by_role("region", name="Jobs").get_by_role("row")).to_have_count(NEWLY_FAILED + 1)


def test_overview_and_run_of_an_ended_week_pass_the_checks_of_pages(operator: Visitor) -> None:
    check_page(operator.open("/overview", status=503), "overview-week")
    page = operator.open("/runs/2")
    expect(page.get_by_role("heading", name="Failed jobs")).to_be_visible()
    check_page(page, "run-week")
    help_link = page.get_by_role("link", name="What is a lane?")
    box = help_link.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 24
    help_link.click()
    expect(page.locator("#lane")).to_contain_text("lane")
    expect(page.locator("#lane")).to_be_in_viewport()
