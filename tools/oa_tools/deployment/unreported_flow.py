"""A job on EC2 whose dispatcher ended before it reported the ID of the container: the sweep finds the container."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from oa_local.samples import definition
from oa_tools.deployment.flow_steps import execute, submit_job, wait_for_success, wait_until
from oa_tools.deployment.system import SLOTS, DeployedSystem, DeployedSystemError

_SWEPT = '"batch_swept"'
_SWEEPS = 6
_TIMEOUT_S = 60.0
_FORGET = "update job set batch_job = null, updated_at = now() - interval '1 hour' where id = %s and rank < 9"


def find_unreported_job(system: DeployedSystem) -> str:
    """Remove the Batch ID of a job of the tier `large` that waits for a machine, and wait for some sweeps and its end.

    At the same time, jobs whose data does not arrive take all machines.
    """
    with _serve_late((system.samples / "addresses.csv").read_bytes()) as server:
        source: Any = definition(system.files_url)
        source["layers"]["addresses"][0]["data"] = server.url
        blocking = [submit_job(system, source) for _ in range(SLOTS)]
        wait_until(system, "the download", lambda: server.requests, lambda number: number >= SLOTS)
        source["layers"]["addresses"][0]["conform"]["size"] = "large"
        number = submit_job(system, source)
        api: Any = system.api()
        wait_until(system, f"job {number}", lambda: api.job(number), lambda job: job["batch_job"] is not None)
        execute(system, _FORGET, [number])
        _wait_for_sweeps(system)
        attempt = api.job(number)["attempt"]
        server.release.set()
        job: Any = wait_for_success(system, number)
        for each in blocking:
            wait_for_success(system, each)
    if (attempt, job["attempt"], job["tier"]) != (1, 1, "large"):
        text = f"job {number} counted as lost while its container waited"
        raise DeployedSystemError(f"{text}: it ended in attempt {job['attempt']}, with the tier {job['tier']}")
    return f"job {number} of the tier large: found by its name in {_SWEEPS} sweeps, succeeded in its first attempt"


def _wait_for_sweeps(system: DeployedSystem) -> None:
    log = system.processes["dispatcher"].log

    def count() -> int:
        return log.read_text("utf-8").count(_SWEPT)

    before = count()
    name = f"the wait for {_SWEEPS} sweeps of the dispatcher"
    wait_until(system, name, count, lambda swept: swept >= before + _SWEEPS, within_s=_TIMEOUT_S)


@dataclass(slots=True)
class _HoldingServer:
    """A server of one file, which is sent when `release` is set; `requests` counts those that wait."""

    url: str
    release: Event = field(default_factory=Event)
    requests: int = 0


@contextmanager
def _serve_late(body: bytes) -> Iterator[_HoldingServer]:
    """Serve a file that is sent when the event is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server_state.requests += 1
            server_state.release.wait(_TIMEOUT_S * 2)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server_state = _HoldingServer(f"http://127.0.0.1:{server.server_port}/late.csv")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server_state
    finally:
        server_state.release.set()
        server.shutdown()
        thread.join()
