"""Whether the data of an `http` URL that fails is available at the same URL with `https`."""

import asyncio
from dataclasses import replace
from http import HTTPStatus

from yarl import URL

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_shared.public_http import Guard
from oa_task.definition.task_entry import TaskEntry
from oa_task.download.attempts import TransientError
from oa_task.download.limits import DownloadLimits
from oa_task.download.requests import open_requests, read_start
from oa_task.download.server_message import is_web_page
from oa_task.runtime.failure import TaskFailure

_WITHIN_S = 10
_WORTH_A_TRY = frozenset(
    {
        *("source.not_found", "source.forbidden", "source.token_required"),
        *("upstream.connection", "upstream.timeout", "upstream.http_5xx", "upstream.truncated"),
    }
)


async def find_https(failure: TaskFailure, entry: TaskEntry, guard: Guard, limits: DownloadLimits) -> list[FaultyPlace]:
    """Return the first `http` URL with its `https` one if that has data; one request, within 10 seconds."""
    index = next((i for i, url in enumerate(entry.urls) if url.strip().lower().startswith("http://")), None)
    if index is None or failure.code not in _WORTH_A_TRY:
        return []
    stated = entry.urls[index]
    address = "https" + stated.strip()[len("http") :]
    if not await _has_data(address, entry, guard, limits):
        return []
    pointer = "/data" if len(entry.urls) == 1 else f"/data/{index}"
    return [FaultyPlace(pointer, Fix(FixAction.REPLACE, address, stated))]


async def _has_data(address: str, entry: TaskEntry, guard: Guard, limits: DownloadLimits) -> bool:
    try:
        async with (
            asyncio.timeout(_WITHIN_S),
            open_requests(guard, replace(limits, tries=1), entry.headers) as requests,
            requests.send(requests.parse_url(address)) as response,
        ):
            return (
                response.status == HTTPStatus.OK
                and _is_secure(response.url)
                and not is_web_page(await read_start(response))
            )
    except (TaskFailure, TransientError, TimeoutError):
        return False


def _is_secure(url: URL) -> bool:
    """Return whether the last of all redirects is encrypted too."""
    return url.scheme == "https"
