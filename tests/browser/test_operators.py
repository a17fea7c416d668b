"""Failures, bulk actions and reviews in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_api.bulk_actions.bulk_actions import run_step
from oa_shared.failures import FAILURES

Come = Callable[[str], Visitor]


def carry_out(site: Site) -> None:
    """Do the work of the bulk action worker until none is left."""

    async def run_all_steps() -> None:
        while await run_step(site.api.database) is not None:
            pass

    site.run(run_all_steps())


def status_of(site: Site, job: int) -> Any:
    return site.run(site.api.get(f"/api/job/{job}"))["status"]


def test_failures_page_passes_accessibility_checks_with_and_without_data(visitor: Visitor, newcomer: Visitor) -> None:
    check_page(visitor.open("/errors"), "errors")
    check_page(visitor.open("/errors?by=place&days=30"), "errors-by-place")
    check_page(newcomer.open("/errors"), "errors-empty")


def test_failures_page_shows_title_hint_and_examples(visitor: Visitor) -> None:
    page = visitor.open("/errors", scripts=False)
    row = page.get_by_role("row").filter(has_text="upstream.timeout")
    assert FAILURES["upstream.timeout"].title in row.inner_text()
    assert FAILURES["upstream.timeout"].hint in row.inner_text()
    expect(row.locator(".tag.good")).to_have_count(1)
    assert row.get_by_role("link", name="Job 6", exact=True).get_attribute("href") == "/jobs/6"
    assert "<script>alert(1)</script>" in page.content().replace("&lt;", "<").replace("&gt;", ">")
    expect(page.get_by_role("link", name="Rerun all of these")).to_have_count(0)


def test_failures_page_of_a_missing_run_is_an_error_page(visitor: Visitor) -> None:
    check_page(visitor.open("/errors?run=999", status=404), "errors-missing")
    check_page(visitor.open("/errors?days=0", status=422), "errors-refused")


def test_bulk_actions_require_sign_in(visitor: Visitor, signed_in: Come) -> None:
    assert "/sign-in" in visitor.open("/bulk").url
    check_page(signed_in("viewer").open("/bulk"), "bulk-list-empty")
    expect(signed_in("viewer").open("/bulk").get_by_role("button", name="Preview jobs")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_bulk_rerun_from_the_filter_to_the_result(signed_in: Come, site: Site, *, scripts: bool) -> None:
    source, job = ("de/hamburg", 7) if scripts else ("de/berlin", 6)
    moderator = signed_in("moderator")
    page = moderator.open(f"/jobs?source={source}", scripts=scripts)
    page.locator("a[href^='/bulk?']").click()
    expect(page.locator("main")).to_contain_text("1 job matches", use_inner_text=True)
    if scripts:
        check_page(page, "bulk-question")
        page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("input[name=reason]").fill("the server is back")
    page.get_by_role("button", name="Rerun 1 job").click()
    expect(page.locator(".box.good")).to_have_count(1)
    check_progress(page, remaining="1", done="0")
    carry_out(site)
    page.reload()
    check_progress(page, remaining="0", done="1")
    if scripts:
        check_page(page, "bulk-done")
    assert status_of(site, job) == "Pending"
    page.goto("/bulk")
    expect(page.locator("main")).to_contain_text("the server is back", use_inner_text=True)


def check_progress(page: Page, *, remaining: str, done: str) -> None:
    page.locator(".stat").first.wait_for()
    tiles = {tile.split("\n")[0]: tile.split("\n")[1] for tile in page.locator(".stat").all_inner_texts()}
    assert tiles["Remaining"] == remaining
    assert tiles["Requeued"] == done


def test_rerun_all_of_a_cause_shows_the_count_first(signed_in: Come) -> None:
    page = signed_in("moderator").open("/errors?by=code")
    page.get_by_role("row").filter(has_text="source.columns_missing").get_by_role("link", name="Rerun all").click()
    expect(page.locator("main")).to_contain_text("1 job matches: 1 Fail", use_inner_text=True)
    expect(page.locator("main")).to_contain_text("us/ca/alameda", use_inner_text=True)


def test_bulk_action_with_a_changed_count_changes_nothing(signed_in: Come, site: Site) -> None:
    page = signed_in("moderator").open("/bulk?action=cancel&source=us/wa/seattle")
    site.run(site.api.client.post("/api/job/10/cancel", headers={"secret": "s" * 32}))
    page.get_by_role("button", name="Cancel 1 job").click()
    expect(page.locator(".box.bad")).to_contain_text("expected 1 matching job, now 0 match", use_inner_text=True)
    expect(page).to_have_url("/bulk?action=cancel&source=us%2Fwa%2Fseattle")


def test_bulk_preview_without_matches_or_with_an_invalid_action_shows_a_notice(signed_in: Come) -> None:
    moderator = signed_in("moderator")
    check_page(moderator.open("/bulk?action=rerun&source=nowhere"), "bulk-nothing")
    check_page(moderator.open("/bulk?action=confirm&status=Fail", status=422), "bulk-refused")
    moderator.open("/bulk/999", status=404)


def test_result_that_needs_review_is_rejected_with_a_reason(signed_in: Come, site: Site) -> None:
    page = signed_in("moderator").open("/errors", scripts=False)
    held = site.run(site.api.get("/api/job/error"))["errors"]
    row = page.locator("#needs-review").get_by_role("row").filter(has_text=str(held[0]["job"]))
    row.locator("summary.danger").click()
    row.locator("details[open] input[name=reason]").fill("half of it is missing")
    row.locator("details[open] button").click()
    expect(page.locator(".box.good")).to_contain_text(str(held[0]["job"]), use_inner_text=True)
    assert status_of(site, held[0]["job"]) == "Fail"
