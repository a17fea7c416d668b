"""The job page: the actions of each role, and source texts that never become markup."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from browser.seeds import HOSTILE
from browser.site import Site
from browser.visitor import Visitor, check_page


def status_of(page: Page) -> str:
    return page.locator("#status .status").first.inner_text()


def action_of(page: Page, action: str) -> Locator:
    """Return the button, with its form, of an action on the job."""
    return page.locator("details", has=page.locator(f"form[action$='/{action}']"))


def confirm(page: Page, action: str, *, reason: str = "") -> None:
    """Take an action on the job, with a reason if one is given."""
    details = action_of(page, action)
    details.locator("summary").click()
    if reason:
        details.locator("input[name=reason]").fill(reason)
    details.get_by_role("button").click()


def test_hostile_source_is_text_on_every_page(visitor: Visitor) -> None:
    for path in (
        "/overview",
        "/runs",
        "/jobs",
        "/runs/2",
        "/jobs/5",
        "/jobs/5/log",
        "/jobs/1/input",
        "/jobs/1/changes",
    ):
        page = visitor.open(path)
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("img[src=x], main script").count() == 0, path


def test_anonymous_visitor_sees_no_buttons(visitor: Visitor) -> None:
    page = visitor.open("/jobs/5")
    expect(page.get_by_role("group")).to_have_count(0)
    expect(page.locator("form[method=post]")).to_have_count(0)


def test_buttons_of_a_job_that_needs_review_are_accessible(signed_in: Callable[..., Visitor]) -> None:
    page = signed_in("moderator").open("/jobs/4")
    action_of(page, "confirm").locator("summary").click()
    check_page(page, "job-actions")


def test_author_reruns_a_trial_and_cancels_it(signed_in: Callable[..., Visitor]) -> None:
    page = signed_in("author", owns=2).open("/jobs/6")
    confirm(page, "rerun", reason="the server is back")
    expect(page.get_by_role("status")).to_contain_text("6")
    assert status_of(page) == "Pending"
    confirm(page, "cancel")
    expect(page.get_by_role("status")).to_contain_text("6")
    assert status_of(page) == "Canceled"
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)


def test_author_without_scripts_reruns_a_trial(signed_in: Callable[..., Visitor]) -> None:
    page = signed_in("author", owns=2).open("/jobs/7", scripts=False)
    confirm(page, "rerun")
    expect(page.get_by_role("status")).to_contain_text("7")
    assert status_of(page) == "Pending"


def test_moderator_confirms_a_job_that_needs_review_and_it_is_published(
    signed_in: Callable[..., Visitor], site: Site
) -> None:
    page = signed_in("moderator").open("/jobs/4")
    expect(page.get_by_text("25.1 % fewer")).to_be_visible()
    confirm(page, "confirm")
    expect(page.get_by_role("status")).to_contain_text("4")
    assert status_of(page) == "Success"
    expect(page.locator("#status")).to_contain_text("published")
    audit = site.run(site.api.database.all("SELECT action FROM audit WHERE subject = 'job/4'"))
    assert [row["action"] for row in audit] == ["job.confirm"]


def test_second_cancel_of_the_same_job_reports_a_conflict(signed_in: Callable[..., Visitor], site: Site) -> None:
    job = site.run(site.api.job())
    visitor = signed_in("author", owns=job["run"])
    first, second = visitor.open(f"/jobs/{job['id']}"), visitor.open(f"/jobs/{job['id']}")
    for page in (first, second):
        confirm(page, "cancel")
        page.get_by_role("status").wait_for()
    expect(first.get_by_role("status")).to_have_class(re.compile(r"\bgood\b"))
    expect(second.get_by_role("status")).to_have_class(re.compile(r"\bbad\b"))
