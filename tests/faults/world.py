"""The services in one process over a real Postgres and real queues, with simulated containers."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aiohttp.test_utils import TestServer

from faults.history import History
from oa_api.app import make_app
from oa_api.db.database import Database
from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.http.app_keys import QueuePair
from oa_api.jobs.outbox_relay import run_relay
from oa_api.jobs.results_consumer import run_results_consumer
from oa_api.jobs.sweep import SweepTimes, run_sweep
from oa_api.settings import Settings as ApiSettings
from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.main import jobs_consumer
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submission import Submission
from oa_dispatcher.sweep import BatchSweep
from oa_dispatcher.token_bucket import TokenBucket
from oa_shared.batch import BatchService, BatchUnknownError, SubmitRequest
from oa_shared.claim import CLAIM_FILE, claim
from oa_shared.ids import attempt_prefix
from oa_shared.messages import BatchEvent, StatusMessage, dump
from oa_shared.queue import OutgoingMessage, Queue, QueueUnavailableError
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import JobStatus
from oa_task.job.array_child import complete_environment
from oa_task.job.attempt_access import AttemptOverError
from support.direct_examiner import DirectExaminer
from support.fakes.memory_batch import MemoryBatch
from support.fakes.memory_storage import MemoryStorage
from support.planned_jobs import create_planned_jobs
from support.running_api import forget_applications

GOOD = {"count": 100, "fields": {"number": 90, "street": 100}, "outputs": {}}
SECRET = "s"
STACK = "test"
_MAKE_RETRIES_DUE = "UPDATE outbox SET available_at = now() WHERE sent_at IS NULL AND available_at > now()"

Ending = tuple[JobStatus, dict[str, str] | None]
# The last report of a container by job and attempt; None: it dies without one.
Script = Callable[[int, int], Ending | None]


def always_succeed(_job: int, _attempt: int) -> Ending | None:
    return JobStatus.SUCCESS, None


@dataclass
class Containers:
    """Containers that claim, report and end as the script says, over a queue that may be unruly."""

    batch: MemoryBatch
    storage: MemoryStorage
    results: Queue
    script: Script
    clock_skew: timedelta = timedelta()
    api_url: str = ""
    workers: list[tuple[int, int]] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, request: SubmitRequest) -> None:
        """Start the containers of the job that Batch has just accepted: one, or those of an array."""
        last = next(reversed(self.batch.entries))
        array, _, _ = last.partition(":")
        batch_jobs = [last] if request.array_size is None else [f"{array}:{n}" for n in range(request.array_size)]
        for batch_job in batch_jobs:
            task = asyncio.create_task(self._run(request, batch_job))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def _environment(self, request: SubmitRequest, batch_job: str) -> Mapping[str, str]:
        """Return the variables of a container; a child of an array asks the API as the task does."""
        place = batch_job.rpartition(":")[2]
        more = {"AWS_BATCH_JOB_ID": batch_job, "AWS_BATCH_JOB_ARRAY_INDEX": place, "OA_API_URL": self.api_url}
        return await complete_environment({**request.environment, **more})

    async def _run(self, request: SubmitRequest, batch_job: str) -> None:
        try:
            environ = await self._environment(request, batch_job)
        except AttemptOverError:
            self.batch.change(batch_job, status="SUCCEEDED", exit_code=0)
            return
        job, attempt, token = int(environ["OA_JOB"]), int(environ["OA_ATTEMPT"]), environ["OA_TOKEN"]
        exit_code = 0
        if await self.storage.put_new(attempt_prefix(job, attempt) + CLAIM_FILE, claim(batch_job, "x")):
            self.workers.append((job, attempt))
            exit_code = await self._work(job, attempt, token)
        status = "FAILED" if exit_code else "SUCCEEDED"
        self.batch.change(batch_job, status=status, exit_code=exit_code, reason="Essential container in task exited")
        await self.send(BatchEvent(batch_job, request.name, status, self._now(), exit_code=exit_code))

    async def _work(self, job: int, attempt: int, token: str) -> int:
        say = partial(StatusMessage, job=job, attempt=attempt, token=token, at=self._now())
        await self.send(say(seq=1, status=JobStatus.RUNNING))
        ending = self.script(job, attempt)
        if ending is None:
            return 137
        status, error = ending
        result = GOOD if status is JobStatus.SUCCESS else None
        await self.send(say(seq=2, status=status, error=error, result=result))
        return 1 if error else 0

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.clock_skew

    async def send(self, message: StatusMessage | BatchEvent) -> None:
        """Send a message until the queue acknowledges it, so perhaps more than once."""
        while True:
            try:
                if all(await self.results.send_batch([OutgoingMessage(dump(message))])):
                    return
            except QueueUnavailableError:
                await asyncio.sleep(0.05)


@dataclass
class World:
    """The API, its workers, the dispatchers and containers over the given queues, wrapped or plain."""

    database: Database
    jobs_queue: Queue
    results_queue: Queue
    script: Script = always_succeed
    pairs: int = 2
    batch: MemoryBatch = field(default_factory=lambda: MemoryBatch(*(f"d-{tier}" for tier in Tier)))
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    real_batch: BatchService | None = None
    definition: str | None = None
    clock_skew: timedelta = timedelta()
    has_capacity: bool = True
    deadline_s: float = 48 * 3600
    grace_s: int = 1
    lane: Lane = Lane.MANUAL

    def __post_init__(self) -> None:
        self.containers = Containers(self.batch, self.storage, self.results_queue, self.script, self.clock_skew)
        self.batch.on_submit = self.containers.begin if self.has_capacity else lambda _request: None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the API, and its workers and dispatchers twice each, until the end of the block."""
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            self.containers.api_url = await self._serve(stack)
            api = await stack.enter_async_context(ApiClient(self.containers.api_url, SECRET))
            settings = self._settings()
            workers = [
                run_sweep(self.database, self.jobs_queue, self.storage, stop, SweepTimes(0.3, 4, self.deadline_s))
            ]
            workers.append(BatchSweep(settings, api=api, batch=self._batch, results=self.results_queue).run(stop))
            for _ in range(self.pairs):
                bucket = TokenBucket(settings.submit_rate)
                submission = Submission(settings, api=api, batch=self._batch, bucket=bucket)
                consumer = jobs_consumer(settings, self.jobs_queue, submission, wait_s=1)
                workers.append(consumer.run(stop))
                workers.append(run_relay(self.database, self.jobs_queue, stop, every_s=0.05))
                consume = partial(run_results_consumer, self.database, self.results_queue, stop, storage=self.storage)
                workers.append(consume(grace_s=self.grace_s, visibility_s=2))
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(worker)
                try:
                    yield
                finally:
                    stop.set()

    @property
    def _batch(self) -> BatchService:
        return self.real_batch or self.batch

    async def _serve(self, stack: AsyncExitStack) -> str:
        settings = ApiSettings(
            database_url="", shared_secret=SECRET, bucket="b", jobs_queue_url="", results_queue_url=""
        )
        fetcher = await stack.enter_async_context(DefinitionFetcher(()))
        queues = {"jobs": QueuePair(self.jobs_queue, None), "results": QueuePair(self.results_queue, None)}
        app = make_app(
            settings,
            database=self.database,
            storage=self.storage,
            queues=queues,
            fetcher=fetcher,
            examiner=DirectExaminer(),
        )
        stack.callback(forget_applications)
        server = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        return str(server.make_url("/"))

    def _settings(self) -> DispatcherSettings:
        return DispatcherSettings(
            stack=STACK,
            api_url="",
            shared_secret=SECRET,
            jobs_queue_url="",
            results_queue_url="",
            bucket="b",
            batch_queues={str(lane): f"q-{lane}" for lane in Lane},
            batch_definitions={str(tier): self.definition or f"d-{tier}" for tier in Tier},
            submit_rate=200,
            visibility_s=2,
            unknown_retry_s=1,
            api_retry_s=1,
            sweep_every_s=0.5,
            job_deadline_s=self.deadline_s / 2,
            array_jobs=True,
            array_least=3,
        )

    async def submit(self, count: int, *, live: bool = True) -> list[int]:
        """Create a run with `count` jobs, each with a name of its own."""
        return await create_planned_jobs(
            self.database, *(f"n{number}" for number in range(count)), live=live, lane=self.lane
        )

    async def wait(self, url: str, jobs: list[int], *, timeout_s: float = 100) -> History:
        """Wait until the jobs and containers have ended, making retries due; return the history."""
        async with asyncio.timeout(timeout_s):
            while True:
                await self.database.execute(_MAKE_RETRIES_DUE)
                history = await asyncio.to_thread(History.read, url, jobs)
                if history.has_ended and not self.containers.running:
                    return history
                await asyncio.sleep(0.2)


def failing_script(seed: int) -> Script:
    """Return a script in which one in four attempts fails; equal seeds give equal scripts."""
    codes = ("upstream.timeout", "infra.storage", "bug.crash", "resource.out_of_memory")

    def script(job: int, attempt: int) -> Ending | None:
        fate = random.Random(f"{seed}/{job}/{attempt}").random()  # noqa: S311 - not cryptography
        if fate < 0.1:
            return None
        if fate < 0.25:
            return JobStatus.FAIL, {"code": codes[int(fate * 1000) % len(codes)], "message": "as the script says"}
        return JobStatus.SUCCESS, None

    return script


def lose_submit_answers(batch: MemoryBatch, count: int, *, seed: int) -> None:
    """Lose the answers of some of the first calls of SubmitJob."""
    chance = random.Random(seed)  # noqa: S311 - not cryptography
    submit = batch.submit
    left = count

    async def unlucky(request: SubmitRequest) -> str:
        nonlocal left
        job = await submit(request)
        if left and chance.random() < 0.3:
            left -= 1
            raise BatchUnknownError("no answer in time")
        return job

    batch.submit = unlucky  # type: ignore[method-assign]


def ended_with(history: History) -> dict[str, Any]:
    """Return how many jobs ended in which way, for the message of a failed assertion."""
    outcomes = [f"{job['status']} {job['error_code']}" for job in history.jobs]
    return {each: outcomes.count(each) for each in sorted(set(outcomes))}
