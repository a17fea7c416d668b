"""Error pages: while a dependency is down, and for what does not exist."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser.site import Site
from browser.visitor import Visitor, check_page
from oa_local.postgres import Postgres, migrate


@pytest.fixture(scope="module")
def without_database(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Yield a site whose database has stopped."""
    server = Postgres(tmp_path_factory.mktemp("gone") / "data", fsync_off=True)
    server.start()
    try:
        url = server.create("gone")
        migrate(url)
        with Site(url) as site:
            server.stop()
            yield site
    finally:
        server.stop()


@pytest.mark.parametrize("path", ["/", "/overview", "/runs", "/runs/1", "/jobs", "/jobs/1"])
def test_page_without_database_names_the_database(browser: Browser, without_database: Site, path: str) -> None:
    visitor = Visitor(browser, without_database.url)
    page = visitor.open(path, status=503)
    expect(page.get_by_text("database").first).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    check_page(page, f"no-database-{path.strip('/').replace('/', '-') or 'front'}")
    visitor.leave()


def test_page_of_a_session_without_database_names_the_database(browser: Browser, without_database: Site) -> None:
    visitor = Visitor(browser, without_database.url, cookies={"oa_session": "0" * 64})
    expect(visitor.open("/jobs", status=503).get_by_text("database").first).to_be_visible()
    visitor.leave()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/jobs/999", 404, "job 999"),
        ("/jobs/x", 404, "job 'x'"),
        ("/jobs/999/log", 404, "job 999"),
        ("/runs/999", 404, "run 999"),
        ("/nowhere", 404, "not_found"),
        ("/jobs?status=Nope", 422, "status"),
        ("/static/0/nothing.css", 404, "nothing.css"),
    ],
)
def test_error_page_shows_the_reason(visitor: Visitor, path: str, status: int, words: str) -> None:
    page = visitor.open(path, status=status)
    expect(page.get_by_text(words).first).to_be_visible()


def test_missing_page_passes_accessibility_checks(visitor: Visitor) -> None:
    check_page(visitor.open("/runs/999", status=404), "missing")


def test_page_without_object_store_shows_its_error_code(visitor: Visitor, site: Site) -> None:
    site.storage.is_down = True
    try:
        page = visitor.open("/jobs/1/log", status=503)
        expect(page.get_by_text("storage.unavailable").first).to_be_visible()
        expect(visitor.open("/jobs/1").locator("#status")).to_contain_text("Success")
    finally:
        site.storage.is_down = False


def test_invalid_json_file_of_a_job_is_left_out(visitor: Visitor, site: Site) -> None:
    key = "job/1/attempt-1/profile.json"
    before = site.run(site.storage.get_bytes(key)) or b""
    site.run(site.storage.put_bytes(key, b"[" * 200_000))
    try:
        expect(visitor.open("/jobs/1/input").locator("#source-columns .empty")).to_be_visible()
    finally:
        site.run(site.storage.put_bytes(key, before))
