"""What an attempt asks of the API: its definition, and what is published of the same entry now."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from oa_task.job.settings import JobSettings
from oa_task.results.checksums import sha256_of
from oa_task.results.files import MANIFEST_FILE
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
_TRIES = 5
_TIMEOUT_S = 30
_FILE_TIMEOUT_S = 1800
_CHUNK_BYTES = 1 << 18


class JobApi:
    """The API's public addresses; a container has no login there."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._url = settings.api_url.rstrip("/")

    async def definition(self) -> bytes:
        """Return the source snapshot of this job. Raises TaskFailure infra.api."""
        problem = ""
        for attempt in range(_TRIES):
            try:
                return await self._get(f"/api/job/{self._settings.job}/raw")
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = f"{type(error).__name__}: {error}"
            await asyncio.sleep(2**attempt)
        raise TaskFailure("infra.api", problem)

    async def published(self) -> "PublishedResult | None":
        """Return what is published of this source, layer and name; None if nothing is, or the API does not say.

        A job does not fail for want of it: it downloads everything, and everything counts as added.
        """
        try:
            found = await self._published_result()
            if found is None:
                return None
            job, attempt = found
            manifest = await self._json(f"/api/job/{job}/output/{MANIFEST_FILE}", {"attempt": str(attempt)})
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("published_not_found", error=f"{type(error).__name__}: {error}")
            return None
        log.info("published_found", published_job=job)
        return PublishedResult(self._url, job, attempt, manifest if isinstance(manifest, dict) else {})

    async def _published_result(self) -> tuple[int, int] | None:
        """Return the job and the attempt whose result is published."""
        settings = self._settings
        if not settings.source_name:
            return None
        asked = {"source": settings.source_name, "layer": settings.layer, "name": settings.name}
        rows = (await self._json("/api/data", asked))["data"]
        return (int(rows[0]["job"]), int(rows[0]["attempt"])) if rows else None

    async def _json(self, path: str, asked: Mapping[str, str] | None = None) -> Any:
        return json.loads(await self._get(path, asked))

    async def _get(self, path: str, asked: Mapping[str, str] | None = None) -> bytes:
        async with _opened(self._url + path, asked, timeout_s=_TIMEOUT_S) as response:
            return await response.read()


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """The files of the job that is published, as its attempt left them."""

    url: str
    job: int
    attempt: int
    manifest: Mapping[str, Any]

    async def fetch(self, name: str, folder: Path) -> Path | None:
        """Return a file of that job, fetched and checked against its manifest; None when it cannot be had."""
        about = (self.manifest.get("outputs") or {}).get(name)
        if not isinstance(about, Mapping):
            return None
        path = folder / f"published-{name}"
        try:
            address, asked = f"{self.url}/api/job/{self.job}/output/{name}", {"attempt": str(self.attempt)}
            async with _opened(address, asked, timeout_s=_FILE_TIMEOUT_S) as response:
                with path.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                        file.write(chunk)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("published_file_not_fetched", file=name, error=f"{type(error).__name__}: {error}")
            return None
        is_whole = await asyncio.to_thread(sha256_of, path) == about.get("sha256")
        if not is_whole:
            log.warning("published_file_not_whole", file=name, published_job=self.job)
        return path if is_whole else None


@asynccontextmanager
async def _opened(
    url: str, asked: Mapping[str, str] | None = None, *, timeout_s: float
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Open an answer that is not an error. Raises aiohttp.ClientError, TimeoutError."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, params=asked) as response:
        if response.status != HTTPStatus.OK:
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
        yield response
