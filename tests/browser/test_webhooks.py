"""The pages of webhooks, for an admin."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from support.running_api import INTERNAL

HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture(scope="module")
def opened_site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    with Site(fresh_database(), allowed_hosts=("127.0.0.1",)) as opened:
        yield opened


@pytest.fixture
def admin(browser: Browser, opened_site: Site) -> Iterator[Visitor]:
    guest = Visitor(browser, opened_site.url)
    yield guest
    guest.leave()


def go(admin: Visitor, path: str, *, status: int = 200) -> Page:
    return admin.open(path, status=status, extra_http_headers=INTERNAL)


def create(page: Page, url: str, source: str = "") -> None:
    page.get_by_label("URL").fill(url)
    page.get_by_label("Source or prefix; empty for all").fill(source)
    page.get_by_role("button", name="Create webhook").click()


def test_webhook_is_created_pinged_disabled_and_deleted(admin: Visitor) -> None:
    page = go(admin, "/webhooks")
    expect(page.get_by_text("No webhooks yet.")).to_be_visible()
    check_page(page, "webhooks-empty")
    create(page, HOOK, "<img src=x onerror=alert(1)>/")
    secret = page.get_by_label("Signing secret").input_value()
    assert secret.startswith("whsec_")
    check_page(page, "webhook-made")
    page = go(admin, "/webhooks/1")
    assert secret not in page.content()
    page.get_by_role("button", name="Send a ping").click()
    expect(page.get_by_role("table", name="Deliveries").locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    check_page(page, "webhook")
    page = go(admin, "/webhooks")
    expect(page.get_by_text("<img src=x onerror=alert(1)>/")).to_be_visible()
    check_page(page, "webhooks")
    page.get_by_role("link", name=HOOK).click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete webhook").click()
    expect(page.get_by_text("Webhook 1 deleted.")).to_be_visible()


def test_private_url_is_refused_with_the_reason(admin: Visitor) -> None:
    page = go(admin, "/webhooks")
    create(page, "https://10.0.0.1/hook")
    expect(page.get_by_text("10.0.0.1 is not on the public internet")).to_be_visible()


def test_anonymous_visitor_is_sent_to_sign_in(admin: Visitor) -> None:
    page = admin.open("/webhooks")
    assert "/sign-in" in page.url
