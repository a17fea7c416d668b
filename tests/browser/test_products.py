"""The pages of collections, exports and the fabric."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.seeds import HOSTILE
from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_shared.status import JobStatus
from support.product_jobs import build, end, publish, request
from support.running_api import RunningApi

SignedIn = Callable[[str], Visitor]


async def fill(api: RunningApi) -> None:
    """Publish two sources; create a collection whose latest build failed, exports in each state, one layer of tiles."""
    await publish(api, "us/ne/lancaster")
    await publish(api, "us/ne/douglas", layer="parcels")
    body = {"name": "us-ne", "display_name": f"Nebraska {HOSTILE}", "sources": ["us/ne/**"], "deduplicate": True}
    await request(api, "POST", "/api/collections", body)
    _, made = await request(api, "POST", "/api/collections/1/build", {})
    await build(api, made["job"], "collection.geojson.zip", "collection.parquet.zip", "ATTRIBUTION.txt")
    _, made = await request(api, "POST", "/api/collections/1/build", {})
    _, made = await request(api, "POST", "/api/collections/1/build", {"force": True})
    await fail(api, made["job"])
    for form in ("gpkg", "csv", "shapefile", "geojson"):
        _, made = await request(api, "POST", "/api/export", {"format": form, "source": "us/ne", "layer": "addresses"})
        if form == "shapefile":
            await fail(api, made["job"])
        elif form != "geojson":
            await build(api, made["job"], f"export.{form}", "ATTRIBUTION.txt")
    await api.database.execute("UPDATE export SET expires_at = now() WHERE format = 'csv'")
    _, made = await request(api, "POST", "/api/fabric", {})
    await build(api, made["layers"][0]["job"], "fabric.pmtiles")


async def fail(api: RunningApi, job: int) -> None:
    error = {"code": "source.empty", "message": f"nothing is left {HOSTILE}"}
    await end(api, job, status=JobStatus.FAIL, error=error)


@pytest.fixture(scope="module")
def site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    with Site(fresh_database()) as opened:
        opened.run(fill(opened.api))
        yield opened


def expect_flash(page: Page, text: str) -> None:
    """Wait for the message about what a form did."""
    expect(page.get_by_role("status").first).to_contain_text(text)


@pytest.mark.parametrize(
    ("name", "path"), [("collections", "/collections"), ("collection", "/collections/1"), ("exports", "/exports")]
)
@pytest.mark.parametrize("role", ["", "admin"])
def test_page_of_products_with_data_passes_the_checks(
    visitor: Visitor, signed_in: SignedIn, name: str, path: str, role: str
) -> None:
    coming = signed_in(role) if role else visitor
    check_page(coming.open(path), f"{name}-{role}" if role else name)


@pytest.mark.parametrize(("name", "path"), [("collections-empty", "/collections"), ("exports-empty", "/exports")])
def test_page_of_products_without_data_passes_the_checks(newcomer: Visitor, name: str, path: str) -> None:
    check_page(newcomer.open(path), name)


def test_missing_collection_is_an_error_page(visitor: Visitor) -> None:
    page = visitor.open("/collections/999", status=404)
    expect(page.get_by_text("collection 999 does not exist")).to_be_visible()


def test_hostile_text_stays_text_on_every_page_of_products(visitor: Visitor) -> None:
    for path in ("/collections", "/collections/1", "/exports"):
        page = visitor.open(path)
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("img[src=x], main script").count() == 0, path


def test_collection_page_has_the_last_files_and_the_failure(visitor: Visitor) -> None:
    page = visitor.open("/collections/1")
    expect(page.get_by_text("The latest build failed.")).to_be_visible()
    expect(page.get_by_text("nothing has changed since job 3")).to_be_visible()
    link = page.get_by_role("link", name="collection.geojson.zip")
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_text("utf-8") == "made by job 3"


def test_exports_page_shows_each_state_and_no_form_to_anonymous_visitors(visitor: Visitor) -> None:
    page = visitor.open("/exports")
    rows = page.locator("tbody tr")
    assert [row.locator(".status").inner_text() for row in rows.all()] == ["Pending", "Fail", "Success", "Success"]
    expect(page.get_by_text("expired")).to_be_visible()
    expect(page.locator("form[method=post]")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_author_creates_an_export(signed_in: SignedIn, scripts: bool) -> None:  # noqa: FBT001 - with and without
    page = signed_in("author").open("/exports", scripts=scripts)
    page.get_by_label("Published data of these sources").fill("us/ne/**")
    page.get_by_label("Layer").select_option("addresses")
    page.get_by_label("Bounding box").fill("-97, 40, -96, 41")
    page.get_by_role("button", name="Export", exact=True).click()
    expect_flash(page, " started.")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("us/ne/** · addresses · -97.0, 40.0, -96.0, 41.0")
    expect(row).to_contain_text("Pending")


def test_invalid_export_shows_the_problem_and_the_filled_in_form(signed_in: SignedIn) -> None:
    page = signed_in("author").open("/exports")
    page.get_by_label("Published data of these sources").fill("us/ne")
    page.get_by_label("Bounding box").fill("1, 2")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Four numbers: west, south, east, north.")).to_be_visible()
    assert page.get_by_label("Published data of these sources").input_value() == "us/ne"
    page.get_by_label("Bounding box").fill("")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Choose one of addresses, parcels.")).to_be_visible()


def test_exports_page_fills_in_the_form_from_its_url(signed_in: SignedIn) -> None:
    page = signed_in("author").open("/exports?job=1")
    assert page.get_by_label("Or the result of a job (its number)").input_value() == "1"
    page.get_by_role("button", name="Export", exact=True).click()
    expect_flash(page, " started.")


def test_admin_creates_builds_changes_and_deletes_a_collection(signed_in: SignedIn) -> None:
    page = signed_in("admin").open("/collections")
    page.get_by_label("URL name").fill("us-ne")
    page.get_by_label("Display name").fill("Lancaster")
    page.get_by_label("Sources").fill("us/ne/lancaster\nus/ne/other")
    page.get_by_role("button", name="Create collection").click()
    expect(page.get_by_text("collection 'us-ne' exists already: choose another name")).to_be_visible()
    assert page.get_by_label("Sources").input_value() == "us/ne/lancaster\nus/ne/other"
    page.get_by_label("URL name").fill("lancaster")
    page.get_by_role("button", name="Create collection").click()
    expect_flash(page, "Collection lancaster created. Build it next.")
    page.get_by_role("button", name="Build", exact=True).click()
    expect_flash(page, "Build started")
    page.get_by_role("button", name="Build", exact=True).click()
    expect_flash(page, "is building the same inputs")
    page.get_by_label("GeoParquet").uncheck()
    page.get_by_role("button", name="Save").click()
    expect_flash(page, "Saved; applies to the next build.")
    expect(page.get_by_label("GeoParquet")).not_to_be_checked()
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name="Delete collection").click()
    expect_flash(page, "Collection lancaster deleted.")


def test_admin_builds_the_fabric(signed_in: SignedIn) -> None:
    page = signed_in("admin").open("/collections")
    page.get_by_role("button", name="Rebuild changed layers").click()
    expect_flash(page, "addresses: nothing has changed since job")
    page.locator("summary", has_text="Rebuild all layers").click()
    page.get_by_role("button", name="Rebuild all layers").click()
    expect_flash(page, "Builds started: addresses: job")
