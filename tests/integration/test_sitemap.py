"""What crawlers and browsers request of every site: robots.txt, sitemap.xml, favicon.ico."""

import io
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from oa_api.datasets import sitemap
from support.publishing import publish
from support.running_api import RunningApi, running_api

_LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


async def _locations(api: RunningApi) -> list[str]:
    response = await api.client.get("/sitemap.xml")
    assert response.status == 200
    assert response.content_type == "application/xml"
    return [str(element.text) for element in ET.fromstring(await response.text()).iter(_LOC)]  # noqa: S314 - of the API under test


async def test_sitemap_has_pages_and_datasets_that_exist(database_url: str) -> None:
    async with running_api(database_url, public_url="http://oa.example.org") as api:
        for name in ("a", "b"):
            await publish(api, f"us/ca/{name}")
        locations = await _locations(api)
        assert len(set(locations)) == len(locations)
        paths = [location.removeprefix("http://oa.example.org") for location in locations]
        assert len([path for path in paths if path.startswith("/data/")]) == 2
        for path in paths:
            response = await api.client.get(path, headers={"Accept": "text/html"})
            assert response.status in ({200, 503} if path == "/" else {200}), path
            assert response.content_type == "text/html"


async def test_sitemap_has_no_more_urls_than_permitted(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        await publish(api, f"us/ca/{name}")
    monkeypatch.setattr(sitemap, "MAX_URLS", 8)
    assert len(await _locations(api)) == 8


async def test_sitemap_is_not_sent_again_unchanged(api: RunningApi) -> None:
    tag = (await api.client.get("/sitemap.xml")).headers["ETag"]
    assert (await api.client.get("/sitemap.xml", headers={"If-None-Match": tag})).status == 304


@pytest.mark.parametrize(
    ("path", "may_fetch"),
    [
        ("/", True),
        ("/data", True),
        ("/data/1", True),
        ("/runs/1", True),
        ("/api/data", False),
        ("/latest/us/a/addresses/city/source.pmtiles", False),
        ("/upload/1/a.zip", False),
        ("/sign-in", False),
    ],
)
async def test_robots_may_read_pages_and_no_data(api: RunningApi, path: str, *, may_fetch: bool) -> None:
    response = await api.client.get("/robots.txt")
    assert response.content_type == "text/plain"
    rules = RobotFileParser()
    rules.parse((await response.text()).splitlines())
    assert rules.can_fetch("crawler", path) is may_fetch
    assert [site.endswith("/sitemap.xml") for site in rules.site_maps() or []] == [True]


async def test_favicon_is_an_icon(api: RunningApi) -> None:
    response = await api.client.get("/favicon.ico")
    assert response.status == 200
    assert response.headers["Content-Type"] == "image/vnd.microsoft.icon"
    with Image.open(io.BytesIO(await response.read())) as icon:
        assert icon.format == "ICO"
        assert icon.info["sizes"] == {(16, 16), (32, 32)}
