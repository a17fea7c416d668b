"""The walk of an author: what is wrong in which line within ten seconds; a fixed definition has rows and a map."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import SignIn
from browser.site import Site
from browser.visitor import check_page
from oa_api.jobs import queries
from oa_shared.ids import attempt_prefix
from oa_shared.status import JobStatus
from oa_task.job.sample_job import run_sample_job
from oa_task.runner.job_runner import TaskJob
from support.finished_jobs import report_status

_ROWS = 120


@dataclass(frozen=True)
class Town:
    """A server of a table of addresses, and the definition that reads it."""

    definition: str
    folder: Path


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    lines = [
        f"{number},Main Street,{-122.3 + number / 1000},{37.85 + number % 11 / 500}" for number in range(1, _ROWS + 1)
    ]
    (tmp_path / "town.csv").write_text("\n".join(["HOUSE_NO,STREET,X,Y", *lines]), "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    conform = {"format": "csv", "number": "HOUSE_NO", "street": "STREET", "lon": "X", "lat": "Y"}
    entry = {
        "name": "city",
        "protocol": "http",
        "data": f"http://127.0.0.1:{server.server_port}/town.csv",
        "conform": conform,
    }
    document = {"schema": 2, "coverage": {"country": "us"}, "layers": {"addresses": [entry]}}
    yield Town(json.dumps(document, indent=2), tmp_path)
    server.shutdown()
    server.server_close()


def run_sample(site: Site, job: int, town: Town) -> None:
    """Do the work of the container of a sample job, with the engine, and report its result."""

    async def work() -> None:
        definition = town.folder / "definition.json"
        text = await queries.get_definition(site.api.database, job)
        await asyncio.to_thread(definition.write_text, text, "utf-8")
        out = town.folder / f"out-{job}"
        out.mkdir()
        await report_status(site.api, job, JobStatus.RUNNING)
        row = await queries.get_job(site.api.database, job)
        task = TaskJob(definition, row.layer, row.name, out, allowed_hosts=("127.0.0.1",))
        report: dict[str, Any] = await run_sample_job(task, 100, lambda _phase, _done, _total: None)
        outputs = {}
        for path in out.iterdir():
            key, body = attempt_prefix(job, 1) + path.name, path.read_bytes()
            await site.storage.put_bytes(key, body)
            outputs[path.name] = {"key": key, "bytes": len(body), "sha256": "0" * 64}
        await report_status(site.api, job, JobStatus.SUCCESS, result={**report, "outputs": outputs})

    site.run(work())


def job_of(page: Page) -> int:
    link = page.get_by_test_id("verdict").get_by_role("link").first
    return int((link.get_attribute("href") or "").split("/")[2])


def test_author_reads_the_line_of_a_mistake_and_then_rows_and_a_map(site: Site, signed_in: SignIn, town: Town) -> None:
    faulty = town.definition.replace('"number":', '"numbr":')
    line = faulty.split("\n").index('          "numbr": "HOUSE_NO",') + 1
    page = signed_in("author").open("/try")
    check_page(page, "try-empty")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.get_by_role("textbox", name="Definition", exact=True).fill(faulty)
    page.get_by_role("button", name="Check and run a sample").click()
    marked = page.get_by_test_id(f"line-{line}")
    expect(marked).to_contain_text("unknown key 'numbr' (did you mean 'number'?)")
    expect(page.get_by_test_id("verdict")).to_contain_text("No sample ran: fix the marked lines below")
    check_page(page, "try-faulty")
    page.set_viewport_size({"width": 1280, "height": 800})

    marked.get_by_role("link").click()
    selected = page.evaluate("getSelection().toString()")
    assert selected.strip() == '"numbr": "HOUSE_NO",'
    page.keyboard.type('          "number": "HOUSE_NO",')
    page.get_by_label("Source", exact=True).fill("us/ca/berkeley")
    page.get_by_role("textbox", name="Definition", exact=True).press("Control+Enter")
    expect(page.get_by_test_id("verdict")).to_contain_text("Running a sample of addresses · city")
    check_page(page, "try-running")
    page.set_viewport_size({"width": 1280, "height": 800})

    run_sample(site, job_of(page), town)
    expect(page.get_by_test_id("verdict")).to_contain_text("It works: 100 features")
    expect(page.get_by_role("table", name="Sample rows")).to_contain_text("Main Street")
    expect(page.get_by_role("table", name="Source columns")).to_contain_text("HOUSE_NO")
    expect(page.get_by_role("table", name="Attributes")).to_contain_text("Published")
    expect(page.get_by_role("table", name="Changes of the definition")).to_contain_text('"HOUSE_NO"')
    page.locator("[data-map]").scroll_into_view_if_needed()
    page.wait_for_selector('[data-drawn="yes"]')
    assert page.evaluate("document.querySelector('[data-map]').map.getSource('layer-0') !== undefined")
    check_page(page, "try-works")

    other = signed_in("author").open(page.url.removeprefix(site.url), scripts=False)
    expect(other.get_by_test_id("verdict")).to_contain_text("It works: 100 features")


def test_failed_job_opens_with_its_definition_and_the_marked_line(signed_in: SignIn) -> None:
    page = signed_in("author").open("/jobs/3")
    page.get_by_role("link", name="Fix it here").click()
    expect(page.get_by_text("Job 3 failed")).to_be_visible()
    assert '"layers"' in page.get_by_role("textbox", name="Definition", exact=True).input_value()
    check_page(page, "try-failed-job")


def test_new_source_is_proposed_completed_and_tried(site: Site, signed_in: SignIn, town: Town) -> None:
    url = json.loads(town.definition)["layers"]["addresses"][0]["data"]
    page = signed_in("author").open("/new-source")
    page.get_by_label("URL of the data").fill(url)
    page.get_by_label("Source", exact=True).fill("us/ca/oakland")
    page.get_by_role("button", name="Propose a definition").click()
    expect(page.get_by_test_id("verdict")).to_contain_text("Looking at the data")
    check_page(page, "new-source-running")
    page.set_viewport_size({"width": 1280, "height": 800})

    # The page shows the proposal by itself.
    run_sample(site, job_of(page), town)
    expect(page.get_by_test_id("verdict")).to_contain_text("A proposal, and 100 features")
    guesses = page.get_by_role("table", name="Guesses")
    expect(guesses).to_contain_text("HOUSE_NO")
    expect(guesses).to_contain_text("name of the column and its values")
    expect(page.get_by_test_id("left")).to_contain_text("license")
    expect(page.get_by_role("table", name="Sample rows")).to_contain_text("Main Street")
    expect(page.get_by_role("table", name="Source columns")).to_contain_text("STREET")
    editor = page.get_by_role("textbox", name="Definition", exact=True)
    proposed = json.loads(editor.input_value())
    assert proposed["layers"]["addresses"][0]["conform"]["number"] == "HOUSE_NO"
    page.locator("[data-map]").scroll_into_view_if_needed()
    page.wait_for_selector('[data-drawn="yes"]')
    check_page(page, "new-source-proposed")
    page.set_viewport_size({"width": 1280, "height": 800})

    other = signed_in("author").open(page.url.removeprefix(site.url), scripts=False)
    assert json.loads(other.get_by_role("textbox", name="Definition", exact=True).input_value()) == proposed
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "oakland.json"

    proposed["layers"]["addresses"][0]["license"] = {"url": "https://example.org/license"}
    editor.fill(json.dumps(proposed, indent=2))
    editor.press("Control+Enter")
    expect(page.get_by_test_id("verdict")).to_contain_text("Running a sample of addresses · city")
    run_sample(site, job_of(page), town)
    expect(page.get_by_test_id("verdict")).to_contain_text("It works: 100 features")
