"""Signing in and out, tokens, accounts and the audit trail, as a person sees them."""

import pytest
from playwright.sync_api import Page

from browser.site import Site
from browser.visitor import Visitor, look
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


def test_ways_to_sign_in_are_fit_for_everybody(visitor: Visitor, site: Site, admin: int) -> None:
    look(visitor.open("/sign-in"), "sign-in-none")
    look(visitor.open(f"/sign-in/link?token={site.run(link(site.api, admin))}"), "sign-in-link")
    look(visitor.open("/sign-in/link?token=used-up", status=409), "sign-in-link-used")


def test_pages_of_an_admin_are_fit_for_everybody(visitor: Visitor, site: Site, admin: int) -> None:
    page = signed_in(visitor, site, admin)
    look(page, "profile-empty")
    for path, name in (("/accounts", "accounts"), ("/accounts/1", "account"), ("/audit", "audit")):
        page.goto(path)
        look(page, name)
    page.goto("/audit?actor=nobody")
    look(page, "audit-empty")


@pytest.mark.parametrize("scripts", [True, False])
def test_token_is_made_shown_once_and_revoked(visitor: Visitor, site: Site, admin: int, *, scripts: bool) -> None:
    page = signed_in(visitor, site, admin, scripts=scripts)
    page.locator("#f-name").fill("nightly import")
    page.locator("form[action='/profile/tokens'] button").click()
    token = page.locator("#new-token").input_value()
    assert token.startswith("oa_")
    if scripts:
        look(page, "profile-token")
    page.goto("/profile")
    assert token not in page.content()
    page.get_by_role("button", name="Revoke").click()
    assert page.get_by_test_id("empty").is_visible()


def test_sign_out_is_one_click_and_ends_it(visitor: Visitor, site: Site, admin: int) -> None:
    page = signed_in(visitor, site, admin)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    assert page.get_by_test_id("message-good").is_visible()
    page.goto("/accounts")
    assert page.url.endswith("/sign-in?next=/accounts")


def test_author_sees_no_door_that_is_closed(visitor: Visitor, site: Site, admin: int) -> None:
    page = visitor.open(f"/sign-in/link?token={site.run(link(site.api, admin - 1))}")
    page.get_by_role("button", name="Sign in as ada").click()
    page.wait_for_url("**/profile")
    assert page.get_by_role("link", name="Accounts").count() == 0
    assert page.goto("/accounts").status == 403  # type: ignore[union-attr] # there is an answer
