"""Operations in a browser: the health grid, schedules, uploads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_api.schedules.repository import RepositoryReader, SourceRepository
from oa_api.schedules.sources_task import SourcesTask
from oa_api.schedules.worker import schedule_once
from oa_shared.schedule_types import ScheduleType
from support.direct_examiner import DirectExaminer
from support.finished_jobs import fail, make_jobs, post, succeed
from support.running_api import INTERNAL, definition

Come = Callable[[str], Visitor]


@pytest.fixture(scope="module")
def site_with_health(site: Site) -> Site:
    """A site with datasets in every state."""

    async def create_datasets() -> None:
        healthy, broken, never = await make_jobs(site.api, "zz/a/healthy", "zz/a/broken", "zz/b/never")
        await succeed(site.api, healthy)
        await succeed(site.api, broken)
        await fail(site.api, never, "source.empty", "there are no features in <b>the data</b>")
        (again,) = await make_jobs(site.api, "zz/a/broken")
        await fail(site.api, again, "source.not_found", "https://example.org/a.csv answered 404")

    site.run(create_datasets())
    return site


def test_health_renders_with_and_without_data(site_with_health: Site, visitor: Visitor, newcomer: Visitor) -> None:
    check_page(visitor.open("/health"), "health")
    check_page(newcomer.open("/health"), "health-empty")
    expect(newcomer.open("/health").get_by_role("row")).to_have_count(0)
    check_page(visitor.open("/health?state=ill", status=422), "health-refused")
    assert site_with_health.url


@pytest.mark.usefixtures("site_with_health")
def test_health_links_from_a_region_to_its_failing_datasets(visitor: Visitor) -> None:
    page = visitor.open("/health", scripts=False)
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="zz/a", exact=True))
    row.get_by_role("link", name="1", exact=True).click()
    shown = page.get_by_role("region", name="Datasets").get_by_role("row").filter(has_text="zz/")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("https://example.org/a.csv answered 404", use_inner_text=True)
    expect(shown).to_contain_text("failing", use_inner_text=True)
    page.goto(page.url.replace("failing", "never").replace("zz%2Fa", "zz%2Fb"))
    expect(page.get_by_role("region", name="Datasets")).to_contain_text("<b>the data</b>", use_inner_text=True)


@pytest.mark.usefixtures("site_with_health")
def test_health_offers_a_rerun_to_moderators_only(visitor: Visitor, signed_in: Come) -> None:
    expect(visitor.open("/health").get_by_role("link", name="Rerun failing")).to_have_count(0)
    page = signed_in("moderator").open("/health?prefix=zz/")
    page.get_by_role("link", name="Rerun failing").click()
    expect(page.locator("main")).to_contain_text("zz/b/never", use_inner_text=True)


def test_schedules_run_manually_and_show_their_result(
    site: Site, signed_in: Come, newcomer: Visitor, tmp_path: Path
) -> None:
    check_page(newcomer.open("/schedules"), "schedules-empty")
    page = signed_in("admin").open("/schedules")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="sources", exact=True))
    row.get_by_text("Run now", exact=True).first.click()
    row.get_by_role("button", name="Run now").click()
    page.wait_for_url("**/schedules/*")
    _run_task(site, tmp_path / "absent")
    page.reload()
    check_page(page, "schedule-failed")
    folder = tmp_path / "sources" / "us"
    folder.mkdir(parents=True)
    (folder / "good.json").write_text(json.dumps(definition("city")))
    (folder / "bad.json").write_text("{")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Resume").click()
    _run_task(site, tmp_path)
    page.reload()
    expect(page.locator("main")).to_contain_text("sources/us/bad.json", use_inner_text=True)
    check_page(page, "schedule-done")
    check_page(signed_in("viewer").open("/schedules"), "schedules")


def _run_task(site: Site, repository: Path) -> None:
    """Execute the schedule run as the worker does."""
    task = SourcesTask(site.api.database, RepositoryReader(), SourceRepository(str(repository)), DirectExaminer())
    assert site.run(schedule_once(site.api.database, {ScheduleType.SOURCES: task}))


def test_missing_schedule_run_shows_a_page(visitor: Visitor) -> None:
    check_page(visitor.open("/schedules/999", status=404), "schedule-missing")


def test_uploads_show_their_address_or_why_they_were_refused_and_go(site: Site, signed_in: Come) -> None:
    check_page(signed_in("author").open("/uploads"), "uploads-empty")

    async def send(name: str, body: bytes) -> None:
        created = await post(site.api, "/api/upload", name=name, size_bytes=len(body))
        await site.api.client.put(created["form"]["url"], data=body, headers=INTERNAL)

    site.run(send("good.csv", b"NO,ST\n1,Main\n"))
    site.run(send("bad.csv", b"\x00\x01"))
    page = signed_in("moderator").open("/uploads")
    expect(page.locator("main")).to_contain_text("/good.csv", use_inner_text=True)
    expect(page.locator("main")).to_contain_text("the file is binary", use_inner_text=True)
    check_page(page, "uploads")
    page.set_viewport_size({"width": 1280, "height": 800})
    row = page.get_by_role("row").filter(has_text="good.csv")
    row.get_by_text("Delete", exact=True).first.click()
    row.get_by_role("button", name="Delete").click()
    expect(page.locator("body")).to_contain_text("Upload deleted.", use_inner_text=True)
    expect(page.get_by_text("good.csv")).to_have_count(0)


def test_time_and_cost_of_a_run_are_shown_with_and_without_jobs(site_with_health: Site, visitor: Visitor) -> None:
    run = site_with_health.run(site_with_health.api.get("/api/job?source=zz/a/healthy"))["jobs"][0]["run"]
    page = visitor.open(f"/runs/{run}")
    page.get_by_role("link", name="Time and cost").click()
    expect(page.get_by_role("region", name="Time by phase")).to_have_count(1)
    check_page(page, "speed")
    empty = site_with_health.run(site_with_health.api.run())
    check_page(visitor.open(f"/runs/{empty}/speed"), "speed-empty")
    check_page(visitor.open("/runs/999/speed", status=404), "speed-missing")
