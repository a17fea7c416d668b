"""The API reference as a page, and the gallery of page components."""

import pytest

from support.running_api import RunningApi, running_api
from support.web_browser import web_browser


@pytest.mark.parametrize(("component_gallery", "status"), [(False, 404), (True, 200)])
async def test_gallery_exists_only_where_the_setting_is_on(
    database_url: str, *, component_gallery: bool, status: int
) -> None:
    async with running_api(database_url, component_gallery=component_gallery) as api:
        for path in ("/docs/pages", "/docs/pages/map.json"):
            assert (await api.client.get(path)).status == status


async def test_reference_names_the_role_of_each_endpoint_and_renders_code(api: RunningApi) -> None:
    async with web_browser(api) as browser:
        text = (await browser.open("/docs")).text
    assert "needs role admin" in text
    assert "<code>x-role</code>" in text
    assert "`" not in text
