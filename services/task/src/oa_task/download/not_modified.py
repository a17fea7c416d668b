"""Whether to believe an answer 304."""

from http import HTTPStatus

import aiohttp
import structlog
from yarl import URL

from oa_task.download.attempts import TransientError
from oa_task.download.previous_download import PreviousDownload
from oa_task.download.requests import Requests
from oa_task.download.validators import contradiction
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()


async def is_confirmed(
    requests: Requests, url: URL, response: aiohttp.ClientResponse, stored: PreviousDownload
) -> bool:
    """Return whether an answer 304 is about the stored version; if it is not, the next request has no condition.

    A server that compares times reports an older file as not modified too. If the answer has neither ETag nor time, a
    request for the headers alone decides.
    """
    reason = contradiction(response.headers, response.url, stored)
    if reason is None and not stored.etag and not {"ETag", "Last-Modified"} & response.headers.keys():
        reason = await _request_version(requests, url, stored)
    if reason is not None:
        log.warning("not_modified_refuted", url=stored.url, reason=reason)
        stored.is_refuted = True
    return reason is None


async def _request_version(requests: Requests, url: URL, stored: PreviousDownload) -> str | None:
    """Return why the current version is not the stored one; None if it is."""
    try:
        async with requests.send(url, method="HEAD", headers={"Accept-Encoding": "identity"}) as response:
            if response.status != HTTPStatus.OK or "Last-Modified" not in response.headers:
                return "the server does not send the time of its version"
            return contradiction(response.headers, response.url, stored)
    except (TransientError, TaskFailure) as error:
        return f"the server does not send the time of its version: {error}"
