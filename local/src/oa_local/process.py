"""A child program that ends with this process and is stopped first by a signal, then by SIGKILL."""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.request import urlopen

from oa_shared.errors import OaError

# Ten times what a service takes on an idle machine: a limit for services that never answer, not for slow machines.
START_S = 90.0
_POLL_S = 0.05
# The first and the last port that Linux chooses itself.
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Below are those of well-known servers.
_LOWEST_PORT = 15_000
_STOP_AFTER_FAILURE_S = 5.0


class StartError(OaError):
    """A service of the local stack did not start."""

    code = "local.start"
    title = "A service of the local stack did not start."


def free_port() -> int:
    """Return a TCP port of loopback on which nothing listens now, and which no system of this user keeps for later."""
    while True:
        port = _probe_port()
        if (claim := claim_port(port)) is not None:
            claim.close()
            return port


def _probe_port() -> int:
    """Return a port that a server can take now, and that the system does not give away until then.

    The system gives ports of its range to connections and to servers that leave the choice to it. A service that
    listens seconds after the choice of such a port, or again after a restart, may find it taken.
    """
    kept = _ports_below_the_range()
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(kept) if kept else 0))
            return int(probe.getsockname()[1])


def _ports_below_the_range() -> range:
    """Return unprivileged ports that the system never chooses itself; empty if it may choose all, or does not say."""
    with suppress(OSError):
        lowest = int(_PORT_RANGE.read_text("ascii").split()[0])
        return range(max(_LOWEST_PORT, lowest - _LOWEST_PORT), lowest)
    return range(0)


def accepts(port: int) -> bool:
    """Return whether a program listens on a port of loopback; it may still not answer."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def claim_port(port: int) -> IO[bytes] | None:
    """Return an open file that keeps a port from other systems of this user until it is closed; None if one has it.

    A system needs seconds from the choice of its ports until its services listen. Without the claim, a second
    system that starts at the same time takes the same port, and then the services of the first for its own.
    """
    file = (Path(tempfile.gettempdir()) / f"oa-local-{os.getuid()}-port-{port}.lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_ready(port: int) -> bool:
    """Return whether the API on a port of loopback can serve requests."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/ready", timeout=3) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, HTTPException):
        return False


def answers_http(url: str) -> bool:
    """Return whether a server answers a request, with any status: its port accepts before the server answers."""
    try:
        with urlopen(url, timeout=3):  # noqa: S310 - a server of the stack
            return True
    except HTTPError as error:
        error.close()
        return True
    except (OSError, HTTPException):
        return False


@dataclass(slots=True)
class Process:
    """A program that ends with this process; its output is appended to `log`. It answers within `start_s` seconds.

    A detached program outlives this process.
    """

    command: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    unprivileged: Path | None = None
    death_signal: int = signal.SIGKILL
    stop_signal: int = signal.SIGTERM
    start_s: float = START_S
    is_detached: bool = False
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program in its own process group, so that Ctrl-C reaches only this process."""
        if self.child is not None:
            self.child.wait()
        supervised = [sys.executable, "-m", "oa_local.supervised_exec"]
        options = ["--parent", str(os.getpid()), "--signal", str(int(self.death_signal))]
        if self.unprivileged is not None:
            options += ["--unprivileged", str(self.unprivileged)]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 - a program of the stack
                self.command if self.is_detached else [*supervised, *options, "--", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environ},
                start_new_session=True,
            )

    def start_and_wait(self, name: str, is_answering: Callable[[], bool]) -> None:
        """Start the program and return when it answers.

        Raises StartError with the end of the log if it ends or does not answer in time. After any exception, which
        includes KeyboardInterrupt, the program has been stopped.
        """
        try:
            self.start()
            self._wait_until(name, is_answering)
        except BaseException:
            self.stop(timeout_s=_STOP_AFTER_FAILURE_S)
            raise

    def _wait_until(self, name: str, is_answering: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.start_s
        while self.running and not is_answering():
            if time.monotonic() > deadline:
                raise StartError(f"{name} did not answer within {self.start_s:g} s:\n{self.tail()}")
            time.sleep(_POLL_S)
        if not self.running:
            raise StartError(f"{name} ended before it answered:\n{self.tail()}")

    def run(self, *, within_s: float) -> int:
        """Run the program to its end and return its exit status; after any exception it has been stopped.

        Raises TimeoutExpired.
        """
        try:
            self.start()
            return self.child.wait(within_s) if self.child else 1
        finally:
            self.stop(timeout_s=0)

    @property
    def pid(self) -> int:
        """The process id. Raises StartError before start()."""
        if self.child is None:
            raise StartError(f"{self.command[0]} has not been started")
        return self.child.pid

    @property
    def running(self) -> bool:
        """Return whether the program has started and not ended."""
        return self.child is not None and self.child.poll() is None

    def stop(self, *, timeout_s: float = 25.0) -> None:
        """Send the stop signal, wait, then kill the process group."""
        if self.child is None:
            return
        if self.running:
            self.child.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(timeout_s)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def kill(self) -> None:
        """Kill the program at once, as `kill -9` does."""
        if self.child is not None and self.running:
            self.child.kill()

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:]) if self.log.exists() else ""
