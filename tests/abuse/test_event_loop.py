"""No callback of the API's event loop works for 50 ms: first requests, the largest bodies, all kinds of JSON.

The measure is the CPU time of the loop's thread, so a loaded machine does not change it.
"""

import asyncio
import gzip
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from abuse.credentials import Credentials
from abuse.hostile_rows import JOBS, hostile_files, seed
from abuse.measured_api import LIMIT_S
from abuse.odd_requests import fill_path, good_body
from abuse.raw_http import ProbeRequest, RawClient
from oa_api.http.fields import SMALL_BODY_BYTES
from oa_api.http.routing import PAGE
from oa_api.http.schemas import MAX_LIMIT
from oa_api.pull_requests.api import MAX_BYTES
from oa_api.routes import ROUTES
from oa_local.aws_client import client
from oa_local.process import Process, free_port, is_ready
from oa_local.provision import Queues
from support.fakes.github_events import SECRET as WEBHOOK_SECRET
from support.fakes.github_events import headers as webhook_headers
from support.loop_cost import LoopCost
from support.running_api import SECRET, definition

_START_S, _END_S = 120.0, 120.0
# More runs than the seeds have, so that one of them is the new one.
_RUNS = 14
_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class _MeasuredApi:
    process: Process
    url: str
    file: Path

    def stop(self) -> dict[str, Any]:
        """Stop the process and return what its callbacks cost."""
        self.process.stop(timeout_s=_END_S)
        cost: dict[str, Any] = json.loads(self.file.read_text("utf-8"))
        return cost


@contextmanager
def _measured_api(folder: Path, environ: dict[str, str]) -> Iterator[_MeasuredApi]:
    port, file = free_port(), folder / "cost.json"
    environ = {**environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OA_PORT": str(port)}
    environ["OA_TEST_LOOP_COST"] = str(file)
    process = Process([sys.executable, "-m", "abuse.measured_api"], log=folder / "api.log", environ=environ)
    try:
        process.start_and_wait("the measured API", lambda: is_ready(port))
        yield _MeasuredApi(process, f"http://127.0.0.1:{port}/", file)
    finally:
        process.stop(timeout_s=0)


@pytest.fixture
def environ(database_url: str, aws: dict[str, str], queues: Queues, bucket: str) -> dict[str, str]:
    store = client("s3", aws)
    for job in range(1, JOBS + 1):
        for name, body in hostile_files(job).items():
            store.put_object(Bucket=bucket, Key=f"job/{job}/attempt-1/{name}", Body=body)
    seed(database_url)
    return {
        **aws,
        "OA_DATABASE_URL": database_url,
        "OA_SHARED_SECRET": SECRET,
        "OA_BUCKET": bucket,
        "OA_OUTPUT_MODE": "stream",
        "OA_JOBS_QUEUE_URL": queues.jobs_url,
        "OA_JOBS_DLQ_URL": queues.jobs_dlq_url,
        "OA_RESULTS_QUEUE_URL": queues.results_url,
        "OA_RESULTS_DLQ_URL": queues.results_dlq_url,
        "OA_GITHUB_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "OA_GITHUB_REPOSITORY": "openaddresses/openaddresses",
        "OA_GITHUB": "false",
        "OA_MAIL_URL": "smtp://127.0.0.1:9",
        "OA_SCHEDULES": "false",
    }


def test_no_callback_of_the_loop_works_for_50_ms(tmp_path: Path, environ: dict[str, str]) -> None:
    credentials = Credentials(environ["OA_DATABASE_URL"])
    with _measured_api(tmp_path, environ) as api:
        http, statuses = RawClient(api.url), set()
        requests = (
            _first_requests(credentials),
            _large_requests(credentials),
            _large_events(),
            _many_jobs(credentials),
        )
        for request in chain.from_iterable(requests):
            statuses.add(http.send(request).status)
        http.close()
        cost = api.stop()
    print(f"longest {cost['longest_s'] * 1000:.1f} ms, statuses {sorted(statuses)}")
    assert {200, 400, 413, 422} <= statuses
    assert cost["blocks"] == []


def _first_requests(credentials: Credentials) -> Iterator[ProbeRequest]:
    """Yield a request of each route as an admin, with a valid body."""
    for route in ROUTES:
        headers = credentials.headers("admin") | ({"Accept": "text/html"} if route.tag == PAGE else {})
        body = good_body(route)
        if body is not None:
            headers |= _JSON
        yield ProbeRequest(route.method, fill_path(route), route.path, headers=headers, body=body)


def _large_requests(credentials: Credentials) -> Iterator[ProbeRequest]:
    """Yield the largest bodies that each route takes, in each shape, as an admin; one of them compressed."""
    for route in ROUTES:
        if route.method == "GET":
            continue
        headers = credentials.headers("admin") | (_FORM if route.tag == PAGE else _JSON)
        packed = {**headers, "Content-Encoding": "gzip"}
        shapes = list(large_shapes(getattr(route.body, "max_bytes", SMALL_BODY_BYTES)))
        bodies = [(packed, gzip.compress(shapes[0], 1, mtime=0)), *((headers, shape) for shape in shapes)]
        # A page refuses what is longer than a form: two show it.
        for used, body in bodies[: 2 if route.tag == PAGE else None]:
            yield ProbeRequest(route.method, fill_path(route), route.path, headers=used, body=body)


def _large_events() -> Iterator[ProbeRequest]:
    """Yield events that GitHub signed, as large as they may be."""
    for shape in large_shapes(MAX_BYTES):
        for event in ("pull_request", "push", "unknown"):
            headers = webhook_headers(event, shape)
            yield ProbeRequest("POST", "/api/github/event", "/api/github/event", headers=headers, body=shape)


def _many_jobs(credentials: Credentials) -> Iterator[ProbeRequest]:
    """Yield requests for 4,000 jobs with large definitions, then for the longest lists and pages of them."""
    admin = credentials.headers("admin")
    coverage = {"country": "xx", "note": "x" * 100_000}
    source = definition(*map(str, range(400)), coverage=coverage)
    large = [{"source": source, "source_name": f"xx/town-{n}"} for n in range(10)]
    body = json.dumps({"jobs": large}).encode()
    yield ProbeRequest("POST", "/api/run", "/api/run", headers={**admin, **_JSON}, body=b"{}")
    for run in range(1, _RUNS + 1):
        yield ProbeRequest("POST", f"/api/run/{run}/jobs", "/api/run/{run}/jobs", headers={**admin, **_JSON}, body=body)
    for target in ("/api/job", "/api/run", "/api/data", "/api/audit", "/jobs", "/runs", "/data"):
        headers = admin if target.startswith("/api") else {**admin, "Accept": "text/html"}
        yield ProbeRequest("GET", f"{target}?limit={MAX_LIMIT}", target, headers=headers)


def large_shapes(size_bytes: int) -> Iterator[bytes]:
    """Yield JSON of a size: what costs a decoder, a validator or a check of each value most."""
    room = size_bytes - 100
    yield b'{"a":"' + b"x" * room + b'"}'
    yield b'{"a":"' + b"\\u0061" * (room // 6) + b'"}'
    yield b'{"a":[' + b"[]," * (room // 3) + b"0]}"
    yield b"{" + b",".join(b'"%x":0' % number for number in range(room // 12)) + b"}"
    yield b'{"a":[' + b"1e5," * (room // 4) + b"0]}"
    yield b'{"a":' + b"[" * (room // 2) + b"]" * (room // 2) + b"}"
    yield b"{" + b",".join(b'"%d":"\\ud800"' % number for number in range(19_000)) + b"}"
    yield b'{"jobs":[' + b",".join([b'{"source":{}}'] * min(9_000, room // 14)) + b"]}"
    yield b"a" * room
    yield b"&".join([b"a=%00"] * 900)


def test_callback_that_works_is_a_block_and_one_that_waits_is_not() -> None:
    cost = LoopCost(limit_s=LIMIT_S)

    async def run() -> None:
        await asyncio.create_task(_work())
        await asyncio.create_task(_wait())

    with cost.measure():
        asyncio.run(run())
    ((seconds, stack),) = cost.blocks
    assert seconds > LIMIT_S
    assert "_work" in stack


async def _work() -> None:
    started = time.thread_time()
    while time.thread_time() - started < 2 * LIMIT_S:
        pass


async def _wait() -> None:
    time.sleep(2 * LIMIT_S)  # noqa: ASYNC251 - it blocks on purpose
