"""One child program: started so that it cannot outlive this process, stopped politely and then not."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from oa_shared.errors import OaError


class StartError(OaError):
    """A part of the local stack did not come up."""

    code = "local.start"
    title = "A part of the local stack did not start."


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Return whether something listens on that port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(slots=True)
class Process:
    """A program that dies with this process; its output is appended to `log`."""

    command: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    unprivileged: Path | None = None
    death_signal: int = signal.SIGKILL
    stop_signal: int = signal.SIGTERM
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only its parent; an earlier one has ended."""
        if self.child is not None:
            self.child.wait()
        options = ["--parent", str(os.getpid()), "--signal", str(int(self.death_signal))]
        if self.unprivileged is not None:
            options += ["--unprivileged", str(self.unprivileged)]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(  # noqa: S603 - the stack's own programs
                [sys.executable, "-m", "oa_local.launch", *options, "--", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environ},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id; raises StartError before start()."""
        if self.child is None:
            raise StartError(f"{self.command[0]} was never started")
        return self.child.pid

    @property
    def running(self) -> bool:
        """Return whether it was started and has not ended."""
        return self.child is not None and self.child.poll() is None

    def stop(self, *, patience_s: float = 25.0) -> None:
        """Ask it to end, wait, then kill its whole group."""
        if self.child is None:
            return
        if self.running:
            self.child.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(patience_s)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        if self.child is not None and self.running:
            self.child.kill()

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:]) if self.log.exists() else ""
