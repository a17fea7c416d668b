"""Sign-in, sign-out, tokens, accounts and the audit log in a browser."""

import pytest
from playwright.sync_api import Page, expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from support.accounts import account, link


@pytest.fixture(scope="module")
def admin(site: Site) -> int:
    site.run(account(site.api, "ada", "author", email="ada@example.org", github_id=583231))
    return site.run(account(site.api, "root", "admin"))


def signed_in(visitor: Visitor, site: Site, admin: int, **options: bool) -> Page:
    page = visitor.open(f"/sign-in/link?token={site.run(link(site.api, admin))}", **options)
    page.get_by_role("button", name="Sign in as root").click()
    page.wait_for_url("**/profile")
    return page


def test_ways_to_sign_in_pass_accessibility_checks(visitor: Visitor, site: Site, admin: int) -> None:
    check_page(visitor.open("/sign-in"), "sign-in-none")
    check_page(visitor.open(f"/sign-in/link?token={site.run(link(site.api, admin))}"), "sign-in-link")
    check_page(visitor.open("/sign-in/link?token=used-up", status=409), "sign-in-link-used")


def test_admin_pages_pass_accessibility_checks(visitor: Visitor, site: Site, admin: int) -> None:
    page = signed_in(visitor, site, admin)
    check_page(page, "profile-empty")
    for path, name in (("/accounts", "accounts"), ("/accounts/1", "account"), ("/audit", "audit")):
        page.goto(path)
        check_page(page, name)
    page.goto("/audit?actor=nobody")
    check_page(page, "audit-empty")


@pytest.mark.parametrize("scripts", [True, False])
def test_token_is_created_shown_once_and_revoked(visitor: Visitor, site: Site, admin: int, *, scripts: bool) -> None:
    page = signed_in(visitor, site, admin, scripts=scripts)
    page.locator("#f-name").fill("nightly import")
    page.locator("form[action='/profile/tokens'] button").click()
    token = page.locator("#new-token").input_value()
    assert token.startswith("oa_")
    if scripts:
        check_page(page, "profile-token")
    page.goto("/profile")
    assert token not in page.content()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_test_id("empty")).to_be_visible()


def test_sign_out_ends_the_session(visitor: Visitor, site: Site, admin: int) -> None:
    page = signed_in(visitor, site, admin)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_test_id("message-good")).to_be_visible()
    page.goto("/accounts")
    assert page.url.endswith("/sign-in?next=/accounts")


def test_author_sees_only_permitted_links(visitor: Visitor, site: Site, admin: int) -> None:
    page = visitor.open(f"/sign-in/link?token={site.run(link(site.api, admin - 1))}")
    page.get_by_role("button", name="Sign in as ada").click()
    page.wait_for_url("**/profile")
    expect(page.get_by_role("link", name="Accounts")).to_have_count(0)
    assert page.goto("/accounts").status == 403  # type: ignore[union-attr] # there is an answer
