"""The walk of a data user: find a dataset, get it as CSV without an account, see what changed."""

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import SignIn
from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_shared.status import JobStatus
from support.product_jobs import end, layer_definition
from support.products import Bucket, address
from support.running_api import RunningApi

_ROWS = [address(str(number), f"Main Street {number % 7}", -96.5, 40.1 + number / 1000) for number in range(250)]
_CHANGES = {"previous": True, "added": 25, "removed": 0, "changed": 4}


async def _publish(api: RunningApi, bucket: Bucket, rows: list[Any], **result: Any) -> None:
    """Publish a dataset whose files are real."""
    element = {"source": layer_definition("addresses", "city"), "source_name": "us/ne/lancaster"}
    _, answer = await api.post_jobs(await api.run(live=True), element)
    job, made = int(answer["jobs"][0]), bucket.publish("us/ne/lancaster", rows)
    outputs = {}
    for key in (made["key"], made["geojson_key"]):
        body, name = (bucket.folder / key).read_bytes(), key.rpartition("/")[2]
        stored = f"job/{job}/attempt-1/{name}"
        await api.storage.put_bytes(stored, body)
        outputs[name] = {"key": stored, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    outputs["validated.geojson.gz"] = outputs["source.geojson.gz"]
    outputs["delta.geojson"] = {"key": f"job/{job}/attempt-1/delta.geojson", "bytes": 100, "sha256": "a" * 64}
    count = len(rows)
    facts = {
        "count": count,
        "valid": count,
        "bounds": [-96.6, 40.0, -96.4, 40.4],
        "fields": {"number": count, "street": count * 98 // 100, "city": 1, "postcode": 0},
        "rows": {"read": count + 3, "bad": {"a coordinate is not a number": {"count": 3, "examples": []}}},
        "placement": {"coverage": "Lancaster County, Nebraska", "problems": []},
    }
    assert await end(api, job, result={**facts, "outputs": outputs, **result}) == "Success"


async def _convert(api: RunningApi, folder: Path) -> None:
    """Do what the container of the conversion does: build its plan and report the files."""
    ((job, plan),) = [
        (row["id"], await api.get(f"/api/job/{row['id']}/raw"))
        for row in (await api.get("/api/job?kind=export&status=Pending"))["jobs"]
    ]
    for item in plan["inputs"]:
        path = folder / "inputs" / item["key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(await api.storage.get_bytes(item["key"]) or b"")
    report = await Bucket(folder / "inputs").build(plan, folder / "out")
    outputs = {}
    for name in ("export.csv.gz", "ATTRIBUTION.txt"):
        body, key = (folder / "out" / name).read_bytes(), f"job/{job}/attempt-1/{name}"
        await api.storage.put_bytes(key, body)
        outputs[name] = {"key": key, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    assert await end(api, job, status=JobStatus.SUCCESS, result={**report, "outputs": outputs}) == "Success"


@pytest.fixture(scope="module")
def site(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    bucket = Bucket(tmp_path_factory.mktemp("bucket"))
    with Site(fresh_database()) as opened:
        opened.run(_publish(opened.api, bucket, _ROWS[:225]))
        opened.run(
            opened.api.database.execute("UPDATE publication SET published_at = published_at - interval '9 days'")
        )
        opened.run(_publish(opened.api, bucket, _ROWS, changes=_CHANGES))
        yield opened


@pytest.fixture
def reader(browser: Browser, site: Site) -> Iterator[Visitor]:
    first = Visitor(browser, site.url)
    yield first
    first.leave()


def _read_csv(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    download = downloading.value
    assert download.suggested_filename == "us-ne-lancaster-addresses-city.csv.gz"
    return list(csv.DictReader(io.StringIO(gzip.decompress(Path(download.path()).read_bytes()).decode())))


def test_data_user_gets_all_rows_as_csv_without_an_account(reader: Visitor, site: Site, tmp_path: Path) -> None:
    page = reader.open("/data", scripts=False)
    page.get_by_role("row").filter(has_text="us/ne/lancaster").get_by_role("link", name="addresses").click()
    expect(page.get_by_test_id("license")).to_contain_text("CC-BY-4.0")
    expect(page.get_by_test_id("license")).to_contain_text("Town")
    expect(page.get_by_test_id("download-source.parquet").get_by_role("link")).to_be_visible()
    page.get_by_role("button", name="Prepare: CSV").click()
    csv_item = page.get_by_test_id("download-source.csv.gz")
    expect(csv_item.get_by_role("status")).to_contain_text("Being prepared, about")
    assert page.locator("meta[http-equiv=refresh]").count() == 1, "without scripts the page reloads"
    site.run(_convert(site.api, tmp_path))
    expect(csv_item.get_by_role("link", name="Download CSV")).to_be_visible()
    rows = _read_csv(page)
    assert len(rows) == len(_ROWS)
    assert {row["NUMBER"] for row in rows} == {row["number"] for row in _ROWS}
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)


def test_dataset_page_has_quality_commands_and_changes(reader: Visitor) -> None:
    page = reader.open("/data/1")
    quality = page.get_by_test_id("quality")
    expect(quality).to_contain_text(
        "All of the addresses have a number, 98 % a street, under 1 % a city, none a postcode."
    )
    expect(quality).to_contain_text("3 of 253 source rows had faults or were left out")
    expect(quality).to_contain_text("Lancaster County, Nebraska")
    copy = page.get_by_role("button", name="Copy DuckDB")
    copy.click()
    assert "/latest/us/ne/lancaster/addresses/city/source.parquet" in page.evaluate("getSelection().toString()")
    expect(page.get_by_role("region", name="Changed since last week")).to_contain_text("25")
    first_version = page.get_by_role("table", name="Publications").locator("details").last
    first_version.locator("summary").click()
    expect(first_version.get_by_text("a selection of the differences, for the map")).to_be_visible()
    assert page.get_by_text("validated.geojson.gz").count() == 0, "it has the same bytes as the file of all features"
    check_page(page, "dataset-user")
    page.get_by_role("link", name="Compare any two versions").click()
    expect(page.get_by_role("table", name="Counts and attribute coverage")).to_contain_text("+25")
    check_page(page, "dataset-comparison")
    page.get_by_label("Version before").select_option(index=0)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Choose two different versions above.")).to_be_visible()
    assert reader.open("/data/1/compare?before=999", status=404)


def test_admin_retires_a_dataset_with_a_reason_and_restores_it(signed_in: SignIn) -> None:
    page = signed_in("admin").open("/data/1")
    page.locator("summary", has_text="Retire dataset").click()
    page.locator("form", has=page.locator("input[value=retire]")).get_by_label("Reason").fill("the county closed it")
    page.get_by_role("button", name="Retire dataset").click()
    expect(page.get_by_test_id("withdrawal")).to_contain_text("the county closed it")
    expect(page.get_by_role("button", name="Prepare: CSV")).to_have_count(0)
    check_page(page, "dataset-retired")
    page.locator("summary", has_text="Restore dataset").click()
    page.locator("form", has=page.locator("input[value=restore]")).get_by_label("Reason").fill("it is back")
    page.get_by_role("button", name="Restore dataset").click()
    expect(page.get_by_text("Dataset 1 is published.")).to_be_visible()


def test_reader_sees_no_administration(reader: Visitor) -> None:
    expect(reader.open("/data/1").get_by_role("region", name="Administration")).to_have_count(0)
