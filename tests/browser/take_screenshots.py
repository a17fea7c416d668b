"""Screenshots of every page in light, dark and on a phone, checked by axe: `make screenshots`, not the suite."""

import pytest

from browser.pages import PAGES
from browser.test_weight import measure_first_visit
from browser.visitor import Visitor, check_page


@pytest.mark.parametrize("name", PAGES)
def test_page_passes_the_checks_in_three_looks(admin_of_all: Visitor, name: str) -> None:
    check_page(admin_of_all.open(PAGES[name]), f"all-{name}")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_weighed(admin_of_all: Visitor, name: str) -> None:
    assert measure_first_visit(admin_of_all.blank(), PAGES[name])["requests"]
