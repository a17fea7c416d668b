"""A job's page in the hands of people: what they may do, and what a hostile source may not."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser.seeds import HOSTILE
from browser.site import Site
from browser.visitor import Visitor, look


def status_of(page: Page) -> str:
    return page.locator("#status .status").first.inner_text()


def test_hostile_source_is_text_on_every_page_of_it(visitor: Visitor) -> None:
    for path in ("/", "/jobs", "/runs/2", "/jobs/5", "/jobs/5/log", "/jobs/1/input", "/jobs/1/changes"):
        page = visitor.open(path)
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("img[src=x], main script").count() == 0, path


def test_stranger_sees_no_buttons(visitor: Visitor) -> None:
    page = visitor.open("/jobs/5")
    assert page.get_by_role("group").count() == 0
    assert page.locator("form[method=post]").count() == 0


def test_buttons_of_a_held_back_job_are_fit_for_everybody(signed_in: Callable[[str], Visitor]) -> None:
    page = signed_in("moderator").open("/jobs/4")
    page.locator("summary", has_text="Confirm").click()
    look(page, "job-actions")


def test_author_runs_a_trial_again_and_cancels_it(signed_in: Callable[[str], Visitor]) -> None:
    page = signed_in("author").open("/jobs/6")
    page.get_by_text("Run again").first.click()
    page.get_by_label("Why?").fill("the server is back")
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("status")).to_have_text("Job 6 runs again.")
    assert status_of(page) == "Pending"
    page.get_by_text("Cancel").first.click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("status")).to_contain_text("Job 6 is cancelled")
    page.reload()
    assert page.get_by_role("status").count() == 0


def test_author_without_scripts_runs_a_trial_again(signed_in: Callable[[str], Visitor]) -> None:
    page = signed_in("author").open("/jobs/7", scripts=False)
    page.locator("summary", has_text="Run again").click()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("status")).to_have_text("Job 7 runs again.")


def test_moderator_confirms_what_is_held_back_and_it_is_published(
    signed_in: Callable[[str], Visitor], site: Site
) -> None:
    page = signed_in("moderator").open("/jobs/4")
    expect(page.get_by_text("25.1 % fewer")).to_be_visible()
    page.get_by_text("Confirm").first.click()
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_role("status")).to_have_text("Job 4 is confirmed.")
    expect(page.locator("#status")).to_contain_text("published")
    audit = site.run(site.api.database.all("SELECT action FROM audit WHERE subject = 'job/4'"))
    assert [row["action"] for row in audit] == ["job.confirm"]


def test_second_answer_to_the_same_question_is_told_not_done(signed_in: Callable[[str], Visitor], site: Site) -> None:
    job = site.run(site.api.job())["id"]
    visitor = signed_in("author")
    first, second = visitor.open(f"/jobs/{job}"), visitor.open(f"/jobs/{job}")
    for page in (first, second):
        page.locator("summary", has_text="Cancel").click()
        page.get_by_role("button", name="Cancel the job").click()
        page.get_by_role("status").wait_for()
    expect(second.get_by_role("status")).to_contain_text("Nothing was changed")
