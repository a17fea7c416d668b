"""What holds on every page: times with their zone, confirmations that close, ages that grow, values in plain words."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from browser.visitor import Visitor

PAGES = (
    *("/", "/runs", "/runs/3", "/jobs", "/jobs/1", "/jobs/4", "/jobs/5", "/errors", "/health", "/data", "/schedules"),
    *(
        "/exports",
        "/collections",
        "/uploads",
        "/try",
        "/pauses",
        "/bulk",
        "/dead-letters",
        "/webhooks",
        "/audit",
        "/accounts",
    ),
)
_PYTHON = re.compile(r"\bTrue\b|\bFalse\b|\bNone\b|\['|\{'|datetime\.")
_ONE_OF_MANY = re.compile(r"(?<![\d,.])1 (?:jobs|definitions|features|datasets|runs|entries|deletions|lines)\b")


@pytest.mark.parametrize("path", PAGES)
def test_page_says_zones_and_values_as_people_do(path: str, signed_in: Callable[..., Visitor]) -> None:
    page = signed_in("admin").open(path)
    texts = page.locator("main time:not([data-age])").all_inner_texts()
    assert [text for text in texts if not text.endswith(" UTC")] == []
    words = page.locator("main").inner_text()
    assert _PYTHON.findall(words) == []
    assert _ONE_OF_MANY.findall(words) == []
    assert "`" not in words


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
