"""The system on an applied stack, with the names, settings, secrets, roles and disks that Terraform created."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from oa_local.aws_client import client
from oa_local.batch.process import BatchProcess
from oa_local.client import LocalApi
from oa_local.emulator import client_environ
from oa_local.postgres import Postgres
from oa_local.process import Process, answers_http, free_port
from oa_shared.errors import OaError
from oa_tools.deployment.aws import EVENT_KEYS, EmulatedAccount
from oa_tools.deployment.container import (
    ContainerOverride,
    ContainerProcess,
    JobDefinition,
    TaskDefinition,
    on_loopback,
    read_container,
)
from oa_tools.deployment.disk import DiskRule, confine, find_rule
from oa_tools.deployment.terraform import StackOutputs

_TASK_ENTRYPOINT = "oa-task"
_ECS = "ecs-tasks.amazonaws.com"
# The flows cannot wait for minutes: for a sweep, until a job counts as lost, until it ends without a result.
_IN_A_HURRY = {"OA_SWEEP_EVERY_S": "2", "OA_LOST_AFTER_S": "3", "OA_RESULT_GRACE_S": "5"}
# The number of jobs that run at once.
SLOTS = 2
SERVICES = ("api", "consumer", "dispatcher")


class DeployedSystemError(OaError):
    """The system does not work on the applied stack."""

    code = "deployment.system"
    title = "The system does not work on the applied stack."


@dataclass(slots=True)
class DeployedSystem:
    """Postgres, Batch, api, consumer and dispatcher; `outputs` are those of Terraform.

    Each process of the stack has the credentials of its role only and can write to the volumes of its container only.
    """

    folder: Path
    account: EmulatedAccount
    outputs: StackOutputs
    files_port: int
    disk: DiskRule = field(default_factory=find_rule)
    postgres: Postgres = field(init=False)
    processes: dict[str, Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in ("api", "dispatcher")})
    roles: set[str] = field(default_factory=set)
    revisions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.folder / "postgres", fsync_off=True)
        self.revisions |= {name: each["arn"] for name, each in self.outputs["task_definitions"].items()}

    def start(self) -> str:
        """Start everything in the order of a deployment; return what is enforced.

        Raises StartError, ContainerError and DeployedSystemError.
        """
        urls = self.outputs["queue_urls"].values()
        self.account.empty(
            self.outputs["bucket"], [url for pair in urls for url in (pair["queue"], pair["dead_letter"])]
        )
        self.account.enforce_policies(is_on=True)
        self._start_postgres()
        self._start_batch()
        self._serve_files()
        self._run_to_end("api", "before", "migrate")
        for name in SERVICES:
            self.serve(name)
        return f"roles: {', '.join(sorted(self.roles))}; disk: {self.disk}"

    def stop(self) -> None:
        """Stop everything in reverse order."""
        for process in reversed(self.processes.values()):
            process.stop(timeout_s=15)
        self.processes.clear()
        self.account.enforce_policies(is_on=False)

    @property
    def api_url(self) -> str:
        """The URL of the API on this machine."""
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def files_url(self) -> str:
        """The URL of the files of sources."""
        return f"http://127.0.0.1:{self.files_port}"

    @property
    def samples(self) -> Path:
        """The folder of the files of sources."""
        return self.folder / "samples"

    def api(self) -> LocalApi:
        """Return the API with the shared secret."""
        return LocalApi(self.api_url, self.read("api").environ["OA_SHARED_SECRET"])

    def check_processes(self) -> None:
        """Raise DeployedSystemError if a process has ended."""
        for name, process in self.processes.items():
            if not process.running:
                raise DeployedSystemError(f"{name} ended:\n{process.tail()}")

    def read(self, service: str, name: str = "main") -> ContainerProcess:
        """Return a container of the current revision of a service, whose secrets its execution role reads."""
        definition = self.describe(service)
        secrets = client("secretsmanager", self._assume(definition["executionRoleArn"]))
        return read_container(definition, name, secrets)

    def describe(self, service: str) -> TaskDefinition:
        """Return the current revision of the task definition of a service, as registered in ECS."""
        ecs = client("ecs", self.account.environ)
        found: TaskDefinition = ecs.describe_task_definition(taskDefinition=self.revisions[service])["taskDefinition"]
        return found

    def serve(self, name: str) -> None:
        """Start a service, and wait until it answers."""
        program = "oa-dispatcher" if name == "dispatcher" else "oa-api"
        self._start(name, self._program(name, self.read(name), program, self._local(name)), self.ports.get(name))

    def restart(self, name: str) -> None:
        """Replace a service by one of the current revision of its task definition."""
        self.processes.pop(name).stop(timeout_s=15)
        self.serve(name)

    def call_as_schedule(self, override: ContainerOverride) -> None:
        """Make the API call of a schedule with its container. Raises DeployedSystemError if that fails."""
        container = self.read("schedule", "call").override(override)
        self._wait_for_end(self._program("schedule", container, "oa-api", {"OA_API_URL": self.api_url}))

    def credentials(self, service: str) -> Mapping[str, str]:
        """Return the environment of the role of a service, none if it has no role; `task` is the role of jobs."""
        if service == "task":
            return self._assume(self._job_definitions()[0]["containerProperties"]["jobRoleArn"])
        role = self.describe(service).get("taskRoleArn")
        return self._assume(role) if role else {}

    def _assume(self, role_arn: str) -> Mapping[str, str]:
        self.roles.add(role_arn.rpartition("/")[2])
        return self.account.assume(role_arn, _ECS)

    def _local(self, service: str, container: str = "main") -> dict[str, str]:
        """Return what differs on this machine: there is no load balancer, no DNS and no database server."""
        local = {"OA_ALLOW_HOSTS": "127.0.0.1", "OA_API_URL": self.api_url, "OA_HOST": "127.0.0.1", **_IN_A_HURRY}
        if service == "dispatcher":
            return {**local, "OA_HEALTH_PORT": str(self.ports["dispatcher"])}
        url = self.read(service, container).environ["OA_DATABASE_URL"]
        local |= {"OA_DATABASE_URL": on_loopback(url, self.postgres.port), "OA_PUBLIC_URL": self.api_url}
        port = self.ports["api"] if service == "api" else free_port()
        return {**local, "OA_PORT" if service == "api" else "OA_HEALTH_PORT": str(port)}

    def _start_postgres(self) -> None:
        """Start a database with the master user, name and password of the deployed one; it requires the password."""
        self.processes["postgres"] = self.postgres.process
        self.postgres.start()
        before = self.read("api", "before")
        deployed = urlsplit(before.environ["OA_DATABASE_URL"])
        owner, password = deployed.username or "", before.environ["PGPASSWORD"]
        self.postgres.create_owned(deployed.path[1:], owner=owner, password=password)

    def _job_definitions(self) -> list[JobDefinition]:
        arns = list(self.outputs["batch_definitions"].values())
        batch = client("batch", self.account.environ)
        found: list[JobDefinition] = batch.describe_job_definitions(jobDefinitions=arns)["jobDefinitions"]
        return found

    def _start_batch(self) -> None:
        """Start the Batch emulation with the definitions of the account; it sends events as EventBridge does."""
        batch = BatchProcess(
            self.folder / "batch",
            environ={**client_environ(self.account.url, EVENT_KEYS), "OA_ALLOW_HOSTS": "127.0.0.1"},
            results_queue_url=self.outputs["queue_urls"]["results"]["queue"],
            port=self.account.batch_port,
            slots=SLOTS,
        )
        self.processes["batch"] = batch.process
        batch.start()
        emulated = batch.client()
        names = sorted(set(self.outputs["batch_queues"].values()))
        queues = client("batch", self.account.environ).describe_job_queues(jobQueues=names)["jobQueues"]
        for queue in queues:
            policy = {key: queue[key] for key in ("schedulingPolicyArn",) if queue.get(key)}
            emulated.create_job_queue(
                jobQueueName=queue["jobQueueName"], priority=queue["priority"], computeEnvironmentOrder=[], **policy
            )
        for tier in self._job_definitions():
            container = tier["containerProperties"]
            role = self._assume(container["jobRoleArn"])
            writable = [mount["containerPath"] for mount in container["mountPoints"] if not mount["readOnly"]]
            confined = confine(self.disk, [_TASK_ENTRYPOINT, *container["command"]], writable)
            environ = [{"name": key, "value": value} for key, value in {**role, **confined.environ}.items()]
            emulated.register_job_definition(
                jobDefinitionName=tier["jobDefinitionName"],
                type="container",
                timeout=tier["timeout"],
                containerProperties={
                    **container,
                    "command": list(confined.command),
                    "environment": [*container["environment"], *environ],
                },
            )

    def _run_to_end(self, service: str, container: str, name: str) -> None:
        local = self._local(service, container)
        self._wait_for_end(
            replace(self._program(service, self.read(service, container), "oa-api", local), log=self._log(name))
        )

    def _wait_for_end(self, process: Process) -> None:
        if process.run(within_s=120) != 0:
            raise DeployedSystemError(f"{process.log.stem} failed:\n{process.tail()}")

    def _serve_files(self) -> None:
        self.samples.mkdir(parents=True, exist_ok=True)
        server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(self.samples)]
        self._start("files", Process([*server, str(self.files_port)], log=self._log("files")), self.files_port)

    def _program(self, service: str, container: ContainerProcess, program: str, local: Mapping[str, str]) -> Process:
        """Return the process of a container, with the role of its task and a read-only disk."""
        command = [str(Path(sys.executable).with_name(program)), *container.command]
        confined = confine(self.disk, command, container.writable)
        environ = {**self.credentials(service), **container.environ, **local, **confined.environ}
        return Process(confined.command, log=self._log(service), environ=environ)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _start(self, name: str, process: Process, port: int | None) -> None:
        self.processes[name] = process
        process.start_and_wait(name, lambda: port is None or answers_http(f"http://127.0.0.1:{port}/live"))
