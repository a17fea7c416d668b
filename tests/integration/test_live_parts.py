"""Lists are live where events exist, and every time ages and says its zone: over all pages of a filled site."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import psycopg2
import pytest

from browser.pages import PAGES
from browser.seeds import RESULT, statement
from oa_api.routes import ROUTES
from oa_shared.queue import OutgoingMessage
from support.accounts import account, session
from support.running_api import RunningApi, definition

_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_AGE = re.compile(r"\d (s|min|h|d) ago\b")
_CLOCK = re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(?!\S| UTC)")
# Tables that stay as they are, by their caption, and why.
_NOT_LIVE = {
    "Accounts": "no event exists of accounts",
    "Active sessions": "no event exists of accounts",
    "Uploads": "no event exists of uploads",
    "Retention rules": "no event exists: a deployment changes them",
    "Changes by field": "a result never changes",
    "Attribute coverage": "of the version that the page shows, whose other parts would then differ",
    "Links of the definition": "of the definition that the page shows",
    "Numbers": "the result that a person judges does not change under the hand",
    "Examples": "the preview of a bulk action does not change under the hand",
    "Skipped jobs": "final when the bulk action has ended",
}
_STILL_PAGES = {
    "/docs": "documentation",
    "/docs/pages": "documentation",
    "/search?q=al": "the answer to one question; a new search asks again",
}
# Lists that people watch.
_LIVE = {"Runs", "Jobs", "Exports", "Entries", "Dead letters", "Webhooks", "Deliveries", "Sources", "Schedule runs"}


@dataclass
class _Time:
    """A <time>: its attributes and its text."""

    attributes: dict[str, str]
    text: str = ""

    @property
    def ages(self) -> bool:
        """Return whether the relative time of the text, or of the title, becomes older."""
        return "data-age" in self.attributes or "data-age-title" in self.attributes

    @property
    def has_zone(self) -> bool:
        """Return whether the absolute time, the title or the text, says its zone."""
        return (self.attributes["title"] if "data-age" in self.attributes else self.text).endswith(" UTC")


@dataclass
class _Page(HTMLParser):
    """The tables and times of a page, and its text outside of times."""

    html: str
    live: list[str] = field(default_factory=list)
    still: list[str] = field(default_factory=list)
    times: list[_Time] = field(default_factory=list)
    text: str = ""
    _tables: list[str] = field(default_factory=list)
    _open: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "table":
            around = [attributes for _, attributes in self._open]
            is_part = any("hx-get" in each and "data-on" in each for each in around)
            refreshes = any("data-refresh" in each for each in around)
            is_live = refreshes or (is_part and any("data-events" in each for each in around))
            self._tables = self.live if is_live else self.still
        if tag == "time":
            self.times.append(_Time(values))
        if tag not in _VOID:
            self._open.append((tag, values))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if "caption" in tags:
            self._tables.append(data)
        elif "time" in tags:
            self.times[-1].text += data
        elif "main" in tags and not {"script", "pre", "code", "textarea"} & set(tags):
            self.text += data


@pytest.fixture
async def pages(api: RunningApi, database_url: str) -> dict[str, str]:
    """Return the HTML of every page by its path, with rows in each list, as an admin sees it."""
    values = {"definition": json.dumps(definition("city", "county")), "result": json.dumps({**RESULT, "outputs": {}})}
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement("fill"), values)
        cursor.execute(statement("beat"))
        for name in ("work", "products", "webhooks", "trial"):
            cursor.execute(statement(name), values)
    connection.close()
    dead = api.queues["results"].dead
    assert dead is not None
    body = json.dumps({"kind": "job.status", "job": 1, "attempt": 1, "status": "Success"})
    await dead.send_batch([OutgoingMessage(body, attributes={"reason": "unknown field"})])
    await account(api, "ada", "admin")
    cookie = f"oa_session={await session(api, 'ada')}"
    plain = {route.path for route in ROUTES if route.method == "GET" and "text/html" in _media_types(route.response)}
    paths = dict.fromkeys([*PAGES.values(), *sorted(path for path in plain if "{" not in path)])
    return {path: await _read(api, path, Cookie=cookie) for path in paths}


def _media_types(response: Any) -> tuple[str, ...]:
    return response if isinstance(response, tuple) else ()


async def _read(api: RunningApi, path: str, **headers: str) -> str:
    response = await api.client.get(path, headers={"Accept": "text/html", **headers}, allow_redirects=False)
    assert response.status < 500 or response.status == 503, path
    return await response.text() if response.content_type == "text/html" else ""


async def test_lists_are_live_their_parts_are_answered_and_times_age_and_say_their_zone(
    api: RunningApi, pages: dict[str, str]
) -> None:
    _check_lists_and_times(pages)
    await _check_parts(api, pages)


def _check_lists_and_times(pages: dict[str, str]) -> None:
    read = {path: _Page(html) for path, html in pages.items()}
    still = {(name, path) for path, page in read.items() for name in page.still if path not in _STILL_PAGES}
    assert {f"{name} of {path}" for name, path in still if name not in _NOT_LIVE} == set()
    assert _NOT_LIVE.keys() == {name for name, _ in still}, "each exception is needed"
    assert all(read[path].still for path in _STILL_PAGES), "each exception is needed"
    assert {name for page in read.values() for name in page.live} >= _LIVE
    times = [time for page in read.values() for time in page.times]
    assert len(times) > len(PAGES)
    assert [time for time in times if not time.ages or not time.has_zone] == []
    for path, page in read.items():
        # The status page fetches itself again every ten seconds.
        texts = [_CLOCK, _AGE] if path != "/status" else [_CLOCK]
        assert [pattern.findall(page.text) for pattern in texts if pattern.search(page.text)] == [], path


async def _check_parts(api: RunningApi, pages: dict[str, str]) -> None:
    """Fail unless each live part is answered without its page."""
    cookie = f"oa_session={await session(api, 'ada')}"
    answered = 0
    for page, html in pages.items():
        for name, path in re.findall(r'id="(\w+)" hx-get="([^"]+)" hx-trigger="changed"', html):
            headers = {"HX-Request": "true", "HX-Target": name, "Cookie": cookie}
            part = await _read(api, path.replace("&amp;", "&"), **headers)
            assert "<html" not in part, (page, name)
            assert part.strip() or f'id="{name}"' in html, (page, name)
            answered += 1
    assert answered > len(_LIVE)
