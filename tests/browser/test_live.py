"""An open page shows events as they happen, without a reload."""

from threading import Event

import pytest
from playwright.sync_api import Route, expect

from browser.site import Site
from browser.visitor import Visitor
from support.running_api import INTERNAL

_OPEN_FORM = """part => part.insertAdjacentHTML(
    "beforeend", "<details class=confirm open><summary>Note</summary><input name=note></details>")"""

_SCROLL = """table => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("#rows .table table { min-width: 200vw }");
    document.adoptedStyleSheets = [sheet];
    table.scrollLeft = 40;
}"""


@pytest.fixture
def waiting(site: Site) -> tuple[int, int]:
    """Return the IDs of a new run and its job."""
    job = site.run(site.api.job())
    return job["run"], job["id"]


def cancel(site: Site, job: int) -> None:
    async def post() -> int:
        answer = await site.api.client.post(f"/api/job/{job}/cancel", headers=INTERNAL)
        return answer.status

    assert site.run(post()) == 200


def test_open_run_page_updates_counts_and_rows(visitor: Visitor, site: Site, waiting: tuple[int, int]) -> None:
    run, job = waiting
    page = visitor.open(f"/runs/{run}")
    expect(page.locator("[data-live]")).to_have_text("Live")
    expect(page.locator("#counts")).to_contain_text("Pending 1")
    cancel(site, job)
    expect(page.locator("#counts")).to_contain_text("Canceled 1")
    expect(page.locator("#rows")).to_contain_text("operator.canceled")


def test_open_job_page_updates_the_status(visitor: Visitor, site: Site, waiting: tuple[int, int]) -> None:
    _, job = waiting
    page = visitor.open(f"/jobs/{job}")
    expect(page.locator("[data-live]")).to_have_text("Live")
    cancel(site, job)
    expect(page.locator("#status .status").first).to_have_text("Canceled")
    expect(page.locator("#status")).to_contain_text("operator.canceled")


def test_run_page_without_scripts_updates_on_refresh(visitor: Visitor, site: Site, waiting: tuple[int, int]) -> None:
    run, job = waiting
    page = visitor.open(f"/runs/{run}", scripts=False)
    cancel(site, job)
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator("#counts")).to_contain_text("Canceled 1")


def test_focus_and_scrolled_table_outlive_the_refresh_of_their_part(
    visitor: Visitor, site: Site, waiting: tuple[int, int]
) -> None:
    run, job = waiting
    page = visitor.open(f"/runs/{run}")
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    link = page.locator(f"#rows a[href='/jobs/{job}']").first
    link.focus()
    page.locator("#rows .table").first.evaluate(_SCROLL)
    cancel(site, job)
    expect(page.locator("#rows")).to_contain_text("operator.canceled")
    expect(link).to_be_focused()
    assert page.locator("#rows .table").first.evaluate("table => table.scrollLeft") == 40


def test_form_that_is_opened_while_a_part_is_on_its_way_keeps_its_text(
    visitor: Visitor, site: Site, waiting: tuple[int, int]
) -> None:
    _, job = waiting
    page, held, is_open = visitor.blank(), list[Route](), Event()

    def hold_parts(route: Route) -> None:
        if "hx-request" in route.request.headers and not is_open.is_set():
            held.append(route)
        else:
            route.continue_()

    page.route(f"**/jobs/{job}", hold_parts)
    with page.expect_request(lambda request: "hx-request" in request.headers):
        page.goto(f"/jobs/{job}")
    page.locator("#status").evaluate(_OPEN_FORM)
    note = page.locator("#status input[name=note]")
    note.fill("half a sentence")
    cancel(site, job)
    is_open.set()
    with page.expect_response(lambda response: "hx-request" in response.request.headers):
        for route in held:
            route.continue_()
    page.wait_for_timeout(300)
    expect(note).to_have_value("half a sentence")
    page.locator("#status details.confirm").evaluate("form => form.remove()")
    expect(page.locator("#status .status").first).to_have_text("Canceled")
