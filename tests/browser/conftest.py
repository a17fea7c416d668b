"""One Chromium for the tests of a module, and two sites: one with jobs in every status, one without data."""

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.pages import fill_lists
from browser.seeds import seed
from browser.site import Site
from browser.visitor import AXE, PATIENCE_MS, ROOT, WEIGHTS, Visitor
from oa_local.postgres import Postgres
from support.accounts import account, session

_STARTED_AT = pytest.StashKey[float]()
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALLED = ROOT / ".local/web/chromium/chromium"


def _chromium() -> str:
    """Return the path of an installed browser, or of the one that `make setup` installs."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), str(_INSTALLED) if _INSTALLED.exists() else "")
    missing = "no Chromium: make setup installs one on Linux x86_64" if not program else ""
    missing = missing or ("no axe-core: python3 services/api/web/build.py" if not AXE.exists() else "")
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return program


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the sizes of pages that the tests of this session measured."""
    if hasattr(config, "workerinput"):
        return
    started_at = config.stash.get(_STARTED_AT, 0.0)
    measured = [path for path in sorted(WEIGHTS.glob("*.json")) if path.stat().st_mtime >= started_at]
    if not measured:
        return
    terminalreporter.section("first visits on a slow line (1.6 Mbit/s, 150 ms)")
    for path in measured:
        visit = json.loads(path.read_text("utf-8"))
        paint, load = visit["paint_ms"] or 0, visit["load_ms"]
        size = f"{visit['bytes'] / 1000:6.1f} KB in {visit['requests']} requests"
        terminalreporter.write_line(f"{visit['path']:<22} {size}, first words {paint:5.0f} ms, loaded {load:5.0f} ms")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_STARTED_AT] = time.time()
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = _chromium()
    # In a headless shell of Chromium, screenshots of long pages fail at times without this.
    os.environ["PLAYWRIGHT_LEGACY_SCREENSHOT"] = "1"
    with sync_playwright() as playwright:
        # Tests may run as root, where Chromium has no sandbox; it opens only pages of the API under test.
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def fresh_database(postgres: Postgres, migrated_template: str) -> Iterator[Callable[[], str]]:
    names: list[str] = []

    def make() -> str:
        names.append(f"browser_{uuid.uuid4().hex[:12]}")
        return postgres.create(names[-1], template=migrated_template)

    yield make
    for name in names:
        postgres.drop(name)


@pytest.fixture(scope="module")
def site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    """A site with jobs in every status, one of them of a source with a hostile name."""
    url = fresh_database()
    with Site(url) as opened:
        seed(url, opened)
        yield opened


@pytest.fixture(scope="module")
def empty_site(fresh_database: Callable[[], str]) -> Iterator[Site]:
    with Site(fresh_database()) as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Iterator[Visitor]:
    first = Visitor(browser, site.url)
    yield first
    first.leave()


@pytest.fixture
def newcomer(browser: Browser, empty_site: Site) -> Iterator[Visitor]:
    """A visitor of a site without data."""
    first = Visitor(browser, empty_site.url)
    yield first
    first.leave()


@pytest.fixture(scope="module")
def admin_of_all(browser: Browser, site: Site) -> Iterator[Visitor]:
    """An admin, who sees each page with all of its buttons, of a site that has rows in each list."""
    site.run(account(site.api, "admin", "admin"))
    fill_lists(site)
    first = Visitor(browser, site.url, cookies={"oa_session": site.run(session(site.api, "admin"))})
    yield first
    first.leave()


class SignIn(Protocol):
    """Signs in a visitor with a role, as the owner of a run if one is given."""

    def __call__(self, role: str, *, owns: int | None = None) -> Visitor:
        """Return the visitor."""


@pytest.fixture
def signed_in(browser: Browser, site: Site) -> Iterator[SignIn]:
    """Return a function that signs in a visitor with a role, as the owner of a run if one is given."""
    visitors: list[Visitor] = []

    def sign_in(role: str, *, owns: int | None = None) -> Visitor:
        login = f"{role}-{uuid.uuid4().hex[:6]}"
        values = {"owner": str(site.run(account(site.api, login, role))), "run": owns}
        site.run(site.api.database.execute("UPDATE run SET owner = %(owner)s WHERE id = %(run)s", values))
        secret = site.run(session(site.api, login))
        visitors.append(Visitor(browser, site.url, cookies={"oa_session": secret}))
        return visitors[-1]

    yield sign_in
    for visitor in visitors:
        visitor.leave()
