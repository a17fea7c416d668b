"""Runs docker-compose.yml without containers: each service is a process with exactly the environment of the file.

Host names become ports of loopback, volumes and /tmp become folders. Restart policies, conditions of `depends_on` and
health checks are those of the file; health checks run every half second. LocalStack runs in host mode.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from e2e.compose.compose_file import ComposeService, read_compose
from oa_local.postgres import Postgres
from oa_local.process import Process, free_port

_BIN = Path(sys.executable).parent
_LOOK_EVERY_S = 0.2
_FIRST_BACKOFF_S = 0.1
_LOCALSTACK_PORT = "4566"


@dataclass
class Container:
    """A service that runs; `is_wanted` is false after it was stopped, so that its restart policy does not apply."""

    service: ComposeService
    process: Process
    postgres: Postgres | None = None
    is_wanted: bool = False
    restarts: int = 0

    def start(self) -> None:
        if self.postgres is None:
            self.process.start()
            return
        self.postgres.start()
        database = self.service.environment["POSTGRES_DB"]
        if not self.postgres.exists(database):
            owner, password = (self.service.environment[f"POSTGRES_{name}"] for name in ("USER", "PASSWORD"))
            self.postgres.create_owned(database, owner=owner, password=password)


@dataclass
class ComposeRun:
    """`docker compose` of a project in `folder`; `localstack` is the Python that has LocalStack."""

    folder: Path
    variables: Mapping[str, str]
    localstack: Path
    containers: dict[str, Container] = field(default_factory=dict)
    _ports: dict[tuple[str, str], int] = field(default_factory=dict)
    _closing: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self.services = read_compose(self.variables)
        self._hosts = re.compile(rf"\b({'|'.join(self.services)}):(\d+)\b")

    def port(self, name: str, inner: str) -> int:
        """Return the port of loopback for a port of a service."""
        return self._ports.setdefault((name, inner), free_port())

    def up(self, *, within_s: float = 240) -> None:
        """Start all services, each when the conditions of its dependencies are met."""
        deadline = time.monotonic() + within_s
        self._closing.clear()
        waiting = [service for service in self.services.values() if not self._is_running(service.name)]
        while waiting:
            assert time.monotonic() < deadline, [(service.name, self.log(service.name)[-1500:]) for service in waiting]
            for service in [each for each in waiting if self._may_start(each)]:
                self._start(service)
                waiting.remove(service)
            self._restart_ended()
            time.sleep(_LOOK_EVERY_S)
        self._thread = threading.Thread(target=self._supervise)
        self._thread.start()

    def down(self) -> None:
        """Stop and remove all containers; named volumes stay."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        for container in reversed(self.containers.values()):
            container.is_wanted = False
            container.process.stop(timeout_s=30)
        self.containers.clear()
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def kill(self, name: str) -> None:
        """Kill the process of a service, as the kernel does; its restart policy applies."""
        self._signal(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """Stop a service permanently."""
        self.containers[name].is_wanted = False
        self.containers[name].process.stop(timeout_s=30)

    def start(self, name: str) -> None:
        """Start a service that was stopped."""
        self.containers[name].start()
        self.containers[name].is_wanted = True

    def freeze(self, name: str) -> None:
        """Stop the processes of a service without ending them, as `docker compose pause` does."""
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen service continue."""
        self._signal(name, signal.SIGCONT)

    def log(self, name: str) -> str:
        path = self.folder / "log" / f"{name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def is_healthy(self, name: str) -> bool:
        """Return whether the health check of a service succeeds now."""
        container = self.containers.get(name)
        if container is None or not container.process.running:
            return False
        if container.postgres is not None:
            return container.postgres.answers()
        probe = [self._localize(container.service, word) for word in container.service.probe]
        if probe[0] == "curl":
            probe = ["python3", "-c", f"import urllib.request as web; web.urlopen({probe[-1]!r}, timeout=4)"]
        command = self._command(container.service, probe)
        return subprocess.run(command, check=False, capture_output=True, timeout=20).returncode == 0

    def _signal(self, name: str, number: signal.Signals) -> None:
        os.killpg(self.containers[name].process.pid, number)

    def _is_running(self, name: str) -> bool:
        return name in self.containers and self.containers[name].process.running

    def _may_start(self, service: ComposeService) -> bool:
        return all(self._is_met(name, condition) for name, condition in service.needs.items())

    def _is_met(self, name: str, condition: str) -> bool:
        if condition == "service_healthy":
            return self.is_healthy(name)
        assert condition == "service_completed_successfully"
        child = self.containers[name].process.child if name in self.containers else None
        if child is None or child.poll() is None:
            return False
        assert child.returncode == 0, self.log(name)
        return True

    def _start(self, service: ComposeService) -> None:
        log = self.folder / "log" / f"{service.name}.log"
        if service.image.startswith("postgres:"):
            port = self.port("postgres", "5432")
            server = Postgres(self.folder / "volumes" / "postgres", port=port, fsync_off=True, log=log)
            container = Container(service, server.process, server)
        else:
            container = Container(service, Process(self._command(service, self._list_words(service)), log=log))
        self.containers[service.name] = container
        container.start()
        container.is_wanted = True

    def _list_words(self, service: ComposeService) -> list[str]:
        if service.image.startswith("localstack/"):
            return [str(self.localstack), "-m", "localstack.runtime.main"]
        return [self._localize(service, word) for word in service.command]

    def _command(self, service: ComposeService, words: list[str]) -> list[str]:
        """Return a command line that runs a program with the environment of a service and nothing else."""
        program = sys.executable if words[0] == "python3" else words[0]
        tmp = self._folder("tmp", service.name)
        environment = {name: self._localize(service, value) for name, value in service.environment.items()}
        environment |= {"PATH": f"{_BIN}:/usr/bin:/bin", "HOME": str(tmp), "TMPDIR": str(tmp), "PYTHONUNBUFFERED": "1"}
        for name in ("OA_PORT", "OA_HEALTH_PORT"):
            if name in environment:
                environment[name] = str(self.port(service.name, environment[name]))
        if service.image.startswith("localstack/"):
            environment["GATEWAY_LISTEN"] = f"127.0.0.1:{self.port(service.name, _LOCALSTACK_PORT)}"
        program = program if "/" in program else str(_BIN / program)
        pairs = [f"{name}={value}" for name, value in environment.items()]
        return ["/usr/bin/env", "-i", *pairs, program, *words[1:]]

    def _localize(self, service: ComposeService, text: str) -> str:
        """Return a value of the file with the ports and folders of this machine."""
        folders = {"/tmp": self._folder("tmp", service.name)}  # noqa: S108 - that of the container
        for volume in service.volumes:
            name, _, inner = volume.partition(":")
            folders[inner] = self._folder("volumes", name)
        # In one pass: the folders of this run may be below /tmp too.
        text = re.sub(rf"({'|'.join(folders)})\b", lambda match: str(folders[match[1]]), text)
        text = re.sub(r"127\.0\.0\.1:(\d+)", lambda match: f"127.0.0.1:{self.port(service.name, match[1])}", text)
        text = re.sub(r"--port=(\d+)", lambda match: f"--port={self.port(service.name, match[1])}", text)
        text = self._hosts.sub(lambda match: f"127.0.0.1:{self.port(match[1], match[2])}", text)
        return text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the containers listen on all addresses

    def _folder(self, *names: str) -> Path:
        path = self.folder.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _supervise(self) -> None:
        while not self._closing.wait(_LOOK_EVERY_S):
            self._restart_ended()

    def _restart_ended(self) -> None:
        """Apply the restart policies, with the first pause of Docker."""
        for container in list(self.containers.values()):
            has_policy = container.service.restart in {"always", "unless-stopped"}
            if has_policy and container.is_wanted and not container.process.running:
                time.sleep(_FIRST_BACKOFF_S)
                container.restarts += 1
                container.start()
