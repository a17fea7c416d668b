"""The API served over real HTTP with a real Postgres, for tests that call it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web, web_app
from aiohttp.test_utils import TestClient, TestServer

from oa_api.app import make_app
from oa_api.db.database import Database
from oa_api.definitions.examiner import Examiner
from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.http.app_keys import QueuePair
from oa_api.http.server import ApiRunner
from oa_api.settings import Settings
from oa_local.postgres import SERVICE_USER
from oa_shared.attempt_keys import KeyIssuer
from oa_shared.caller_identity import IdentityCheck
from oa_shared.storage import Storage
from support.direct_examiner import DirectExaminer
from support.documented_responses import UndocumentedResponses
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage

SECRET, PREVIOUS_SECRET = "s" * 32, "p" * 32
INTERNAL = {"secret": SECRET}
TABLES = ("run", "job", "job_attempt", "outbox", "source", "idempotency", "job_event", "job_tally")


class _Server(TestServer):
    """Serves with the runner of production, which also responds to requests that are not HTTP."""

    async def _make_runner(self, **options: Any) -> web.BaseRunner:
        return ApiRunner(self.app, **options)


def as_service(database_url: str) -> str:
    """Return the URL of a migrated database for the user of the services; both users have one password in tests."""
    return database_url.replace("//postgres:", f"//{SERVICE_USER}:")


def forget_applications() -> None:
    """Release stopped applications: aiohttp caches the last 1,024 handlers, each with its application."""
    web_app._cached_build_middleware.cache_clear()


def definition(*names: str, **extra: Any) -> dict[str, Any]:
    """Return a definition of addresses with one entry for each name."""
    conform = {"format": "csv", "number": "NO", "street": "ST", "lat": "Y", "lon": "X"}
    entries = [{"name": n, "data": "http://x/a.csv", "protocol": "http", "conform": conform} for n in names]
    return {"schema": 2, "coverage": {}, "layers": {"addresses": entries}, **extra}


@dataclass
class RunningApi:
    """A client of the API, and its database."""

    client: TestClient[web.Request, web.Application]
    database: Database
    queues: Mapping[str, QueuePair]
    storage: Storage

    async def run(self, **body: Any) -> int:
        """Create a run and return its ID."""
        response = await self.client.post("/api/run", json=body, headers=INTERNAL)
        return int((await response.json())["id"])

    async def post_jobs(self, run: int, *elements: Any, **headers: str) -> tuple[int, Any]:
        """Post elements to a run and return the status and the response."""
        response = await self.client.post(
            f"/api/run/{run}/jobs", json={"jobs": list(elements)}, headers={**INTERNAL, **headers}
        )
        return response.status, await response.json()

    async def make_live(self, run: int) -> aiohttp.ClientResponse:
        """Make a run live with the jobs that it has, and return the response."""
        jobs = (await self.get(f"/api/run/{run}"))["jobs"]["total"]
        change = {"live": True, "expected_jobs": jobs}
        return await self.client.patch(f"/api/run/{run}", json=change, headers=INTERNAL)

    async def job(self, **run: Any) -> dict[str, Any]:
        """Create a run with one job and return the row of the job."""
        _, answer = await self.post_jobs(await self.run(**run), {"source": definition("a"), "source_name": "xx/a"})
        return dict(await self.get(f"/api/job/{answer['jobs'][0]}", **INTERNAL))

    async def get(self, path: str, **headers: str) -> Any:
        """Return the JSON at a path."""
        response = await self.client.get(path, headers=headers)
        return await response.json()

    async def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        row = await self.database.first(f"SELECT count(*) AS rows FROM {table}")  # noqa: S608 - our own table names
        return int(row["rows"]) if row else 0

    async def rows(self) -> dict[str, int]:
        """Return the number of rows of each table that requests write."""
        return {table: await self.count(table) for table in TABLES}


@asynccontextmanager
async def running_api(
    database_url: str,
    *,
    storage: Storage | None = None,
    queues: Mapping[str, QueuePair] | None = None,
    fetcher: DefinitionFetcher | None = None,
    examiner: Examiner | None = None,
    key_issuer: KeyIssuer | None = None,
    identity_check: IdentityCheck | None = None,
    connections: int = 10,
    is_documented: bool = True,
    **settings: Any,
) -> AsyncIterator[RunningApi]:
    """Serve the API on loopback; queues and storage are in memory unless real ones are given.

    It logs in as the user of the services, like in production: a statement beyond the rights of that user fails. So
    does a response that the OpenAPI document does not have, at the end, unless `is_documented` is false.
    """
    database_url = as_service(database_url)
    known = Settings(
        database_url=database_url,
        shared_secret=SECRET,
        shared_secret_previous=PREVIOUS_SECRET,
        bucket="b",
        jobs_queue_url="",
        results_queue_url="",
        **{"output_mode": "stream", "component_gallery": True, "monitoring_cache_s": 0, **settings},
    )
    queues = queues or {name: QueuePair(MemoryQueue(), MemoryQueue()) for name in ("jobs", "results")}
    database = await Database.open(database_url, connections=connections)
    try:
        async with fetcher or DefinitionFetcher(("127.0.0.1",)) as opened:
            kept = storage or MemoryStorage()
            app = make_app(
                known,
                database=database,
                storage=kept,
                queues=queues,
                fetcher=opened,
                examiner=examiner or DirectExaminer(),
                key_issuer=key_issuer,
                identity_check=identity_check,
            )
            undocumented = UndocumentedResponses(app)
            async with TestClient(_Server(app)) as client:
                yield RunningApi(client, database, queues, kept)
            if is_documented:
                undocumented.check()
    finally:
        await database.close()
        forget_applications()
