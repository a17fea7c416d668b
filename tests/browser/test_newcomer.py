"""The first hour of a new user: docs/first-hour.md in a browser and a terminal, on the system of `make up`."""

import csv
import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from browser.visitor import Visitor
from oa_shared.failures import FAILURES
from support.programs import ending

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_BIN = Path(sys.executable).parent
_LINK = re.compile(r"http://\S+/sign-in/link\?token=\S+")
_NEEDS_REVIEW = 5


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of a new user, the sign-in link of the running system, and a browser page."""

    folder: Path
    link: str
    page: Page

    def oa(self, *arguments: str, expected: int = 0) -> str:
        done = subprocess.run(
            [_BIN / "oa", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout

    def submit(self, definition: str, *, expected: int = 0) -> int:
        """Submit the addresses of a definition as a live run, wait, and return the job."""
        path = self.folder / "sources/xx/applewood.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(definition, "utf-8")
        arguments = ("submit", "sources/xx/applewood.json", "--layer", "addresses", "--live", "--follow")
        return int(re.findall(r"job (\d+)", self.oa(*arguments, expected=expected))[-1])


@pytest.fixture
def home(tmp_path: Path, browser: Browser) -> Iterator[Home]:
    command = [_BIN / "oa-local", "up"]
    with ending(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)) as started:
        assert started.stdout is not None
        output = ""
        for line in started.stdout:
            output += line
            if "The page is at" in line:
                break
        link = _LINK.findall(output)[0]
        visitor = Visitor(browser, link.partition("/sign-in")[0])
        yield Home(tmp_path, link, visitor.blank())
        visitor.leave()
        os.kill(started.pid, signal.SIGINT)
        started.wait(60)


def test_first_hour_from_the_map_to_the_changes_of_a_confirmed_result(home: Home) -> None:
    page = home.page
    _assert_samples_are_on_the_map(page)
    _download_geoparquet(page)
    _download_csv(page)
    proposed = json.loads(home.oa("init", ".local/samples/addresses.csv"))["layers"]["addresses"][0]["conform"]
    assert proposed["street"] == {"function": "postfixed_street", "field": "SITUS"}
    home.oa("data", "get", "xx/applewood", "addresses", "county", "definition.json", "--out", "mine.json")
    definition = (home.folder / "mine.json").read_text("utf-8")

    failed = home.submit(definition.replace("SITUS", "SITUSS"), expected=1)
    page.goto(f"/jobs/{failed}")
    expect(page.get_by_text(FAILURES["source.columns_missing"].title.replace("`", "")).first).to_be_visible()
    expect(page.get_by_text("nearest: 'SITUS'").first).to_be_visible()

    fixed = home.submit(definition)
    page.goto(f"/jobs/{fixed}")
    expect(page.get_by_text("unchanged", exact=True).first).to_be_visible()
    expect(page.get_by_text("published", exact=True).first).to_be_visible()

    fewer = definition.replace("^([0-9]+)", "^([0-9]*[048])\\\\b")
    needs_review = home.submit(fewer, expected=_NEEDS_REVIEW)
    _confirm_result(home, needs_review)
    page.goto(f"/jobs/{needs_review}/changes")
    expect(page.locator(".stat.warn", has_text="Changed")).to_contain_text("4,000")
    page.goto("/data")
    page.get_by_role("row").filter(has_text="xx/applewood").get_by_role("link", name="addresses").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    number = page.url.partition("#")[0].rpartition("/")[2]
    assert f'"job": {needs_review}' in home.oa("data", "history", number, "--json").splitlines()[0]


def _assert_samples_are_on_the_map(page: Page) -> None:
    page.goto("/map")
    expect(page.locator('[data-drawn="yes"]').first).to_be_visible()
    for layer in ("addresses", "parcels", "buildings"):
        expect(page.get_by_role("row").filter(has_text="xx/applewood").filter(has_text=layer)).to_have_count(1)


def _download_geoparquet(page: Page) -> None:
    page.get_by_role("row").filter(has_text="addresses").get_by_role("link", name="addresses county").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download GeoParquet").click()
    about = pq.read_metadata(downloading.value.path())
    assert about.num_rows == 10_000
    assert "columns" in json.loads(about.metadata[b"geo"])


def _download_csv(page: Page) -> None:
    """Have the published addresses converted, without an account, and download them."""
    page.get_by_role("button", name="Prepare: CSV").click()
    expect(page.get_by_role("link", name="Download CSV")).to_be_visible(timeout=120_000)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    with gzip.open(downloading.value.path(), "rt", encoding="utf-8") as lines:
        assert sum(1 for _ in csv.DictReader(lines)) == 10_000


def _confirm_result(home: Home, job: int) -> None:
    page = home.page
    page.goto(home.link)
    page.get_by_role("button", name="Sign in as admin").click()
    page.goto(f"/jobs/{job}")
    expect(page.get_by_text("filled values of number").first).to_be_visible()
    details = page.locator("details", has=page.locator("form[action$='/confirm']"))
    details.locator("summary").click()
    details.locator("input[name=reason]").fill("the county dropped them")
    details.get_by_role("button").click()
    expect(page.get_by_text("published", exact=True).first).to_be_visible()
    page.goto("/audit")
    expect(page.get_by_text("the county dropped them").first).to_be_visible()
