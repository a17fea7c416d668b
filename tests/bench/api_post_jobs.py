"""POST /api/run/{run}/jobs with 5,000 jobs: time, memory, and that the response does not wait for a queue."""

import gc
import json
import secrets
import time
from contextlib import closing
from typing import Any

import psutil  # type: ignore[import-untyped]
from report import Figure, show
from server import Bench, bench_api, bench_database, statement

from oa_local.client import LocalApi
from oa_local.samples import definition

JOBS = 5_000
POSTS = 5
_MIB = 1024**2


def definitions(post: int) -> list[dict[str, Any]]:
    """Return 5,000 different definitions of one entry each, so that each is validated and stored."""
    made = []
    for place in range(JOBS):
        county = definition(f"http://data.example.com/{post}/{place}")
        layers = county["layers"]
        assert isinstance(layers, dict)
        county["layers"] = {"addresses": layers["addresses"]}
        made.append({"source": county, "source_name": f"xx/bench/{place}"})
    return made


def post(api: LocalApi, jobs: list[dict[str, Any]]) -> tuple[float, list[int]]:
    """Post one run and return the seconds until the response and the IDs."""
    run = api.call("POST", "/api/run", {"live": False})["id"]
    body = {"jobs": jobs}
    began = time.perf_counter()
    answer = api.call("POST", f"/api/run/{run}/jobs", body)
    return time.perf_counter() - began, answer["jobs"]


def busy_s(process: psutil.Process) -> float:
    """Return the processor time of the API, which does not depend on the load of the machine."""
    used = process.cpu_times()
    return float(used.user + used.system)


def bare_insert(bench: Bench, jobs: list[dict[str, Any]]) -> float:
    """Write the same rows with one statement and return its duration in seconds."""
    texts = [json.dumps(job["source"]) for job in jobs]
    values = {
        "definition": texts,
        "sha256": [secrets.token_hex(32) for _ in jobs],
        "source_name": [job["source_name"] for job in jobs],
        "token": [secrets.token_hex(16) for _ in jobs],
        "body": ["x" * 250 for _ in jobs],
    }
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(statement("insert_everything"), values)
        return time.perf_counter() - began


def main() -> None:
    with bench_database() as bench, bench_api(bench) as (api, pid):
        process, times, bare, resident, busy = psutil.Process(pid), [], [], [], []
        for place in range(POSTS):
            jobs = definitions(place)
            before_s = busy_s(process)
            taken_s, ids = post(api, jobs)
            busy.append(busy_s(process) - before_s)
            if len(ids) != JOBS:
                raise SystemExit(f"{len(ids)} jobs were made of {JOBS}")
            times.append(taken_s)
            bare.append(bare_insert(bench, jobs))
            resident.append(process.memory_info().rss / _MIB)
            gc.collect()
        with closing(bench.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement("outbox_state"))
            outbox = cursor.fetchone()
    figures = [
        Figure(
            f"post {place}: until the answer",
            f"{taken_s:.2f} s, of which {used_s:.2f} s on the processor",
            f"{bare_s:.2f} s",
            "one statement that inserts the same rows",
        )
        for place, (taken_s, used_s, bare_s) in enumerate(zip(times, busy, bare, strict=True), 1)
    ]
    figures += [
        Figure("resident memory after each post", " ".join(f"{size:.0f}" for size in resident) + " MiB"),
        Figure("growth from the first to the last", f"{resident[-1] - resident[0]:+.0f} MiB"),
        Figure("messages sent, of those written, with the queue down", f"{outbox['sent']} of {outbox['written']:,}"),
    ]
    show(f"POST /api/run/<run>/jobs, {JOBS:,} jobs of as many definitions; goal under 2 s, memory flat", figures)


if __name__ == "__main__":
    main()
