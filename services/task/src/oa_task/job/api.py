"""The requests of an attempt to the API: its definition, and the published data of the same entry."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

import aiohttp
import structlog

from oa_shared.json_types import JsonMapping
from oa_shared.json_values import json_integer, json_object
from oa_shared.retrying import retrying
from oa_task.job.settings import JobSettings
from oa_task.results.checksums import sha256_of
from oa_task.results.files import MANIFEST_FILE
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_DELAYS_S = (1.0, 2.0, 4.0, 8.0)
_TIMEOUT_S = 30
_FILE_TIMEOUT_S = 1800
_CHUNK_BYTES = 1 << 18
_TRUSTED_FOR = timedelta(weeks=13)


class JobApi:
    """A client of the API's public endpoints; a container has no account."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._url = settings.api_url.rstrip("/")

    async def fetch_definition(self) -> bytes:
        """Return the definition of this job. Raises TaskFailure infra.api after five attempts."""
        try:
            return await retrying(
                partial(self._get, f"/api/job/{self._settings.job}/raw"),
                _DELAYS_S,
                on=(aiohttp.ClientError, TimeoutError),
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TaskFailure("infra.api", f"{type(error).__name__}: {error}") from error

    async def find_published(self) -> "PublishedFiles | None":
        """Return the published result of this source, layer and name; None if there is none or the API fails.

        The job works without it: it downloads everything, and everything counts as added.
        """
        try:
            row = await self._published_row()
            if row is None:
                return None
            job, attempt = json_integer(row.get("job")), json_integer(row.get("attempt"))
            manifest = await self._get_json(f"/api/job/{job}/output/{MANIFEST_FILE}", {"attempt": str(attempt)})
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("published_not_found", error=f"{type(error).__name__}: {error}")
            return None
        verifies = needs_verification(row, datetime.now(UTC))
        log.info("published_found", published_job=job, verifies=verifies)
        return PublishedFiles(self._url, job, attempt, json_object(manifest), verifies)

    async def keeps_unchanged(self) -> bool:
        """Return whether the files of the published result may stay if the source has not changed.

        The job of a live run keeps them unless a user requested new files; jobs of trial runs always write files, which
        users compare or publish later. An API of an earlier version does not know the result `unchanged`.
        """
        try:
            job = json_object(await self._get_json(f"/api/job/{self._settings.job}", {}))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("job_not_read", error=f"{type(error).__name__}: {error}")
            return False
        return job.get("live") is True and job.get("force") is False

    async def _published_row(self) -> JsonMapping | None:
        """Return the dataset of this source, layer and name."""
        settings = self._settings
        if not settings.source_name:
            return None
        query = {"source": settings.source_name, "layer": settings.layer, "name": settings.name}
        rows = json_object(await self._get_json("/api/data", query)).get("data")
        if not isinstance(rows, list) or not rows:
            return None
        return json_object(rows[0])

    async def _get_json(self, path: str, query: Mapping[str, str]) -> object:
        value: object = json.loads(await self._get(path, query))
        return value

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        async with _open_response(self._url + path, query, timeout_s=_TIMEOUT_S) as response:
            return await response.read()


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """The files of the published job, in the version of its attempt.

    With `needs_verification` servers have reported for long enough that the data has not changed.
    """

    url: str
    job: int
    attempt: int
    manifest: JsonMapping
    needs_verification: bool = False

    async def fetch(self, name: str, folder: Path) -> Path | None:
        """Return a file of that job, downloaded and verified by its manifest; None if it is not available."""
        facts = json_object(self.manifest.get("outputs")).get(name)
        if not isinstance(facts, Mapping):
            return None
        path = folder / f"published-{name}"
        try:
            url, query = f"{self.url}/api/job/{self.job}/output/{name}", {"attempt": str(self.attempt)}
            async with _open_response(url, query, timeout_s=_FILE_TIMEOUT_S) as response:
                with path.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        file.write(chunk)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("published_file_not_fetched", file=name, error=f"{type(error).__name__}: {error}")
            return None
        is_intact = await asyncio.to_thread(sha256_of, path) == facts.get("sha256")
        if not is_intact:
            log.warning("published_file_corrupt", file=name, published_job=self.job)
        return path if is_intact else None


def needs_verification(dataset: JsonMapping, now: datetime) -> bool:
    """Return whether an unchanged dataset has to be compared by its bytes, whatever the server says about versions.

    Some servers report each file as not modified, permanently. So the first check in each 13 weeks since the
    publication downloads the data.
    """
    try:
        published_at, checked_at = (
            datetime.fromisoformat(str(dataset.get(name))) for name in ("updated_at", "checked_at")
        )
        return (checked_at - published_at) // _TRUSTED_FOR < (now - published_at) // _TRUSTED_FOR
    except (ValueError, TypeError):  # an API of an earlier version, or a time without a zone
        return False


@asynccontextmanager
async def _open_response(
    url: str, query: Mapping[str, str] | None = None, *, timeout_s: float
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Yield a response with status 200. Raises aiohttp.ClientError, TimeoutError."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, params=query) as response:
        if response.status != HTTPStatus.OK:
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
        yield response
