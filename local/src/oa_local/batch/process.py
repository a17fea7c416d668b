"""The Batch emulation as a child process, with the lanes' queues and the tiers' definitions in it."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oa_local.process import Process, StartError, accepts, free_port
from oa_local.provision import client
from oa_shared.lanes import Lane, Tier

MEMORY_MIB = {Tier.SMALL: 512, Tier.STANDARD: 1024, Tier.LARGE: 2048, Tier.HUGE: 4096}
_ATTEMPT_S = 6 * 3600
_START_S = 20.0
_TASK = ("oa-task", "job")


@dataclass(slots=True)
class BatchProcess:
    """One server; `environ` names the endpoint of the results queue, `places` how many jobs run at once."""

    folder: Path
    environ: Mapping[str, str]
    results_queue_url: str | None = None
    port: int = field(default_factory=free_port)
    places: int = 2
    log: Path | None = None
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        told = ["--results-queue-url", self.results_queue_url] if self.results_queue_url else []
        words = ["--folder", str(self.folder), "--port", str(self.port), "--places", str(self.places)]
        self.process = Process(
            [sys.executable, "-m", "oa_local.batch.server", *words, *told],
            log=self.log or self.folder.with_suffix(".log"),
            environ=self.environ,
        )

    @property
    def url(self) -> str:
        """The endpoint for AWS_ENDPOINT_URL_BATCH."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens; raises StartError."""
        self.process.start()
        deadline = time.monotonic() + _START_S
        while not self.answers():
            if not self.process.running or time.monotonic() > deadline:
                raise StartError(f"the Batch emulation did not start:\n{self.process.tail()}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Return whether it listens."""
        return accepts(self.port)

    def stop(self) -> None:
        """Stop it and the jobs that it runs."""
        self.process.stop(patience_s=5)

    def client(self) -> Any:
        """Return a botocore client for it."""
        return client("batch", {**self.environ, "AWS_ENDPOINT_URL_BATCH": self.url})

    def register(self, stack: str, *, command: Sequence[str] = _TASK) -> dict[str, str]:
        """Make the queues and definitions of a stack; return the dispatcher's settings that name them."""
        batch = self.client()
        for place, lane in enumerate(Lane):
            batch.create_job_queue(
                jobQueueName=_queue(stack, lane), priority=len(Lane) - place, computeEnvironmentOrder=[]
            )
        for tier, memory in MEMORY_MIB.items():
            batch.register_job_definition(
                jobDefinitionName=_definition(stack, tier),
                type="container",
                timeout={"attemptDurationSeconds": _ATTEMPT_S},
                containerProperties={
                    "image": "local",
                    "command": list(command),
                    "resourceRequirements": [{"type": "MEMORY", "value": str(memory)}],
                },
            )
        return {
            "OA_BATCH_QUEUES": json.dumps({lane: _queue(stack, lane) for lane in Lane}),
            "OA_BATCH_DEFINITIONS": json.dumps({tier: _definition(stack, tier) for tier in Tier}),
        }


def _queue(stack: str, lane: Lane) -> str:
    return f"oa-{stack}-{lane}"


def _definition(stack: str, tier: Tier) -> str:
    return f"oa-{stack}-{tier}"
