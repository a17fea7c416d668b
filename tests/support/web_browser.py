"""A browser without scripts: keeps cookies, sends forms with their hidden fields, follows redirects."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from support.running_api import RunningApi

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_CSRF_TOKEN = re.compile(r'(?<=name="csrf" value=")[0-9a-f]+')
_FORM = re.compile(r'<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)


@dataclass(frozen=True)
class ShownPage:
    """The page at the end of all redirects."""

    status: int
    path: str
    text: str
    url: URL

    @property
    def text_without_token(self) -> str:
        """Return the text without the tokens of its forms, which are new on each page."""
        return _CSRF_TOKEN.sub("", self.text)

    def has(self, test_id: str) -> bool:
        """Return whether an element has this `data-testid`."""
        return f'data-testid="{test_id}"' in self.text

    def message(self, kind: str) -> str:
        """Return the one-time message of the page, of the kind `good` or `bad`; empty if it is missing."""
        found = re.search(rf'data-testid="message-{kind}">(.*?)</div>', self.text, re.DOTALL)
        return html.unescape(found[1]) if found else ""

    def hidden_fields(self, action: str) -> dict[str, str]:
        """Return the hidden fields of the form with this `action`."""
        forms = {found[1]: found[2] for found in _FORM.finditer(self.text)}
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(forms[action])}


class WebBrowser:
    """One profile; tests can read and set its cookies."""

    def __init__(self, session: aiohttp.ClientSession, site: URL) -> None:
        self._session, self.site = session, site

    async def open(self, path: str, **options: Any) -> ShownPage:
        """Open a path or URL."""
        return await self._go("GET", path, **options)

    async def send(self, shown: ShownPage, action: str, **fields: str) -> ShownPage:
        """Submit a form of a page."""
        headers = {"Origin": str(self.site.origin()), "Sec-Fetch-Site": "same-origin"}
        return await self._go("POST", action, data={**shown.hidden_fields(action), **fields}, headers=headers)

    async def post(self, path: str, *, headers: dict[str, str] | None = None, **fields: str) -> ShownPage:
        """Submit a form from another site."""
        return await self._go("POST", path, data=fields, headers=headers or {})

    def cookie(self, name: str) -> str:
        """Return the value of a cookie, or an empty string."""
        found = self._session.cookie_jar.filter_cookies(self.site).get(name)
        return found.value if found else ""

    def plant(self, name: str, value: str) -> None:
        """Set a cookie, as an attacker with access to the browser could."""
        self._session.cookie_jar.update_cookies({name: value}, self.site)

    async def _go(self, method: str, path: str, **options: Any) -> ShownPage:
        headers = {"Accept": "text/html", **options.pop("headers", {})}
        url = self.site.join(URL(path)) if path.startswith("/") else URL(path)
        async with self._session.request(method, url, headers=headers, **options) as answer:
            return ShownPage(answer.status, answer.url.path, await answer.text(), answer.url)


@asynccontextmanager
async def web_browser(api: RunningApi) -> AsyncIterator[WebBrowser]:
    """Open a browser at a running API."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield WebBrowser(session, api.client.make_url("/"))
