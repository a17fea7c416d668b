"""Each page in light, dark and on a phone: screenshots for developers, and no serious violation found by axe."""

import pytest

from browser.visitor import Visitor, check_page

PAGES = {
    "front": "/",
    "overview": "/overview",
    "guide": "/guide/data",
    "glossary": "/guide/glossary",
    "status": "/status",
    "runs": "/runs",
    "run": "/runs/3",
    "run-trial": "/runs/2",
    "jobs": "/jobs",
    "job-published": "/jobs/1",
    "job-failed": "/jobs/5",
    "job-held-back": "/jobs/4",
    "review-one": "/review",
    "job-running": "/jobs/8",
    "job-log": "/jobs/1/log",
    "job-input": "/jobs/1/input",
    "job-changes": "/jobs/1/changes",
    "job-definition": "/jobs/1/definition",
    "sources": "/sources",
    "sources-of-a-region": "/sources/us/ca",
    "source": "/sources/us/ca/berkeley",
    "source-failing": "/sources/us/ca/alameda",
    "source-hostile": "/sources/%3Cimg%20src=x%20onerror=alert(1)%3E",
    "data-by-source": "/data",
    "data-at-a-point": "/data?point=-122.3,37.85",
    "search": "/search?q=al",
    "search-nothing": "/search?q=nothing%20like%20this",
    "docs": "/docs",
    "components": "/docs/pages",
}
# Jobs that have not reached a stage: their pages show an empty state.
NOT_YET = {"job-no-log": "/jobs/10/log", "job-no-input": "/jobs/10/input", "job-no-changes": "/jobs/10/changes"}
EMPTY = {
    "sources-empty": "/sources",
    "front-empty": "/",
    "overview-empty": "/overview",
    "status-empty": "/status",
    "runs-empty": "/runs",
    "jobs-empty": "/jobs",
}


@pytest.mark.parametrize("name", PAGES | NOT_YET)
def test_page_with_data_passes_accessibility_checks(visitor: Visitor, name: str) -> None:
    check_page(visitor.open((PAGES | NOT_YET)[name]), name)


@pytest.mark.parametrize("name", EMPTY)
def test_page_without_data_passes_accessibility_checks(newcomer: Visitor, name: str) -> None:
    check_page(newcomer.open(EMPTY[name], status=503 if EMPTY[name] == "/overview" else 200), name)
