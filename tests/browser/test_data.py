"""The pages of published data: the list, one dataset, the map."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser.site import Site
from browser.visitor import DESK, Visitor, check_page
from oa_shared.status import JobStatus
from support.publishing import make_job, publish, report_status
from support.running_api import RunningApi

HOSTILE = "<img src=x onerror=alert(1)>"


async def _fill(api: RunningApi) -> None:
    for count in (100, 104, 120):
        await publish(api, "us/ca/berkeley", makes={"count": count}, github={"sha": "0a1b2c3d4e5f"})
    await publish(api, "us/ca/alameda", makes={"bounds": [-122.4, 37.4, -121.5, 37.9]})
    await publish(api, "xx/hostile", HOSTILE, license_={"text": HOSTILE, "url": "javascript:alert(1)"})
    for name in ("city", "county"):
        await publish(api, "us/ny/twice", name)
    newer = await make_job(api, "us/ca/alameda")
    error = {"code": "source.not_found", "message": f"https://example.org/{HOSTILE} answered 404"}
    await report_status(api.database, newer, JobStatus.FAIL, error=error)


@pytest.fixture(scope="module")
def full_site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    with Site(fresh_database()) as opened:
        opened.run(_fill(opened.api))
        yield opened


@pytest.fixture
def reader(browser: Browser, full_site: Site) -> Iterator[Visitor]:
    coming = Visitor(browser, full_site.url)
    yield coming
    coming.leave()


def test_list_is_filtered_by_the_prefix_of_the_source(reader: Visitor) -> None:
    page = reader.open("/data")
    assert page.locator("tbody th").all_inner_texts() == [
        "us/ca/alameda",
        "us/ca/berkeley",
        "us/ny/twice",
        "xx/hostile",
    ]
    check_page(page, "data")
    page.set_viewport_size(DESK)
    page.get_by_role("link", name="United States of America").click()
    page.get_by_role("link", name="California").click()
    expect(page.locator("tbody th")).to_have_text(["us/ca/alameda", "us/ca/berkeley"], use_inner_text=True)
    page.get_by_role("columnheader", name="Features").get_by_role("link").click()
    expect(page.locator("tbody th")).to_have_text(["us/ca/berkeley", "us/ca/alameda"], use_inner_text=True)
    page.get_by_label("Source path starts with").fill("us/ca/b")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody th")).to_have_text(["us/ca/berkeley"], use_inner_text=True)


def test_search_box_leads_from_any_page_to_the_source(reader: Visitor) -> None:
    page = reader.open("/runs", scripts=False)
    page.get_by_role("search", name="Site").get_by_role("searchbox").fill("us/ca/alameda")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("us/ca/alameda")
    expect(page.get_by_label("Breadcrumb").get_by_role("link")).to_have_text(["Data", "us", "ca"], use_inner_text=True)


def test_source_page_with_a_newer_failed_job_passes_the_checks(reader: Visitor) -> None:
    page = reader.open("/sources/us/ca/alameda")
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    expect(page.get_by_role("table", name="Entries").get_by_text("failing", exact=True)).to_be_visible()
    check_page(page, "source-with-failure")


def test_dataset_shows_files_history_and_attribution(reader: Visitor) -> None:
    page = reader.open("/data?q=berkeley")
    page.get_by_role("table").get_by_role("link", name="addresses").click()
    expect(page.get_by_role("link", name="source.parquet")).to_be_visible()
    expect(page.get_by_label("Features at each publication").locator("circle")).to_have_count(3)
    expect(page.get_by_role("table", name="Publications").locator("tbody tr")).to_have_count(3)
    expect(page.get_by_text("required: Town")).to_be_visible()
    check_page(page, "dataset")


def test_dataset_whose_newer_job_failed_shows_the_error(reader: Visitor) -> None:
    page = reader.open("/data?failing=true")
    page.get_by_role("table").get_by_role("link", name="addresses").click()
    expect(page.get_by_text(f"https://example.org/{HOSTILE} answered 404")).to_be_visible()
    check_page(page, "dataset-failing")


def test_dataset_page_with_hostile_name_shows_it_as_text(reader: Visitor) -> None:
    page = reader.open("/data?source=xx/")
    page.get_by_role("table").get_by_role("link", name="addresses").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"xx/hostile · addresses · {HOSTILE}", use_inner_text=True
    )
    expect(page.locator("a[href^='javascript']")).to_have_count(0)
    expect(page.locator("img")).to_have_count(0)


def test_map_is_drawn_and_leads_to_lists_of_a_point_and_of_the_view(reader: Visitor) -> None:
    page = reader.open("/map?layer=addresses")
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    check_page(page, "map")
    page.locator("[data-map]").evaluate("element => element.map.jumpTo({ center: [-122.25, 37.85], zoom: 9 })")
    view = page.get_by_role("link", name="List the data in this view").get_attribute("href") or ""
    assert view.startswith("/data?layer=addresses&bbox=-122")
    page.locator("[data-map] canvas").click()
    page.get_by_role("link", name="What covers").click()
    expect(page.get_by_test_id("area")).to_be_visible()
    assert "us/ca/berkeley" in page.locator("tbody th").all_inner_texts()


def test_click_on_the_map_opens_the_dataset(reader: Visitor) -> None:
    page = reader.open("/map?source=us/ca/berkeley")
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    page.locator("[data-map] canvas").click()
    page.get_by_role("link", name="us/ca/berkeley · addresses · city").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("us/ca/berkeley · addresses · city", use_inner_text=True)


def test_click_on_stacked_datasets_lists_all_of_them(reader: Visitor) -> None:
    page = reader.open("/map?source=us/ny/twice")
    page.wait_for_selector('[data-map][data-drawn="yes"]')
    page.locator("[data-map] canvas").click()
    page.get_by_text("2 datasets here").wait_for()
    links = page.locator(".popup-layers a")
    expect(links).to_have_count(2)
    assert len({link.get_attribute("href") for link in links.all()}) == 2


def test_map_without_scripts_shows_the_list(reader: Visitor) -> None:
    page = reader.open("/map", scripts=False)
    expect(page.get_by_text("The list below works without it.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(5)


@pytest.mark.parametrize(("path", "name"), [("/data", "data-empty"), ("/map", "map-empty")])
def test_page_without_data_has_an_empty_state(newcomer: Visitor, path: str, name: str) -> None:
    page = newcomer.open(path)
    expect(page.get_by_text("No matching datasets.")).to_be_visible()
    check_page(page, name)


def test_missing_dataset_is_an_error_page(reader: Visitor) -> None:
    check_page(reader.open("/data/999", status=404), "dataset-missing")


def test_invalid_filter_is_an_error_page(reader: Visitor) -> None:
    assert reader.open("/data?bbox=1,2", status=422).get_by_text("bbox").first.is_visible()
