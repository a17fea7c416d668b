"""docs/identity.md names every role, and its examples are endpoints with just that lowest role."""

import re
from pathlib import Path

import pytest

from oa_api.routes import ROUTES
from oa_shared.roles import Role

TEXT = (Path(__file__).parents[2] / "docs" / "identity.md").read_text(encoding="utf-8")
ROWS = {
    cells[1].strip(): re.findall(r"`([A-Z]+ /[^`]*)`", cells[3])
    for cells in (line.split("|") for line in TEXT.partition("\n## ")[0].splitlines() if line.startswith("| "))
    if cells[1].strip() != "Role"
}
LOWEST = {f"{route.method} {route.path}": route.role.label for route in ROUTES}


def test_every_role_has_a_row_and_examples() -> None:
    assert list(ROWS) == [role.label for role in Role]
    assert all(ROWS.values())


@pytest.mark.parametrize(("role", "endpoint"), [(role, name) for role, names in ROWS.items() for name in names])
def test_example_is_an_endpoint_of_that_role(role: str, endpoint: str) -> None:
    assert LOWEST[endpoint] == role
