"""The Batch emulation as a child process, with a queue for each lane and a definition for each tier."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oa_local.aws_client import AwsClient, client
from oa_local.batch.access import OPEN_PATH
from oa_local.batch.registration import TASK, dispatcher_settings, register
from oa_local.process import Process, answers_http, free_port


@dataclass(slots=True)
class BatchProcess:
    """A server of the emulation. `environ` names the endpoint of the results queue; `slots` jobs run at once."""

    folder: Path
    environ: Mapping[str, str]
    results_queue_url: str | None = None
    port: int = field(default_factory=free_port)
    slots: int = 2
    log: Path | None = None
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        options = ["--folder", str(self.folder), "--port", str(self.port), "--slots", str(self.slots)]
        if self.results_queue_url:
            options += ["--results-queue-url", self.results_queue_url]
        self.process = Process(
            [sys.executable, "-m", "oa_local.batch.server", *options],
            log=self.log or self.folder.with_suffix(".log"),
            environ=self.environ,
        )

    @property
    def url(self) -> str:
        """The endpoint for AWS_ENDPOINT_URL_BATCH."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises StartError after stopping it."""
        self.process.start_and_wait("the Batch emulation", self.answers)

    def answers(self) -> bool:
        """Return whether the server answers requests."""
        return answers_http(f"{self.url}{OPEN_PATH}")

    def stop(self) -> None:
        """Stop the server and the jobs that it runs."""
        self.process.stop(timeout_s=5)

    def client(self) -> AwsClient:
        """Return a client of the server."""
        return client("batch", {**self.environ, "AWS_ENDPOINT_URL_BATCH": self.url})

    def register(self, stack: str, *, command: Sequence[str] = TASK) -> dict[str, str]:
        """Create the queues and definitions of a stack; return the dispatcher settings that name them."""
        register(self.client(), stack, command=command)
        return dispatcher_settings(stack)
