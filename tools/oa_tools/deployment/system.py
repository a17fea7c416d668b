"""The system on an applied stack, with the names, URLs, settings and secrets that Terraform created."""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from oa_local.aws_client import client
from oa_local.batch.process import BatchProcess
from oa_local.client import JobView, LocalApi
from oa_local.postgres import Postgres
from oa_local.process import Process, StartError, accepts, free_port
from oa_local.samples import SOURCE_NAME, definition, write_samples
from oa_shared.errors import OaError
from oa_shared.status import JobStatus
from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.container import ContainerProcess, on_loopback, read_container
from oa_tools.deployment.terraform import StackOutputs

_START_S = 60.0
_TIMEOUT_S = 150.0
_TASK_ENTRYPOINT = "oa-task"


class DeployedSystemError(OaError):
    """The system does not work on the applied stack."""

    code = "deployment.system"
    title = "The system does not work on the applied stack."


@dataclass(slots=True)
class DeployedSystem:
    """Postgres, Batch, api, consumer and dispatcher; `outputs` are those of Terraform."""

    folder: Path
    account: EmulatedAccount
    outputs: StackOutputs
    processes: list[Process] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=lambda: {n: free_port() for n in ("api", "dispatcher", "files")})

    def start(self) -> None:
        """Start everything in the order of a deployment. Raises StartError and DeployedSystemError."""
        before = self._container("api", "before")
        postgres = self._start_postgres(before)
        batch = self._start_batch()
        self._migrate(before, {"OA_DATABASE_URL": on_loopback(before.environ["OA_DATABASE_URL"], postgres.port)})
        url = on_loopback(self._container("api").environ["OA_DATABASE_URL"], postgres.port)
        local = {"OA_DATABASE_URL": url, "OA_HOST": "127.0.0.1"}
        local |= {"OA_ALLOW_HOSTS": "127.0.0.1", "OA_API_URL": self.api_url}
        self._serve("api", [_program_path("oa-api")], {**local, "OA_PORT": str(self.ports["api"])})
        self._serve("consumer", [_program_path("oa-api")], local)
        health = {"OA_HEALTH_PORT": str(self.ports["dispatcher"]), "AWS_ENDPOINT_URL_BATCH": batch.url}
        self._serve("dispatcher", [_program_path("oa-dispatcher")], {**local, **health})
        self._serve_files()

    def stop(self) -> None:
        """Stop everything in reverse order."""
        for process in reversed(self.processes):
            process.stop(timeout_s=15)
        self.processes.clear()

    @property
    def api_url(self) -> str:
        """The URL of the API on this machine."""
        return f"http://127.0.0.1:{self.ports['api']}"

    def publish_one(self) -> str:
        """Run one job from the request to the published data, download that, and return a line about it."""
        write_samples(self.folder / "samples")
        api = LocalApi(self.api_url, self._container("api").environ["OA_SHARED_SECRET"])
        source = {"source": definition(f"http://127.0.0.1:{self.ports['files']}"), "source_name": SOURCE_NAME}
        _, (number,) = api.submit([{**source, "layer": "addresses", "name": "county"}], live=True)
        job = self._wait_for(api, number)
        if job["status"] != JobStatus.SUCCESS:
            raise DeployedSystemError(f"the job ended as {job['status']}: {json.dumps(job.get('error'))}")
        rows = [row for row in api.call("GET", "/api/data")["data"] if row["job"] == number]
        if not rows:
            raise DeployedSystemError(f"job {number} succeeded but has no published data")
        # The API redirects to a signed URL of the bucket.
        with urlopen(f"{self.api_url}/api/job/{number}/output/source.geojson.gz", timeout=60) as answer:  # noqa: S310
            size, url = len(answer.read()), urlsplit(answer.url)
        if url.port != self.account.port or self.outputs["bucket"] not in url.path:
            raise DeployedSystemError(f"the file came from {answer.url}, not from the bucket")
        count = (job["result"] or {}).get("count", 0)
        return f"job {number}: {count:,} features published, {size:,} bytes read from {url.path}"

    def call_as_schedule(self) -> None:
        """Make the API call of a schedule with its container."""
        call = self._container("schedule", "call")
        command = [_program_path("oa-api"), *call.command]
        process = self._program("schedule", command, {**call.environ, "OA_API_URL": self.api_url})
        process.start()
        if process.child is None or process.child.wait(60) != 0:
            raise DeployedSystemError(f"the scheduled call failed:\n{process.tail()}")

    def dead_letters(self) -> int:
        """Return the number of messages on the dead-letter queues."""
        sqs = client("sqs", self.account.environ)
        name = "ApproximateNumberOfMessages"
        urls = [queue["dead_letter"] for queue in self.outputs["queue_urls"].values()]
        counts = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name] for url in urls]
        return sum(map(int, counts))

    def _wait_for(self, api: LocalApi, number: int) -> JobView:
        deadline = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < deadline:
            for process in self.processes:
                if not process.running:
                    raise DeployedSystemError(f"{process.command} ended:\n{process.tail()}")
            job = api.job(number)
            if JobStatus(job["status"]).ended:
                return job
            time.sleep(0.5)
        raise DeployedSystemError(f"job {number} is {job['status']} after {_TIMEOUT_S:g} s; see {self.folder}")

    def _container(self, service: str, name: str = "main") -> ContainerProcess:
        secrets = client("secretsmanager", self.account.environ)
        return read_container(self.outputs["task_definitions"][service], name, secrets)

    def _start_postgres(self, before: ContainerProcess) -> Postgres:
        """Start a database with the master user, name and password of the deployed one; it requires the password."""
        postgres = Postgres(self.folder / "postgres", fsync_off=True)
        self.processes.append(postgres.process)
        postgres.start()
        deployed = urlsplit(before.environ["OA_DATABASE_URL"])
        postgres.create_owned(deployed.path[1:], owner=deployed.username or "", password=before.environ["PGPASSWORD"])
        return postgres

    def _start_batch(self) -> BatchProcess:
        """Start the Batch emulation with the queues and definitions of the account."""
        batch_client = client("batch", self.account.environ)
        results = self.outputs["queue_urls"]["results"]["queue"]
        batch = BatchProcess(
            self.folder / "batch",
            environ={**self.account.environ, "OA_ALLOW_HOSTS": "127.0.0.1"},
            results_queue_url=results,
        )
        self.processes.append(batch.process)
        batch.start()
        emulated = batch.client()
        arns = sorted(set(self.outputs["batch_queues"].values()))
        for queue in batch_client.describe_job_queues(jobQueues=arns)["jobQueues"]:
            policy = {key: queue[key] for key in ("schedulingPolicyArn",) if queue.get(key)}
            emulated.create_job_queue(
                jobQueueName=queue["jobQueueName"], priority=queue["priority"], computeEnvironmentOrder=[], **policy
            )
        definitions = list(self.outputs["batch_definitions"].values())
        for tier in batch_client.describe_job_definitions(jobDefinitions=definitions)["jobDefinitions"]:
            container = dict(tier["containerProperties"])
            container["command"] = [_TASK_ENTRYPOINT, *container["command"]]
            emulated.register_job_definition(
                jobDefinitionName=tier["jobDefinitionName"],
                type="container",
                timeout=tier["timeout"],
                containerProperties=container,
            )
        return batch

    def _migrate(self, before: ContainerProcess, local: Mapping[str, str]) -> None:
        process = self._program("migrate", [_program_path("oa-api"), *before.command], {**before.environ, **local})
        process.start()
        if process.child is None or process.child.wait(60) != 0:
            raise DeployedSystemError(f"the migration failed:\n{process.tail()}")

    def _serve(self, name: str, command: list[str], local: Mapping[str, str]) -> None:
        process = self._program(name, command, {**self._container(name).environ, **local})
        self._start(process, self.ports.get(name))

    def _serve_files(self) -> None:
        folder = self.folder / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder)]
        self._start(self._program("files", [*server, str(self.ports["files"])], {}), self.ports["files"])

    def _program(self, name: str, command: list[str], environ: Mapping[str, str]) -> Process:
        return Process(command, log=self.folder / f"{name}.log", environ={**self.account.environ, **environ})

    def _start(self, process: Process, port: int | None) -> None:
        self.processes.append(process)
        process.start()
        deadline = time.monotonic() + _START_S
        while port is not None and not accepts(port):
            if not process.running or time.monotonic() > deadline:
                raise StartError(f"{process.command} did not start:\n{process.tail()}")
            time.sleep(0.1)


def _program_path(program: str) -> str:
    return str(Path(sys.executable).with_name(program))
