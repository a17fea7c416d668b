"""A job on EC2 whose dispatcher ended before it reported the ID of the container: the sweep finds the container."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from oa_local.samples import definition
from oa_tools.deployment.flow_steps import execute, submit_job, wait_for_success, wait_until
from oa_tools.deployment.system import DeployedSystem, DeployedSystemError

_SWEPT = '"batch_swept"'
_SWEEPS = 4
_TIMEOUT_S = 60.0
_FORGET = "update job set batch_job = null, updated_at = now() - interval '1 hour' where id = %s and rank < 9"


def find_unreported_job(system: DeployedSystem) -> str:
    """Run a job of the tier `large`, remove its Batch ID while it runs, and wait for some sweeps and its end."""
    source: Any = definition(system.files_url)
    with _hold_back((system.samples / "addresses.csv").read_bytes()) as (url, has_request, release):
        source["layers"]["addresses"][0]["data"] = url
        source["layers"]["addresses"][0]["conform"]["size"] = "large"
        number = submit_job(system, source)
        api = system.api()
        wait_until(system, f"job {number}", lambda: api.job(number), lambda job: job["status"] == "Running")
        if not has_request.wait(_TIMEOUT_S):
            raise DeployedSystemError(f"job {number} does not download its data")
        execute(system, _FORGET, [number])
        _wait_for_sweeps(system)
        release.set()
        job: Any = wait_for_success(system, number)
    if job["attempt"] != 1 or job["tier"] != "large":
        text = f"job {number} counted as lost while it ran"
        raise DeployedSystemError(f"{text}: it ended in attempt {job['attempt']}, with the tier {job['tier']}")
    return (
        f"job {number} of the tier large was found by its name in {_SWEEPS} sweeps, and succeeded in its first attempt"
    )


def _wait_for_sweeps(system: DeployedSystem) -> None:
    log = system.processes["dispatcher"].log
    before = log.read_text("utf-8").count(_SWEPT)
    deadline = time.monotonic() + _TIMEOUT_S
    while log.read_text("utf-8").count(_SWEPT) < before + _SWEEPS:
        system.check_processes()
        if time.monotonic() > deadline:
            raise DeployedSystemError(f"the dispatcher has not swept {_SWEEPS} times in {_TIMEOUT_S:g} s")
        time.sleep(0.5)


@contextmanager
def _hold_back(body: bytes) -> Iterator[tuple[str, Event, Event]]:
    """Serve a file that is sent when the second event is set; the first one is set by a request for it."""
    has_request, release = Event(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            has_request.set()
            release.wait(_TIMEOUT_S * 2)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/held-back.csv", has_request, release
    finally:
        release.set()
        server.shutdown()
        thread.join()
