"""Each page in light, dark and on a phone: pictures for whoever changes it, and what axe finds serious."""

import pytest

from browser.visitor import Visitor, look

PAGES = {
    "overview": "/",
    "runs": "/runs",
    "run": "/runs/3",
    "run-trial": "/runs/2",
    "jobs": "/jobs",
    "docs": "/docs",
    "components": "/docs/pages",
}
EMPTY = {"overview-empty": "/", "runs-empty": "/runs", "jobs-empty": "/jobs"}


@pytest.mark.parametrize("name", PAGES)
def test_page_with_data_is_fit_for_everybody(visitor: Visitor, name: str) -> None:
    look(visitor.open(PAGES[name]), name)


@pytest.mark.parametrize("name", EMPTY)
def test_page_without_data_is_fit_for_everybody(newcomer: Visitor, name: str) -> None:
    look(newcomer.open(EMPTY[name], status=503 if EMPTY[name] == "/" else 200), name)


def test_missing_run_is_a_page_fit_for_everybody(visitor: Visitor) -> None:
    look(visitor.open("/runs/999", status=404), "missing")
