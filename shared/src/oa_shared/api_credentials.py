"""Credentials that are sent to one origin only, whatever redirects a server returns.

A header of a session goes with every request, also with the one that follows a redirect to another host: a file store
would receive the secret of the API. A middleware sees each request, and adds the headers to those for its own origin.
"""

from collections.abc import Mapping

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL


class ApiCredentials:
    """A middleware of aiohttp's client: adds headers to requests to the origin of `url`, and to no others."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._origin = URL(url).origin()
        self._headers = dict(headers)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Send the request, with the headers where they belong."""
        if request.url.origin() == self._origin:
            request.headers.update(self._headers)
        return await handler(request)
