"""URLs in messages and on pages have neither logins nor keys."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from oa_task.download.server_answer import server_answer
from oa_task.download.shown_url import shown_location, shown_url

_SECRETS = (
    "https://user:confidential@example.org/a.zip",
    "https://confidential@example.org/a.zip",
    "https://bucket.s3.amazonaws.com/a?X-Amz-Date=1&X-Amz-Credential=confidential&X-Amz-Signature=confidential",
    "https://bucket.s3.amazonaws.com/a?X-Amz-Security-Token=confidential",
    "https://account.blob.core.windows.net/a?sv=2024&sig=confidential%2B",
    "https://storage.googleapis.com/a?X-Goog-Signature=confidential",
    "https://example.org/rest/services/query?where=1%3D1&token=confidential&f=json",
    "https://example.org/?TOKEN=confidential&api_key=confidential&apiKey=confidential&accessToken=confidential",
    "https://example.org/a;jsessionid=confidential?x=1",
    "https://example.org/a;JSESSIONID=confidential",
    "/a.zip?sig=confidential",
)
_PLAIN = (
    "https://example.org/a.zip?monkey=1&where=1%3D1&outFields=*&tokens=3&design=x",
    "https://example.org/%7Ba%7D/b%20c?d=e%20f&g=h+i",
    "ftp://example.org/a;type=i",
)


@pytest.mark.parametrize("url", _SECRETS)
def test_credentials_are_hidden(url: str) -> None:
    assert "confidential" not in shown_url(URL(url))
    assert "confidential" not in shown_location(url)


@pytest.mark.parametrize("url", _PLAIN)
def test_other_urls_stay(url: str) -> None:
    assert shown_url(URL(url)) == str(URL(url))


@pytest.mark.parametrize("text", ["http://user:confidential@[/?token=confidential", "//x@confidential@[::1"])
def test_malformed_location_shows_no_credentials(text: str) -> None:
    assert "user:confidential" not in shown_location(text)
    assert "token" not in shown_location(text)


async def test_answer_of_a_server_shows_no_credentials() -> None:
    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound("https://user:confidential@example.org/a?sig=confidential")

    app = web.Application()
    app.router.add_get("/", redirect)
    async with TestClient(TestServer(app, host="127.0.0.1")) as client:
        response = await client.get("/?token=confidential", allow_redirects=False)
        answer = server_answer(response, await response.read())
    assert answer.headers["Location"] == "https://example.org/a?sig=hidden"
    assert "confidential" not in str(answer.url)
