"""No form loses what was typed: a refused one is shown again with its values, or its error page lists them."""

import html
from collections.abc import AsyncIterator

import pytest

from oa_api.identity.authorization import ROLES
from support.accounts import account, session
from support.running_api import RunningApi
from support.web_browser import ShownPage, WebBrowser, web_browser

KEPT = "typed by <hand>"
GARBAGE = {
    **dict.fromkeys(("reason", "login", "name", "value", "url"), KEPT),
    "scope": "moon",
    "days": "9999",
    "hours": "-1",
    "role": "king",
}
# Forms on the page that shows them again: the form, a refused field, and a field that was right.
FORMS = [
    ("/pauses", "/pauses", {"scope": "host", "value": "example.org", "hours": "-3", "reason": KEPT}),
    ("/webhooks", "/webhooks", {"url": "not a url", "source": "us/ca/", "layer": "parcels"}),
    ("/profile", "/profile/tokens", {"name": "nightly", "role": "viewer", "days": "9999"}),
    ("/accounts", "/accounts", {"login": "new one", "role": "author", "email": "nobody", "github_id": "12"}),
    ("/accounts/1", "/accounts/1", {"role": "admin", "email": "nobody", "github_id": "12"}),
]


@pytest.fixture
async def browser(api: RunningApi) -> AsyncIterator[WebBrowser]:
    """A browser in which an admin called root is signed in."""
    await account(api, "root", "admin")
    async with web_browser(api) as opened:
        opened.plant("oa_session", await session(api, "root"))
        yield opened


def shows(page: ShownPage, typed: str) -> bool:
    """Return whether a field of the page has this value, or is set to it."""
    value = html.escape(typed)
    return f'value="{value}"' in page.text.replace("&#34;", "&quot;")


@pytest.mark.parametrize(("page", "action", "fields"), FORMS, ids=[action for _page, action, _fields in FORMS])
async def test_refused_form_is_shown_again_as_typed(
    browser: WebBrowser, page: str, action: str, fields: dict[str, str]
) -> None:
    refused = await browser.send(await browser.open(page), action, **fields)
    assert (refused.status, refused.path) == (422, action)
    assert "Please correct:" in refused.text
    assert [name for name, value in fields.items() if not shows(refused, value)] == []
    selected = [value for name, value in fields.items() if name in {"scope", "layer", "role"}]
    assert [value for value in selected if f'<option value="{value}" selected>' not in refused.text] == []


async def test_conflict_keeps_what_was_typed(browser: WebBrowser) -> None:
    fields = {"scope": "host", "value": "example.org", "reason": KEPT}
    await browser.send(await browser.open("/pauses"), "/pauses", **fields)
    refused = await browser.send(await browser.open("/pauses"), "/pauses", **fields)
    assert refused.status == 409
    assert "is paused already" in refused.text
    assert shows(refused, KEPT)


async def test_no_form_loses_a_typed_reason(api: RunningApi, browser: WebBrowser) -> None:
    csrf = (await browser.open("/pauses")).hidden_fields("/pauses")["csrf"]
    forms = sorted(path for method, path in api.client.app[ROLES] if method == "POST" and _is_page(path))
    assert len(forms) > len(FORMS)
    lost = []
    for path in forms:
        if path.startswith("/sign-out"):
            continue
        target = "".join("9" if part.startswith("{") else part for part in _parts(path))
        origin = str(browser.site.origin())
        answer = await browser.post(
            target, headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"}, csrf=csrf, **GARBAGE
        )
        if answer.status >= 400 and html.escape(KEPT) not in answer.text:
            lost.append((path, answer.status))
        assert csrf not in answer.text.replace(f'name="csrf" value="{csrf}"', "")
    assert lost == []


def _is_page(path: str) -> bool:
    return not path.startswith(("/api", "/v1", "/latest", "/upload"))


def _parts(path: str) -> list[str]:
    return path.replace("{", "\0{").replace("}", "}\0").split("\0")
