"""The committed areas are what the tool that builds them says."""

import pytest

from oa_task.placement.areas import find_area
from oa_tools.areas.__main__ import TERRITORIES

_PAIRS = [(code, other) for code, others in TERRITORIES.items() for other in others if len(other) == len(code)]


@pytest.mark.parametrize(("code", "territory"), _PAIRS, ids=str)
def test_area_of_a_country_includes_its_territories(code: str, territory: str) -> None:
    """A source of the country may cover them; the file was patched by hand once, and lacked islands."""
    country = find_area(f"iso:{code}", code)
    other = find_area(f"iso:{territory}", territory)
    assert country is not None
    assert other is not None
    inside = country.shape.intersection(other.shape).area / other.shape.area
    assert inside > 0.95  # Their outlines are simplified apart.
