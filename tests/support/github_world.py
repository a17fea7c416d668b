"""The API, its GitHub worker, and a fake GitHub, over real HTTP with a real Postgres; tests report for the tasks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oa_api.db.database import Row
from oa_api.jobs.results import apply_status
from oa_api.pull_requests.factory import open_github
from oa_api.pull_requests.worker import GitHubWorker, RetryDelays
from oa_api.settings import Settings
from oa_shared.messages import StatusMessage
from oa_shared.status import JobStatus
from support.databases import Snapshot
from support.direct_examiner import DirectExaminer
from support.fakes.github_events import SECRET, encode_payload, headers, pull_event, push_event
from support.fakes.github_model import APP_ID, GitHubModel
from support.fakes.github_server import GitHubServer, app_key_pem, as_json
from support.fakes.memory_storage import MemoryStorage
from support.running_api import RunningApi, definition, running_api

PUBLIC_URL = "https://batch.example.org"
GOOD = {"count": 100, "valid": 99, "fields": {"number": 90, "street": 100}, "outputs": {"source.png": {}}}
SAMPLE = {"count": 10, "fields": {"number": 9, "street": 10}, "sample": True, "outputs": {}}
BERKELEY, TOWN = "sources/us/ca/berkeley.json", "sources/us/ca/town.json"
_ROUNDS = 5


@dataclass
class GitHubWorld:
    """Everything that a test of the GitHub integration needs."""

    api: RunningApi
    github: GitHubServer
    worker: GitHubWorker
    storage: MemoryStorage
    database_url: str
    before: Snapshot

    @property
    def model(self) -> GitHubModel:
        return self.github.model

    async def forget(self) -> None:
        """Start again: a repository with one definition of two entries, and an empty database."""
        assert await asyncio.to_thread(self.before.restore, self.database_url)
        self.storage._objects.clear()
        self.github.forget(new_model())

    async def send(self, event: str, payload: Any, **more: str) -> tuple[int, Any]:
        """Send an event as GitHub does, and return the status and the response."""
        body = encode_payload(payload)
        response = await self.api.client.post("/api/github/event", data=body, headers=headers(event, body, **more))
        return response.status, await response.json()

    async def pull(self, changes: dict[str, Any], *, author: str = "author", association: str = "CONTRIBUTOR") -> int:
        """Open a pull request with these files, send its event, and run the worker."""
        number = self.model.open_pull(self.model.commit(as_files(changes)), author=author, association=association)
        await self.send("pull_request", pull_event(self.model, number, "opened"))
        await self.settle()
        return number

    async def push_to_pull(self, number: int, changes: dict[str, Any]) -> None:
        """Push another commit to a pull request and send the event."""
        self.model.push_to_pull(number, self.model.commit(as_files(changes)))
        await self.send("pull_request", pull_event(self.model, number, "synchronize"))
        await self.settle()

    async def merge(self, number: int, *, events: tuple[str, ...] = ("pull_request", "push")) -> None:
        """Merge a pull request and send the events in this order."""
        before, after = self.model.merge(number)
        for event in events:
            is_push = event == "push"
            payload = push_event(self.model, before, after) if is_push else pull_event(self.model, number, "closed")
            await self.send(event, payload)
            await self.settle()

    async def settle(self) -> None:
        """Run the worker until nothing is due, without delays."""
        for _ in range(_ROUNDS):
            await self.skip_pauses()
            await self.worker.run_once()

    async def skip_pauses(self) -> None:
        for table, is_open in (("github_check", "NOT is_settled"), ("github_delivery", "state = 'waiting'")):
            await self.api.database.execute(f"UPDATE {table} SET due_at = now() WHERE {is_open}")  # noqa: S608

    async def jobs(self, where: str = "true") -> list[Row]:
        """Return jobs with the columns of their run."""
        sql = "SELECT job.*, run.sample, run.live, run.lane FROM job JOIN run ON run.id = job.run_id"
        return await self.api.database.all(f"{sql} WHERE {where} ORDER BY job.id")

    async def end(self, where: str, *, result: Any = None, error: dict[str, str] | None = None) -> None:
        """End the running jobs that match, with a result or an error, as their tasks do; then run the worker."""
        status = JobStatus.FAIL if error else JobStatus.SUCCESS
        for job in await self.jobs(f"rank < 9 AND ({where})"):
            about = {name: job[name] for name in ("attempt", "token")}
            message = StatusMessage(
                job=job["id"], **about, seq=2, status=status, at=datetime.now(UTC), error=error, result=result
            )
            await self.api.database.run(lambda transaction, report=message: apply_status(transaction, report))
        await self.settle()

    async def end_samples(self) -> None:
        await self.end("run.sample IS NOT NULL", result=SAMPLE)

    async def end_full(self, **outcome: Any) -> None:
        await self.end("run.sample IS NULL", **(outcome or {"result": GOOD}))

    def comment(self) -> str:
        """Return the text of the only comment."""
        (comment,) = self.model.comments.values()
        return str(comment["body"])

    def check_run(self, head_sha: str | None = None) -> dict[str, Any]:
        """Return the newest check run, of a commit if one is given."""
        runs = [run for run in self.model.check_runs.values() if head_sha in (None, run["head_sha"])]
        return runs[-1]

    async def published_jobs(self) -> dict[str, int]:
        """Return the published job of each entry."""
        rows = await self.api.database.all("SELECT source_name, name, job_id FROM data ORDER BY source_name, name")
        return {f"{row['source_name']}/{row['name']}": row["job_id"] for row in rows}


def as_files(changes: dict[str, Any]) -> dict[str, str | bytes | None]:
    """Return the files with definitions as JSON; text, bytes and None stay."""
    return {path: as_json(each) if isinstance(each, dict) else each for path, each in changes.items()}


def new_model() -> GitHubModel:
    """Return a repository with one definition of two entries."""
    model = GitHubModel()
    model.commit(as_files({BERKELEY: definition("city", "county"), "README.md": "Sources"}), to_branch=True)
    return model


def settings_of(github: GitHubServer, database_url: str, **more: Any) -> Settings:
    """Return the settings of a process that uses this GitHub."""
    values = {"database_url": database_url, "shared_secret": "", "bucket": "", "jobs_queue_url": ""}
    values |= {"results_queue_url": "", "allowed_hosts": ("127.0.0.1",), "public_url": PUBLIC_URL}
    return Settings(**{**values, **github_settings(github), **more})


def github_settings(github: GitHubServer) -> dict[str, Any]:
    return {
        "github_api_url": github.url,
        "github_repository": github.model.name,
        "github_app_id": APP_ID,
        "github_private_key": app_key_pem(),
        "github_webhook_secret": SECRET,
    }


@asynccontextmanager
async def github_world(database_url: str, *, page_size: int = 100, **settings: Any) -> AsyncIterator[GitHubWorld]:
    """Start the API, the worker and the fake GitHub."""
    before = await asyncio.to_thread(Snapshot.take, database_url)
    async with AsyncExitStack() as stack:
        github = await stack.enter_async_context(GitHubServer(new_model(), page_size=page_size).serve())
        storage = MemoryStorage()
        known = {"public_url": PUBLIC_URL, **github_settings(github)}
        api = await stack.enter_async_context(running_api(database_url, storage=storage, **known))
        worker = await stack.enter_async_context(
            open_github(
                settings_of(github, database_url, **settings),
                database=api.database,
                storage=storage,
                examiner=DirectExaminer(),
                delays=RetryDelays(refresh_s=0, delays_s=(0.0,)),
            )
        )
        yield GitHubWorld(api, github, worker, storage, database_url, before)
