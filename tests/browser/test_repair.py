"""A failed job as a repair bench, and the review queue, in a browser."""

from collections.abc import Callable

from playwright.sync_api import expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_shared.failure_details import DETAILS, FailureDetails, FaultyPlace, Fix, FixAction, ServerAnswer
from oa_shared.status import JobStatus
from support.finished_jobs import make_jobs, report_status, succeed

SignIn = Callable[[str], Visitor]
_ANSWER = ServerAnswer(
    "https://gis.example.org/a.csv", 200, {"Content-Type": "text/csv"}, "HOUSE_NO,ST,X,Y\n1,Main,1,1"
)
_FIX = Fix(FixAction.REPLACE, "HOUSE_NO", "NO")


def fail_with_details(site: Site, source: str) -> int:
    (job,) = site.run(make_jobs(site.api, source))
    details = FailureDetails([FaultyPlace("/conform/number", _FIX)], _ANSWER)
    error = {"code": "source.columns_missing", "message": "the data lacks 'NO' (nearest: 'HOUSE_NO')"}
    result = {DETAILS: details.as_json()}
    site.run(report_status(site.api, job, JobStatus.RUNNING))
    site.run(report_status(site.api, job, JobStatus.FAIL, error=error, result=result))
    return job


def hold(site: Site, source: str) -> int:
    (published,) = site.run(make_jobs(site.api, source))
    site.run(succeed(site.api, published))
    (held,) = site.run(make_jobs(site.api, source))
    assert site.run(succeed(site.api, held, count=40, valid=40, fields={"number": 40, "street": 40})) == "Warn"
    return held


def test_failed_job_leads_to_its_line_and_is_acknowledged(site: Site, signed_in: SignIn) -> None:
    job = fail_with_details(site, "xx/bench")
    page = signed_in("moderator").open(f"/jobs/{job}")
    check_page(page, "job-repair")
    expect(page.get_by_test_id("patch")).to_contain_text('"number": "HOUSE_NO"')
    page.get_by_test_id("answer").locator("summary").click()
    expect(page.get_by_test_id("answer")).to_contain_text("HOUSE_NO,ST,X,Y")
    page.locator(".line-numbers .faulty a").first.click()
    check_page(page, "job-definition-faulty")
    expect(page.locator(".line-numbers > .faulty")).to_be_in_viewport()
    page.go_back()
    page.get_by_text("Acknowledge", exact=True).first.click()
    page.get_by_label("Note").fill("the county moves its server")
    page.get_by_label("Issue").fill("https://github.com/openaddresses/openaddresses/issues/1")
    page.locator("form[action='/acknowledgements'] button").click()
    expect(page.locator("#acknowledged")).to_contain_text("the county moves its server")
    check_page(page, "errors-acknowledged")


def test_review_queue_is_worked_with_the_keys(site: Site, signed_in: SignIn) -> None:
    first, second = hold(site, "xx/held-a"), hold(site, "xx/held-b")
    page = signed_in("moderator").open(f"/review?job={second}")
    check_page(page, "review")
    page.keyboard.press("n")
    expect(page.get_by_role("link", name=f"Job {first}", exact=True)).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("link", name=f"Job {second}", exact=True)).to_be_visible()
    page.keyboard.press("r")
    reject = page.locator("[data-decision=reject] details.confirm")
    expect(reject).to_have_attribute("open", "")
    expect(reject.locator("input[name=reason]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(reject).not_to_have_attribute("open", "")
    page.locator("h1").click()
    page.keyboard.press("a")
    page.keyboard.type("numbers moved")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Job {second} published.")).to_be_visible()
    expect(page.get_by_role("link", name=f"Job {first}", exact=True)).to_be_visible()


def test_page_to_sign_in_states_its_purpose(visitor: Visitor) -> None:
    page = visitor.open("/bulk")
    expect(page.get_by_test_id("purpose")).to_contain_text("many jobs at once")
