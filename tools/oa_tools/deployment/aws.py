"""The emulated account: moto as a child process, from a virtual environment of its own."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from oa_local.aws_client import client
from oa_local.emulator import Keys, client_environ
from oa_local.process import Process, StartError, accepts, free_port

_START_S = 60.0

_KEYS = Keys("test", "test")  # moto checks no signatures until roles are switched on


@dataclass(slots=True)
class EmulatedAccount:
    """moto with the patches of terraform/tools/emulator.py; its state is in memory."""

    python: Path
    program: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        environ = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "PYTHONWARNINGS": "ignore"}
        command = [str(self.python), str(self.program), "--port", str(self.port)]
        self.process = Process(command, log=self.log, environ=environ)

    @property
    def url(self) -> str:
        """The endpoint of all services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment with which a client reaches this account and nothing else."""
        return client_environ(self.url, _KEYS)

    def start(self) -> None:
        """Start the account, empty. Raises StartError."""
        self.process.start()
        deadline = time.monotonic() + _START_S
        while not accepts(self.port):
            if not self.process.running or time.monotonic() > deadline:
                raise StartError(f"the emulated account did not start:\n{self.process.tail()}")
            time.sleep(0.1)

    def leftovers(self, stack: str) -> list[str]:
        """Return the resources of a stack that still exist in SQS, S3, Batch, IAM and ECS."""
        left = list(client("sqs", self.environ).list_queues(QueueNamePrefix=f"oa-{stack}").get("QueueUrls", []))
        left += [bucket["Name"] for bucket in client("s3", self.environ).list_buckets()["Buckets"]]
        queues = client("batch", self.environ).describe_job_queues()["jobQueues"]
        left += [queue["jobQueueName"] for queue in queues]
        roles = client("iam", self.environ).list_roles()["Roles"]
        left += [role["RoleName"] for role in roles if role["RoleName"].startswith(f"oa-{stack}")]
        clusters = client("ecs", self.environ).describe_clusters(clusters=[f"oa-{stack}"])["clusters"]
        return left + [cluster["clusterArn"] for cluster in clusters if cluster["status"] != "INACTIVE"]
