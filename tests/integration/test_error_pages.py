"""Every error as a page: what it is, what to do, and where to go."""

import re

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from oa_api.db.errors import StoreTimeoutError, StoreUnavailableError
from oa_api.documentation import guide_pages
from oa_api.http.errors import ApiError, PreparingError
from oa_shared.errors import OaError
from oa_shared.queue import QueueUnavailableError
from support.running_api import RunningApi

HTML = {"Accept": "text/html,*/*;q=0.8"}
ERRORS: list[Exception] = [
    *(
        error("job 7 has no such file", **({"wait_s": 3} if error is PreparingError else {}))
        for error in sorted(ApiError.__subclasses__(), key=lambda each: each.code)
    ),
    web.HTTPMethodNotAllowed("POST", ["GET"]),
    web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2),
    web.HTTPNotFound(),
    web.HTTPBadRequest(),
    StoreUnavailableError("secret of the database"),
    StoreTimeoutError("secret of the database"),
    QueueUnavailableError("secret of the queue"),
    ValueError("secret of a bug"),
]


def _name(error: Exception) -> str:
    return type(error).__name__


async def test_refused_filter_leads_back_to_its_page(api: RunningApi) -> None:
    async with api.client.get("/errors?days=abc", headers=HTML) as answer:
        assert answer.status == 422
        assert '<a href="/errors">This page without its filter</a>' in await answer.text()


@pytest.mark.parametrize("error", ERRORS, ids=_name)
async def test_error_page_has_cause_next_step_and_links(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr(guide_pages, "get_guide", fail)
    with capture_logs():  # to write a traceback reads files
        response = await api.client.get("/guide/data", headers=HTML)
    text = await response.text()
    assert response.status >= 400
    assert response.content_type == "text/html"
    if response.status == 503:
        assert int(response.headers["Retry-After"]) > 0
    (heading,) = re.findall(r"<h1>([^<]+)</h1>", text)
    assert heading[0].isupper()
    assert heading[-1].isalpha()
    assert f"<title>{heading}" in text
    (box,) = re.findall(r'<div class="box bad">(.*?)</div>', text, re.DOTALL)
    (what,) = re.findall(r"<strong>(.+?)</strong>", box)
    assert what[0].isupper()
    if isinstance(error, ApiError):
        assert "Job 7 has no such file" in what
    hints = re.findall(r"<p>(.+?)</p>", box)
    assert hints
    assert hints[0][0].isupper()
    assert hints[0].endswith(".")
    links = re.findall(r'<a href="([^"]+)">', text.split("</div>\n", 1)[-1])
    assert {"/", "/search", "/data", "/status"} <= set(links)
    if not isinstance(error, ApiError):
        assert "secret" not in text


async def test_error_of_the_api_is_no_page(api: RunningApi) -> None:
    response = await api.client.get("/api/job/99", headers=HTML)
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["/bulk", "/webhooks", "/accounts", "/audit", "/dead-letters"])
async def test_sign_in_page_states_its_purpose(api: RunningApi, path: str) -> None:
    text = await (await api.client.get(path, headers=HTML)).text()
    (purpose,) = re.findall(r'data-testid="purpose"><strong>(.+?)</strong>', text)
    assert purpose.startswith("Sign in ")


def test_all_kinds_of_errors_are_tested() -> None:
    assert {type(error) for error in ERRORS} >= set(ApiError.__subclasses__())
    assert all(isinstance(error, OaError | web.HTTPException | ValueError) for error in ERRORS)
