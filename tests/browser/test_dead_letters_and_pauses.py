"""Dead letters and pauses in a browser."""

import json
from collections.abc import Callable

from playwright.sync_api import Route, expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_shared.queue import OutgoingMessage, Queue
from support.running_api import INTERNAL

Come = Callable[[str], Visitor]
HOSTILE = "<img src=x onerror=alert(1)>"


def dead_letter(site: Site, *jobs: int) -> Queue:
    """Send messages about these jobs, and one that is not JSON, to the dead-letter queue of results."""
    dead = site.api.queues["results"].dead
    assert dead is not None
    bodies = [json.dumps({"kind": "job.status", "job": job, "attempt": 1, "status": "Success"}) for job in jobs]
    messages = [OutgoingMessage(text, attributes={"reason": f"unknown field {HOSTILE}"}) for text in [*bodies, HOSTILE]]
    site.run(dead.send_batch(messages))
    return dead


def test_dead_letter_is_shown_decoded_and_redriven(signed_in: Come, site: Site) -> None:
    dead = dead_letter(site, 1, 2)
    moderator = signed_in("moderator")
    check_page(moderator.open("/dead-letters?queue=results"), "dead-letters")
    page = moderator.open("/dead-letters?queue=results", scripts=False)
    page.get_by_role("table", name="Dead letters").wait_for()
    assert HOSTILE in page.inner_text("main")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="1", exact=True))
    row.locator("summary", has_text="Redrive").click()
    row.locator("details[open] input[name=reason]").fill("the API knows it now")
    row.locator("details[open] button").click()
    assert page.locator(".box.good").inner_text().startswith("1 ")
    expect(page.locator("section[aria-label='Recent actions']")).to_contain_text(
        "the API knows it now", use_inner_text=True
    )
    assert site.run(dead.depth()).visible == 2


def test_dead_letters_matching_a_filter_are_discarded(signed_in: Come, site: Site) -> None:
    dead = dead_letter(site, 7)
    page = signed_in("moderator").open("/dead-letters?queue=results", scripts=False)
    page.get_by_label("Job", exact=True).fill("7")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("Discard all of these", exact=True).click()
    page.get_by_role("button", name="Discard 1", exact=True).click()
    assert page.locator(".box.good").inner_text().startswith("1 ")
    before = site.run(dead.depth()).visible
    page.goto("/dead-letters?queue=results&job=7")
    expect(page.locator("section[aria-label='Dead letters'] table")).to_have_count(0)
    assert site.run(dead.depth()).visible == before


def test_empty_and_unknown_queues_show_a_notice(signed_in: Come) -> None:
    moderator = signed_in("moderator")
    check_page(moderator.open("/dead-letters?queue=jobs"), "dead-letters-empty")
    check_page(moderator.open("/dead-letters?queue=other", status=404), "dead-letters-missing")


def test_dead_letters_require_a_moderator(signed_in: Come) -> None:
    signed_in("author").open("/dead-letters", status=403)


def test_source_is_paused_and_resumed_with_a_reason(signed_in: Come, newcomer: Visitor) -> None:
    check_page(newcomer.open("/pauses"), "pauses-empty")
    moderator = signed_in("moderator")
    page = moderator.open("/pauses", scripts=False)
    page.locator("input[name=value]").fill("us/ca/")
    page.locator("input[name=hours]").fill("12")
    page.locator("#f-reason").fill("they asked us to wait")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".box.good")).to_contain_text("source us/ca/", use_inner_text=True)
    check_page(moderator.open("/pauses"), "pauses")
    page.locator("summary", has_text="Resume").click()
    page.locator("details[open] button").click()
    expect(page.locator(".box.good")).to_contain_text("source us/ca/", use_inner_text=True)
    expect(page.locator("section[aria-label='Active pauses'] table")).to_have_count(0)


def test_pause_without_a_target_shows_an_error(signed_in: Come) -> None:
    page = signed_in("moderator").open("/pauses", scripts=False)
    page.locator("#f-reason").fill("x")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("main")).to_contain_text("value", use_inner_text=True)


def test_double_click_sends_a_form_once_and_open_pages_show_the_pause(signed_in: Come, visitor: Visitor) -> None:
    other = visitor.open("/runs")
    page = signed_in("moderator").open("/pauses")
    page.select_option("select[name=scope]", "lane")
    page.locator("input[name=value]").fill("weekly")
    page.locator("#f-reason").fill("a test of two clicks")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Pause").dblclick()
    page.locator(".box.good").wait_for()
    assert len(sent) == 1
    expect(page.locator(".box.good")).to_contain_text("lane weekly")
    banner = other.get_by_test_id("pause-banner")
    banner.wait_for(timeout=60_000)
    expect(banner).to_contain_text("lane weekly")
    check_page(visitor.open("/runs"), "paused")
    page.go_back()
    page.locator("summary", has_text="Resume").click()
    page.locator("details[open] button").click()
    page.locator(".box.good").wait_for()
    assert len(sent) == 2
    banner.wait_for(state="hidden", timeout=60_000)


def test_open_page_keeps_who_paused_and_why_while_several_pauses_last(signed_in: Come, site: Site) -> None:
    reasons = {"us/ca/l'été": "they asked us to wait", "us/nv/": "the server moves"}
    for value, reason in reasons.items():
        body = {"scope": "source", "value": value, "reason": reason}
        assert site.run(site.api.client.post("/api/pause", json=body, headers=INTERNAL)).status < 300
    page = signed_in("viewer").open("/runs")
    expect(page.locator("[data-system]")).not_to_have_attribute("data-system", "unknown")
    banner = page.get_by_test_id("pause-banner")
    for value, reason in reasons.items():
        expect(banner).to_contain_text(value)
        expect(banner).to_contain_text(reason)
    page.route("**/", _answer_without_database)
    page.reload()
    expect(page.locator("[data-system]")).to_have_attribute("data-system", "bad")
    expect(banner).to_contain_text("the server moves")
    expect(banner).to_be_visible()
    for pause in site.run(site.api.get("/api/pause"))["pauses"]:
        path = f"/api/pause/{pause['id']}"
        assert site.run(site.api.client.delete(path, json={"reason": "over"}, headers=INTERNAL)).status == 200


def _answer_without_database(route: Route) -> None:
    """Answer requests for the health of the system as the server does without its database."""
    if route.request.resource_type == "fetch":
        route.fulfill(status=503, json={"problems": ["no database"], "paused": [], "database_s": None})
    else:
        route.continue_()
