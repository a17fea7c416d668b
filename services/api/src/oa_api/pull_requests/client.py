"""Requests to GitHub's API as a GitHub App: tokens, pages of lists, pauses that GitHub requires."""

import time
from http import HTTPStatus
from typing import Self

from yarl import URL

from oa_api.github.errors import GitHubRefusedError, GitHubUnavailableError
from oa_api.github.http import LONGEST_PAUSE_S, MAX_BYTES, GitHubHttp, GitHubResponse
from oa_api.pull_requests.credentials import AppToken
from oa_shared.json_types import JsonMapping

_RAW = "application/vnd.github.raw+json"
_JSON = "application/vnd.github+json"
_VERSION = "2022-11-28"
_MAX_PAGES = 50
# Enough to reach the longest pause.
_MAX_LIMITED_IN_ROW = 10


class GitHubClient:
    """A client for one GitHub: while GitHub requires a pause, it sends nothing. All methods raise GitHubError."""

    def __init__(self, url: str, credentials: AppToken, allowed_hosts: tuple[str, ...] = ()) -> None:
        self._url = URL(url)
        self.credentials = credentials
        self._http = GitHubHttp(allowed_hosts)
        self._paused_until = 0.0
        self._limited_in_row = 0

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.__aexit__()

    async def get(self, path: str, **query: str) -> object:
        """Return the decoded JSON at a path."""
        return await (await self._request("GET", self._address(path, query))).json()

    async def text(self, path: str, *, max_bytes: int, **query: str) -> str:
        """Return a file as text; GitHubRefusedError has status 413 if it is too large, 415 if it is not UTF-8."""
        response = await self._request("GET", self._address(path, query), accept=_RAW, max_bytes=max_bytes)
        try:
            return response.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            detail = f"the file is not UTF-8 (byte {error.start})"
            raise GitHubRefusedError(detail, status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE) from error

    async def pages(self, path: str, **query: str) -> list[object]:
        """Return the items of all pages of a list."""
        items: list[object] = []
        address: URL | None = self._address(path, {"per_page": "100", **query})
        for _ in range(_MAX_PAGES):
            if address is None:
                return items
            response = await self._request("GET", address)
            items += _list_in(await response.json())
            address = self._same_server(response.next_url)
        return items

    async def send(self, method: str, path: str, body: JsonMapping) -> object:
        """Send a request with a JSON body and return the decoded response."""
        return await (await self._request(method, self._address(path, {}), body=body)).json()

    def _address(self, path: str, query: dict[str, str]) -> URL:
        return URL(f"{str(self._url).rstrip('/')}{path}", encoded=True).with_query(query)

    def _same_server(self, url: URL | None) -> URL | None:
        """Return the URL of the next page if it is on the same server: requests carry the token."""
        return url if url is not None and url.origin() == self._url.origin() else None

    async def _request(
        self, method: str, address: URL, *, body: object = None, accept: str = _JSON, max_bytes: int = MAX_BYTES
    ) -> GitHubResponse:
        """Send a request with the App's token; once more with a new token if GitHub no longer accepts it."""
        token = await self.credentials.token(self._request_as_app)
        try:
            return await self._send(method, address, token, body=body, accept=accept, max_bytes=max_bytes)
        except GitHubRefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
        self.credentials.forget()
        token = await self.credentials.token(self._request_as_app)
        return await self._send(method, address, token, body=body, accept=accept, max_bytes=max_bytes)

    async def _request_as_app(self, method: str, path: str, token: str) -> object:
        return await (await self._send(method, self._address(path, {}), token)).json()

    async def _send(
        self,
        method: str,
        address: URL,
        token: str,
        *,
        body: object = None,
        accept: str = _JSON,
        max_bytes: int = MAX_BYTES,
    ) -> GitHubResponse:
        if (pause_s := self._paused_until - time.monotonic()) > 0:
            raise GitHubUnavailableError("GitHub required a pause", pause_s=pause_s)
        headers = {"Authorization": f"Bearer {token}", "Accept": accept, "X-GitHub-Api-Version": _VERSION}
        try:
            response = await self._http.request(method, address, headers=headers, json_body=body, max_bytes=max_bytes)
        except GitHubUnavailableError as error:
            if not error.pause_s:
                raise
            raise self._pause(error) from error
        self._limited_in_row = 0
        return response

    def _pause(self, error: GitHubUnavailableError) -> GitHubUnavailableError:
        """Send nothing until the pause ends; each in a row is twice as long, unless GitHub states its length."""
        factor = 1 if error.is_pause_known else 2**self._limited_in_row
        pause_s = min(error.pause_s * factor, LONGEST_PAUSE_S)
        self._limited_in_row = min(self._limited_in_row + 1, _MAX_LIMITED_IN_ROW)
        self._paused_until = time.monotonic() + pause_s
        return GitHubUnavailableError(error.detail, pause_s=pause_s)


def _list_in(page: object) -> list[object]:
    """Return the items of a page: the page itself, or the only list in it."""
    if isinstance(page, dict):
        return next(value for value in page.values() if isinstance(value, list))
    if not isinstance(page, list):
        raise GitHubUnavailableError("the response of GitHub is not a list")
    return page
