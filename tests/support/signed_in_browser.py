"""A person with a role at the pages of an API, and the text in the editor of a page."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.accounts import account, session
from support.running_api import RunningApi
from support.web_browser import ShownPage, WebBrowser, web_browser


@asynccontextmanager
async def signed_in(api: RunningApi, login: str, role: str = "author") -> AsyncIterator[WebBrowser]:
    """Yield the browser of an account that is signed in."""
    await account(api, login, role)
    async with web_browser(api) as browser:
        browser.plant("oa_session", await session(api, login))
        yield browser


def editor_text(page: ShownPage) -> str:
    """Return the text in the editor of a definition."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])
