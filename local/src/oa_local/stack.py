"""All services of the system as processes of this machine: settings, start order and restarts."""

import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import structlog

from oa_local.batch.process import BatchProcess
from oa_local.emulator import Emulator
from oa_local.ports import choose_ports
from oa_local.postgres import Postgres, migrate
from oa_local.private_file import write_private
from oa_local.process import Process, StartError, answers_http, is_ready
from oa_local.provision import Queues, create_bucket, create_queues

STACK = "local"
DATABASE = "openaddresses"
# Settings that jobs get in addition to those from the dispatcher.
# Jobs that the emulation of Batch runs at once.
_SLOTS = os.cpu_count() or 2
_JOB_SETTINGS = ("OA_ALLOW_HOSTS", "OA_WITHOUT", "OA_FAULT_POINTS", "OA_FAULT_FOLDER")
_OPENED = ("files", "cases", "towns")  # the ports of sources; jobs reach no other service of this machine
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Service:
    """A service; `start` returns when it is ready."""

    name: str
    process: Process
    start: Callable[[], None]
    stop: Callable[[], None]


def read_secret(folder: Path) -> str:
    """Return the shared secret, created at the first start and readable by this user only."""
    path = folder / "secret"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text("ascii").strip()


@dataclass(slots=True)
class Stack:
    """The whole system with its state in `folder`; `settings` are OA_* values that override the defaults.

    `api_port` is the port of the pages; without one, that of the last start or a free one.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    api_port: int | None = None
    ports: dict[str, int] = field(init=False)
    secret: str = field(init=False)
    postgres: Postgres = field(init=False)
    emulator: Emulator = field(init=False)
    queues: Queues | None = None
    services: list[Service] = field(default_factory=list)
    _claims: list[IO[bytes]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        for name in ("log", "samples"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.ports, self._claims = choose_ports(self.folder, self.api_port)
        self.secret = read_secret(self.folder)
        self.postgres = Postgres(self.folder / "postgres", port=self.ports["postgres"], log=self._log("postgres"))
        self.emulator = Emulator(self.folder / "aws", port=self.ports["aws"], keep=True, log=self._log("aws"))

    @property
    def api_url(self) -> str:
        """The URL of the API and its pages."""
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def files_url(self) -> str:
        """The URL of the sample files."""
        return f"http://127.0.0.1:{self.ports['files']}"

    @property
    def database_url(self) -> str:
        """The URL of the database for its owner."""
        return self.postgres.url(DATABASE)

    def start(self, on_step: Callable[[str], None] = lambda _text: None) -> Iterator[str]:
        """Start the services in order and yield the name of each when it is ready.

        Raises StartError after stopping all of them.
        `on_step` receives what happens next, before each step that takes seconds.
        """
        steps = (
            (self._postgres, "Starting Postgres; the first start creates its folder"),
            (self._aws, "Creating the tables, and starting the emulator of SQS and S3"),
            (self._batch, "Starting the emulation of AWS Batch"),
            (self._programs, "Starting the file server, the API and the dispatcher"),
        )
        try:
            for prepare, step in steps:
                on_step(step)
                for service in prepare():
                    self.services.append(service)
                    service.start()
                    yield service.name
        except (Exception, KeyboardInterrupt):
            self.stop()
            raise
        env = {"OA_API_URL": self.api_url, "OA_SHARED_SECRET": self.secret}
        write_private(self.folder / "env.json", json.dumps(env, indent=2))

    def supervise(self) -> list[str]:
        """Restart the services that have died and return their names."""
        restarted = []
        for service in self.services:
            if service.process.running:
                continue
            log.warning("service_died", name=service.name)
            try:
                service.start()
            except StartError as error:
                log.warning("service_not_started", name=service.name, error=str(error))
                continue
            restarted.append(service.name)
        return restarted

    def stop(self) -> None:
        """Stop all services in reverse order."""
        for service in reversed(self.services):
            service.stop()
        self.services.clear()
        for claim in self._claims:
            claim.close()

    def service(self, name: str) -> Service:
        """Return the service with a name."""
        return next(service for service in self.services if service.name == name)

    def _log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def _postgres(self) -> list[Service]:
        return [Service("postgres", self.postgres.process, self.postgres.start, self.postgres.stop)]

    def _aws(self) -> list[Service]:
        if not self.postgres.exists(DATABASE):
            self.postgres.create(DATABASE)
        migrate(self.database_url)
        return [Service("aws", self.emulator.process, self._provision, self.emulator.stop)]

    def _provision(self) -> None:
        self.emulator.start()
        self.queues = create_queues(self.emulator.environ, STACK)
        create_bucket(self.emulator.environ, f"oa-{STACK}")

    def _batch(self) -> list[Service]:
        queues, common = self._queues(), self._common()
        batch = BatchProcess(
            self.folder / "batch",
            environ={**self.emulator.environ, **{name: common[name] for name in _JOB_SETTINGS if name in common}},
            results_queue_url=queues.results_url,
            port=self.ports["batch"],
            slots=_SLOTS,
            log=self._log("batch"),
        )

        def start() -> None:
            batch.start()
            self.settings.update(batch.register(STACK))

        return [Service("batch", batch.process, start, batch.stop)]

    def _programs(self) -> Iterator[Service]:
        files = [
            *(sys.executable, "-m", "http.server", "--bind", "127.0.0.1"),
            *("--directory", str(self.folder / "samples"), str(self.ports["files"])),
        ]
        yield self._program("files", files, {})
        environ = self._common()
        api = {"OA_HOST": "127.0.0.1", "OA_PORT": str(self.ports["api"])}
        # http://localhost:… is for clients of openaddresses/batch (docs/moving.md).
        api["OA_COMPATIBILITY_HOSTS"] = "localhost"
        api["OA_DATABASE_URL"] = self.postgres.service_url(DATABASE)
        api["OA_BATCH_SLOTS"] = str(_SLOTS)
        api["OA_SOURCES_REPOSITORY"] = str(self.folder / "repository")
        yield self._program("api", [_program_path("oa-api")], {**environ, **api}, is_ready)
        dispatcher = {
            "OA_HEALTH_PORT": str(self.ports["dispatcher"]),
            "AWS_ENDPOINT_URL_BATCH": f"http://127.0.0.1:{self.ports['batch']}",
        }
        yield self._program("dispatcher", [_program_path("oa-dispatcher")], {**environ, **dispatcher})

    def _program(
        self, name: str, command: list[str], environ: dict[str, str], is_ready: Callable[[int], bool] | None = None
    ) -> Service:
        """Return a service; without `is_ready` it is ready when its port answers a request."""
        process = Process(command, log=self._log(name), environ=environ)
        port = self.ports[name]

        def is_answering() -> bool:
            return is_ready(port) if is_ready else answers_http(f"http://127.0.0.1:{port}/")

        return Service(name, process, lambda: process.start_and_wait(name, is_answering), process.stop)

    def _common(self) -> dict[str, str]:
        queues = self._queues()
        return {
            **self.emulator.environ,
            "OA_STACK": STACK,
            "OA_SHARED_SECRET": self.secret,
            "OA_JOBS_QUEUE_URL": queues.jobs_url,
            "OA_JOBS_DLQ_URL": queues.jobs_dlq_url,
            "OA_RESULTS_QUEUE_URL": queues.results_url,
            "OA_RESULTS_DLQ_URL": queues.results_dlq_url,
            "OA_BUCKET": f"oa-{STACK}",
            "OA_API_URL": self.api_url,
            "OA_ALLOW_HOSTS": ",".join(f"http://127.0.0.1:{self.ports[name]}" for name in _OPENED),
            "OA_FAULT_POINTS": "on",
            "OA_COMPONENT_GALLERY": "true",
            **self.settings,
        }

    def _queues(self) -> Queues:
        if self.queues is None:
            raise StartError("the queues do not exist before the emulator has started")
        return self.queues


def _program_path(program: str) -> str:
    return str(Path(sys.executable).with_name(program))
