"""The page to sign in states the purpose of each page that needs an account."""

import pytest

from oa_api.accounts.sign_in_purposes import sign_in_purpose
from oa_api.routes import ROUTES
from oa_shared.roles import Role

PAGES = sorted(
    {
        (route.path, route.role)
        for route in ROUTES
        if route.method == "GET" and route.role is not Role.ANYONE and not route.path.startswith(("/api", "/metrics"))
    }
)


@pytest.mark.parametrize(("path", "role"), PAGES)
def test_each_page_that_needs_an_account_has_a_purpose_with_its_role(path: str, role: Role) -> None:
    purpose = sign_in_purpose(f"{path}?page=2", role)
    assert purpose.startswith("Sign in to ")
    assert (f"requires role {role.name.lower()}" in purpose) == (role > Role.VIEWER)


def test_other_pages_have_none() -> None:
    assert sign_in_purpose("/jobs/1", Role.ANYONE) == sign_in_purpose("//evil.example", None) == ""
