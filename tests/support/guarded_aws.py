"""An AWS account on loopback that checks signatures, roles, trust policies, session policies and their end.

MiniStack evaluates them when `AUTH` is set; the emulator of the other tests takes every request of its keys.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oa_local.aws_client import client
from oa_local.emulator import Keys, client_environ
from oa_local.process import Process, answers_http, free_port

ACCOUNT = "000000000000"
_ROOT = Keys("AKIAROOTROOTROOTROOT", "root-secret-root-secret-root-secret")


def start_guarded_aws(folder: Path) -> tuple[Process, Mapping[str, str]]:
    """Start an account; return its process, and the environment of its root user."""
    port = free_port()
    process = Process(
        [sys.executable, "-m", "ministack"],
        log=folder / "aws.log",
        environ={
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "127.0.0.1",
            "SERVICES": "s3,sqs,sts,iam",
            "AWS_ACCESS_KEY_ID": _ROOT.access_key,
            "AWS_SECRET_ACCESS_KEY": _ROOT.secret_key,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "state"),
            "TMPDIR": str(folder),
            "LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
        },
    )
    url = f"http://127.0.0.1:{port}"
    process.start_and_wait("the AWS account", lambda: answers_http(url))
    return process, client_environ(url, _ROOT)


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a stack, like those of Terraform: the API, the containers of jobs, and the files of attempts."""

    root: Mapping[str, str]
    bucket: str
    results_queue_url: str
    attempt_role_arn: str

    @classmethod
    def create(cls, root: Mapping[str, str], name: str) -> "Roles":
        """Create the bucket, the queue and the roles of a stack."""
        bucket, role_arn = f"oa-{name}", _arn(f"{name}-attempt")
        client("s3", root).create_bucket(Bucket=bucket)
        sqs = client("sqs", root)
        url = sqs.create_queue(QueueName=f"{name}-results")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        files = f"arn:aws:s3:::{bucket}/job/*"
        anyone = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        _create_role(root, f"{name}-api", anyone, {"s3:GetObject": files, "sts:AssumeRole": role_arn})
        # The emulator knows an action for each call; in AWS, sqs:SendMessage covers SendMessageBatch.
        _create_role(
            root, f"{name}-task", anyone, dict.fromkeys(("sqs:SendMessage", "sqs:SendMessageBatch"), queue_arn)
        )
        actions = {"s3:PutObject": files, "s3:AbortMultipartUpload": files, "s3:GetObject": files}
        _create_role(root, f"{name}-attempt", {"AWS": _arn(f"{name}-api")}, actions)
        return cls(root, bucket, url, role_arn)

    def environ_of(self, role: str) -> dict[str, str]:
        """Return the environment of a process with a role: `api` or `task`."""
        arn = self.attempt_role_arn.replace("-attempt", f"-{role}")
        issued = client("sts", self.root).assume_role(RoleArn=arn, RoleSessionName=role)["Credentials"]
        keys = client_environ(self.root["AWS_ENDPOINT_URL"], Keys(issued["AccessKeyId"], issued["SecretAccessKey"]))
        return {**keys, "AWS_SESSION_TOKEN": issued["SessionToken"]}


def _arn(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def _create_role(root: Mapping[str, str], name: str, trusted: Mapping[str, str], permits: Mapping[str, str]) -> None:
    trust = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}]
    allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in permits.items()]
    iam = client("iam", root)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(allowed))


def _policy(statements: list[dict[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
