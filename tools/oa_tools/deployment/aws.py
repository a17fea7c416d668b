"""The emulated account: moto as a child process, from its own virtual environment."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict
from urllib.request import Request, urlopen

from oa_local.aws_client import client
from oa_local.emulator import Keys, client_environ
from oa_local.process import Process, StartError, answers_http, free_port

_ACCOUNT = "123456789012"
# The keys of the root user: `access_control` of the emulator lets it do everything.
_KEYS = Keys("test", "test")
# The keys with which EventBridge sends to a queue, whose policy allows that to one rule.
EVENT_KEYS = Keys("OAEVENTBRIDGE0000001", "oa-event-bridge")
_NEVER = "inf"


class AccessEntry(TypedDict):
    """A decision about a request that was not of the root user."""

    principal: str
    action: str
    resource: str
    is_allowed: bool
    statement: str


@dataclass(slots=True)
class EmulatedAccount:
    """moto with the patches of terraform/tools; its state is in memory. Jobs run on the server at `batch_port`."""

    python: Path
    program: Path
    log: Path
    stack: str = "dev"
    port: int = field(default_factory=free_port)
    batch_port: int = field(default_factory=free_port)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        rule = f"arn:aws:events:us-east-1:{_ACCOUNT}:rule/oa-{self.stack}-batch-job-state-change"
        events = {"service": "events.amazonaws.com", "secret": EVENT_KEYS.secret_key, "source_arn": rule}
        environ = {
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            "PYTHONWARNINGS": "ignore",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "EMULATOR_ACCESS_LOG": str(self.access_log),
            "EMULATOR_SERVICE_KEYS": json.dumps({EVENT_KEYS.access_key: events}),
            "EMULATOR_BATCH_URL": f"http://127.0.0.1:{self.batch_port}",
            "EMULATOR_BATCH_KEY": f"{EVENT_KEYS.access_key}:{EVENT_KEYS.secret_key}",
        }
        command = [str(self.python), str(self.program), "--port", str(self.port)]
        self.process = Process(command, log=self.log, environ=environ)

    @property
    def url(self) -> str:
        """The endpoint of all services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the root user, who reaches this account and nothing else."""
        return client_environ(self.url, _KEYS)

    @property
    def access_log(self) -> Path:
        """The file of the decisions about requests."""
        return self.log.with_name("access.jsonl")

    def start(self) -> None:
        """Start the account, empty. Raises StartError after stopping it."""
        self.process.start_and_wait("the emulated account", self.answers)

    def answers(self) -> bool:
        """Return whether the account answers requests."""
        return answers_http(f"{self.url}/moto-api/")

    def start_apart(self) -> None:
        """Start the account so that it outlives this process. Raises StartError after stopping it."""
        self.process.is_detached = True
        self.start()

    def enforce_policies(self, *, is_on: bool) -> None:
        """Switch the enforcement of policies on, with an empty log of its decisions, or off."""
        if is_on:
            self.access_log.write_text("", "utf-8")
        body = b"0" if is_on else _NEVER.encode()
        # moto reads the number from a body of no known type only.
        request = Request(f"{self.url}/moto-api/reset-auth", body, {"Content-Type": "text/plain"})  # noqa: S310 - loopback
        with urlopen(request, timeout=60):  # noqa: S310 - likewise
            pass

    def empty(self, bucket: str, queues: Iterable[str]) -> None:
        """Delete the objects and messages of an earlier run, whose jobs have the same numbers."""
        s3, sqs = client("s3", self.environ), client("sqs", self.environ)
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            objects = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            for each in objects:
                s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
        for url in queues:
            sqs.purge_queue(QueueUrl=url)

    def decisions(self) -> Iterator[AccessEntry]:
        """Yield the decisions since policies were enforced."""
        for line in self.access_log.read_text("utf-8").splitlines():
            yield json.loads(line)

    def assume(self, role_arn: str, service: str) -> Mapping[str, str]:
        """Return the environment of a role as a service of AWS would get it. Raises StartError if it may not."""
        name = role_arn.rpartition("/")[2]
        trust = client("iam", self.environ).get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        trusted = [each["Principal"].get("Service") for each in trust["Statement"] if each["Effect"] == "Allow"]
        if service not in trusted:
            raise StartError(f"{service} may not assume {name}, which trusts {trusted}")
        keys = client("sts", self.environ).assume_role(RoleArn=role_arn, RoleSessionName="check")["Credentials"]
        return {
            **client_environ(self.url, Keys(keys["AccessKeyId"], keys["SecretAccessKey"])),
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def leftovers(self) -> list[str]:
        """Return the resources of the stack that still exist in SQS, S3, Batch, IAM and ECS."""
        prefix = f"oa-{self.stack}"
        left = list(client("sqs", self.environ).list_queues(QueueNamePrefix=prefix).get("QueueUrls", []))
        left += [bucket["Name"] for bucket in client("s3", self.environ).list_buckets()["Buckets"]]
        queues = client("batch", self.environ).describe_job_queues()["jobQueues"]
        left += [queue["jobQueueName"] for queue in queues]
        roles = client("iam", self.environ).list_roles()["Roles"]
        left += [role["RoleName"] for role in roles if role["RoleName"].startswith(prefix)]
        clusters = client("ecs", self.environ).describe_clusters(clusters=[prefix])["clusters"]
        return left + [cluster["clusterArn"] for cluster in clusters if cluster["status"] != "INACTIVE"]
