"""A week's run by simulation: API, relay, dispatcher and results consumer, SQS and Batch simulated.

`make bench ONLY=scale`; OA_SCALE_JOBS is the number of jobs (20,000), OA_SCALE_SPEED how much faster than on AWS the
simulated quotas are (50), OA_SCALE_ARRAYS whether jobs are submitted as array jobs (`no,yes`: first without,
then with them). The containers do nothing. The figures of the quotas and those of our own processes are apart: the
slower of the two decides how long a million jobs take.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import aiohttp
import psutil  # type: ignore[import-untyped]
import structlog
from report import Figure, show
from scaled_batch import CALLS_PER_S, STARTS_PER_S, ScaledBatch
from scaled_queue import ScaledQueue
from server import Bench, bench_database, statement

from oa_api.db.database import Database
from oa_api.http.idempotency import Idempotency
from oa_api.identity.principal import SERVICE
from oa_api.jobs.job_creation import create_jobs
from oa_api.jobs.outbox_relay import MAX_AHEAD, run_relay
from oa_api.jobs.planning import JobPlan, PlannedJob
from oa_api.jobs.requests import NewRun
from oa_api.jobs.results_consumer import run_results_consumer
from oa_api.jobs.runs import create_run
from oa_dispatcher.api_client import ApiClient
from oa_dispatcher.main import jobs_consumer
from oa_dispatcher.settings import DispatcherSettings
from oa_dispatcher.submission import Submission
from oa_dispatcher.token_bucket import TokenBucket
from oa_local.standalone_api import standalone_api
from oa_shared.job_kinds import JobKind
from oa_shared.scheduling import Lane, Tier

JOBS = int(os.environ.get("OA_SCALE_JOBS", "20000"))
SPEED = float(os.environ.get("OA_SCALE_SPEED", "50"))
MODES = os.environ.get("OA_SCALE_ARRAYS", "no,yes").split(",")
# Messages on the jobs queue before their jobs are submitted, as docs/deploy.md proposes for array jobs.
AHEAD_OF_ARRAYS = 2000
# What docs/deploy.md leaves for SubmitJob of the 50 calls.
SUBMITS_PER_S = 40.0
MILLION = 1_000_000
_JOBS_OF_A_REQUEST = 5_000
_PATIENCE_S = 1800.0
_MIB = 1024**2
_WORKERS_OFF = {f"OA_{name}": "no" for name in ("RELAY", "CONSUMER", "SWEEP", "WEBHOOKS", "BULK", "SCHEDULES")}


@dataclass(frozen=True, slots=True)
class Course:
    """Wall seconds until all jobs were submitted and until all had ended, and the peak memory of the processes.

    `processor_s` is what relay, dispatcher and API used until all jobs were submitted.
    """

    submitted_s: float
    ended_s: float
    processor_s: float
    api_mib: float
    workers_mib: float


@dataclass(slots=True)
class Peaks:
    """The peak resident memory of the API, and of this process with the relay, dispatcher, consumer and simulation."""

    api: psutil.Process
    api_mib: float = 0.0
    workers_mib: float = 0.0

    def processor_s(self) -> float:
        """Return the processor time that both have used."""
        times = self.api.cpu_times()
        return time.process_time() + float(times.user + times.system)

    def sample(self) -> None:
        """Note the present sizes."""
        self.api_mib = max(self.api_mib, self.api.memory_info().rss / _MIB)
        self.workers_mib = max(self.workers_mib, psutil.Process().memory_info().rss / _MIB)


def dispatcher_settings(api_url: str, secret: str, *, has_arrays: bool) -> DispatcherSettings:
    """Return settings whose rate is that of a deployment, sped up."""
    return DispatcherSettings(
        stack="bench",
        api_url=api_url,
        shared_secret=secret,
        jobs_queue_url="jobs",
        results_queue_url="results",
        bucket="bucket",
        batch_queues={str(lane): f"queue-{lane}" for lane in Lane},
        batch_definitions={str(tier): f"definition-{tier}" for tier in Tier},
        submit_rate=SUBMITS_PER_S * SPEED,
        array_jobs=has_arrays,
    )


async def create(database: Database) -> float:
    """Create a live weekly run with all jobs, of one definition, and return the seconds that this took."""
    began = time.perf_counter()
    idempotency = Idempotency(None, "", b"", owner="service")
    run = await create_run(database, NewRun(live=True, lane=Lane.WEEKLY), idempotency, by=SERVICE)
    for start in range(0, JOBS, _JOBS_OF_A_REQUEST):
        names = range(start, min(JOBS, start + _JOBS_OF_A_REQUEST))
        plan = JobPlan([plan_job(place) for place in names], [])
        await create_jobs(database, run, plan, idempotency=idempotency, traceparent="", by=SERVICE)
    return time.perf_counter() - began


def plan_job(place: int) -> PlannedJob:
    """Return a small job of a dataset of its own."""
    return PlannedJob(
        source_name=f"xx/bench/{place}",
        source_url=None,
        sha256="0" * 64,
        definition="{}",
        layer="addresses",
        name="county",
        tier=Tier.SMALL,
        kind=JobKind.SOURCE,
        host=None,
    )


@asynccontextmanager
async def running_workers(
    database: Database, settings: DispatcherSettings, queues: tuple[ScaledQueue, ScaledQueue], batch: ScaledBatch
) -> AsyncIterator[None]:
    """Run the relay, a dispatcher, the results consumer and Batch until the end of the block."""
    jobs, results = queues
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(ApiClient(settings.api_url, settings.shared_secret))
        submission = Submission(settings, api=api, batch=batch, bucket=TokenBucket(settings.submit_rate))
        consumer = jobs_consumer(settings, jobs, submission, wait_s=1)
        ahead = AHEAD_OF_ARRAYS if settings.array_jobs else MAX_AHEAD
        async with asyncio.TaskGroup() as group:
            for run in (
                partial(run_relay, database, jobs, max_ahead=ahead),
                consumer.run,
                partial(run_results_consumer, database, results),
                batch.run,
            ):
                group.create_task(run(stop))
            try:
                yield
            finally:
                stop.set()


async def watch(bench: Bench, peaks: Peaks, batch: ScaledBatch) -> Course:
    """Wait until all jobs have ended, and return the course. Raises SystemExit when they do not."""
    began, submitted_s, spent_s = time.perf_counter(), 0.0, -peaks.processor_s()
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        while True:
            peaks.sample()
            await asyncio.to_thread(cursor.execute, statement("scale_state"))
            row, elapsed_s = cursor.fetchone(), time.perf_counter() - began
            if not submitted_s and not row["pending"]:
                submitted_s = elapsed_s
                spent_s += peaks.processor_s()
                batch.hurry()
            if row["succeeded"] == JOBS:
                return Course(submitted_s, elapsed_s, spent_s, peaks.api_mib, peaks.workers_mib)
            if elapsed_s > _PATIENCE_S:
                raise SystemExit(f"{row['succeeded']:,} of {JOBS:,} jobs succeeded within {elapsed_s:.0f} s")
            await asyncio.sleep(0.5)


async def simulate(bench: Bench, settings: DispatcherSettings, api: int) -> tuple[float, Course, int, list[Figure]]:
    """Run all jobs; return the seconds to create them, the course, the calls of SubmitJob, figures of queues."""
    database = await Database.open(bench.database_url)
    jobs, results = ScaledQueue(), ScaledQueue()
    refusals: list[int] = []
    async with aiohttp.ClientSession() as session:

        async def assign(environment: Mapping[str, str], place: int, batch_job: str) -> Mapping[str, object]:
            body = {"token": environment["OA_ARRAY_TOKEN"], "place": place, "batch_job": batch_job}
            url = f"{settings.api_url}/api/array/{environment['OA_ARRAY']}/child"
            while True:
                async with session.post(url, json=body) as response:
                    attempt: Mapping[str, object] = await response.json()
                    if response.status == HTTPStatus.OK:
                        return attempt
                refusals.append(response.status)
                await asyncio.sleep(1)

        batch = ScaledBatch(results, speed=SPEED, assign=assign)
        try:
            created_s = await create(database)
            async with running_workers(database, settings, (jobs, results), batch):
                course = await watch(bench, Peaks(psutil.Process(api)), batch)
        finally:
            await database.close()
    figures = [
        Figure("calls of SubmitJob", f"{batch.submissions:,}", f"{JOBS:,}", "one for each job"),
        Figure("throttled calls of Batch", f"{batch.throttled:,}"),
        Figure("containers that the API asked to wait", f"{len(refusals):,}"),
        Figure("calls of SQS, jobs and results queue", f"{jobs.calls:,} and {results.calls:,}"),
        Figure("most messages in flight", f"{max(jobs.most_in_flight, results.most_in_flight):,}", "120,000", "quota"),
    ]
    return created_s, course, batch.submissions, figures


def table_sizes(bench: Bench) -> list[Figure]:
    """Return the size of each table with its indexes, and what it would be with a million jobs."""
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement("table_sizes"))
        rows = cursor.fetchall()
    return [
        Figure(
            f"table {row['name']}", f"{row['bytes'] / _MIB:,.1f} MiB", f"{row['bytes'] / JOBS:,.0f} bytes", "each job"
        )
        for row in rows
    ]


def arithmetic(course: Course, submissions: int) -> list[Figure]:
    """Return how long a million jobs take: by the quotas of AWS, and by our processes on this machine."""
    submit_s, start_s = MILLION / JOBS * submissions / SUBMITS_PER_S, MILLION / STARTS_PER_S
    ours_s = MILLION / JOBS * course.submitted_s
    end_s = MILLION / JOBS * course.ended_s
    return [
        Figure("a million: SubmitJob", hours(submit_s), f"{SUBMITS_PER_S:.0f} of {CALLS_PER_S}/s", "quota"),
        Figure("a million: processor time of relay, dispatcher and API", hours(MILLION / JOBS * course.processor_s)),
        Figure("a million: our relay and dispatcher", hours(ours_s), f"{JOBS / course.submitted_s:,.0f}/s", "as here"),
        Figure("a million: submitted after", hours(max(submit_s, ours_s))),
        Figure("a million: starts on Fargate", hours(start_s), f"{STARTS_PER_S}/s", "quota"),
        Figure("a million: ended after", hours(max(start_s, submit_s, end_s))),
    ]


def hours(seconds: float) -> str:
    """Return a duration as text."""
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.1f} min"


@contextmanager
def quiet_log() -> Iterator[None]:
    """Log errors only: a line for each message would be what is measured."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield


def run(*, has_arrays: bool) -> None:
    """Simulate a run with a database of its own, and print its figures."""
    with quiet_log(), bench_database() as bench, standalone_api(bench.database, _WORKERS_OFF) as (api, pid):
        settings = dispatcher_settings(api.url, api.secret, has_arrays=has_arrays)
        created_s, course, submissions, simulated = asyncio.run(simulate(bench, settings, pid))
        sizes = table_sizes(bench)
    figures = [
        Figure("created", f"{created_s:.1f} s", f"{JOBS / created_s:,.0f}/s"),
        Figure("submitted", f"{course.submitted_s:.1f} s", f"{JOBS / course.submitted_s:,.0f}/s"),
        Figure("processor time until submitted", f"{course.processor_s:.1f} s", f"{JOBS / course.processor_s:,.0f}/s"),
        Figure("ended", f"{course.ended_s:.1f} s", f"{JOBS / course.ended_s:,.0f}/s"),
        *simulated,
        Figure("peak memory of the API", f"{course.api_mib:.0f} MiB"),
        Figure("peak memory of relay, dispatcher, consumer and simulation", f"{course.workers_mib:.0f} MiB"),
    ]
    how = "with array jobs" if has_arrays else "each submitted individually"
    show(f"{JOBS:,} weekly jobs, {how}, quotas of AWS at {SPEED:g} times their speed", figures)
    show("tables with their indexes", sizes)
    show(f"arithmetic to 1,000,000 jobs, {how}", arithmetic(course, submissions))


def main() -> None:
    for mode in MODES:
        run(has_arrays=mode == "yes")


if __name__ == "__main__":
    main()
