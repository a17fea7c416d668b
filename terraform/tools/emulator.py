"""The moto server on loopback, with the responses that the AWS provider requires and moto lacks.

`python emulator.py --port N`. `terraform apply` waits until its time-out if tags of application-autoscaling or the
redrive allow policy of a queue are missing, or if a queue loses its policy when another attribute is set. Without the
time limits of Batch job queues each plan sets them again. Without the end of the managed rotation of RDS the stack
cannot be destroyed, and without `dispose` of delete markers no bucket with one. `access_control` enforces policies. The
calls of Batch that run jobs go to the server that EMULATOR_BATCH_URL names.
"""

# ruff: noqa: INP001, SLF001 - a program in its own folder that uses internals of moto
import json
import os
import sys
from threading import Lock
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import access_control
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Scaling
from moto.batch import models as batch_models
from moto.batch.models import BatchBackend, JobQueue
from moto.batch.responses import BatchResponse as Batch
from moto.ec2.responses import EC2Response
from moto.s3.models import FakeDeleteMarker
from moto.secretsmanager.models import SecretsManagerBackend
from moto.server import main as serve
from moto.sqs import models as sqs_models
from moto.sqs.models import Queue

_BATCH = "batch.amazonaws.com"
_linking = Lock()
_calling_ec2 = Lock()
_tags_by_arn: dict[str, dict[str, str]] = {}
_call_ec2 = EC2Response.call_action
_cancel_rotate_secret = SecretsManagerBackend.cancel_rotate_secret
_create_compute_environment = BatchBackend.create_compute_environment
_create_job_queue = Batch.createjobqueue
_register_scalable_target = Scaling.register_scalable_target


def register_scalable_target(call: Scaling) -> str:
    """RegisterScalableTarget, with its tags."""
    answer = _register_scalable_target(call)
    arn = json.loads(answer)["ScalableTargetARN"]
    _tags_by_arn.setdefault(arn, {}).update(call._get_param("Tags") or {})
    return answer


def list_tags_for_resource(call: Scaling) -> str:
    """ListTagsForResource."""
    return json.dumps({"Tags": _tags_by_arn.get(call._get_param("ResourceARN"), {})})


def tag_resource(call: Scaling) -> str:
    """TagResource."""
    _tags_by_arn.setdefault(call._get_param("ResourceARN"), {}).update(call._get_param("Tags"))
    return "{}"


def untag_resource(call: Scaling) -> str:
    """UntagResource."""
    tags = _tags_by_arn.get(call._get_param("ResourceARN"), {})
    for key in call._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


class FaithfulQueue(Queue):
    """A queue that keeps its policy when another attribute is set."""

    __module__ = Queue.__module__  # moto finds the service of a model by it
    BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]  # noqa: RUF012 - moto joins it to other lists
    redrive_allow_policy: str | None = None

    def _set_attributes(self, attributes: dict[str, Any], now: float | None = None) -> None:
        policy = getattr(self, "policy", None)
        super()._set_attributes(attributes, now)
        if "Policy" not in attributes:
            self.policy = policy
        self.redrive_allow_policy = self.redrive_allow_policy or None

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the attributes of GetQueueAttributes; JSON without spaces, as it was set."""
        attributes = {name: value for name, value in super().attributes.items() if value is not None}
        if self.redrive_policy:
            attributes["RedrivePolicy"] = json.dumps(self.redrive_policy, separators=(",", ":"))
        return attributes


class StrictJobQueue(JobQueue):
    """A Batch job queue that stores the actions for jobs that cannot be placed."""

    __module__ = JobQueue.__module__
    limit_actions: tuple[dict[str, Any], ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return the description of DescribeJobQueues."""
        return {**super().describe(), "jobStateTimeLimitActions": list(self.limit_actions)}


def create_job_queue(call: Batch) -> str:
    """CreateJobQueue, with the time limits."""
    answer = _create_job_queue(call)
    arn = json.loads(answer)["jobQueueArn"]
    queue = call.batch_backend.get_job_queue_by_arn(arn)
    queue.limit_actions = tuple(call._get_param("jobStateTimeLimitActions") or ())
    return answer


def create_compute_environment(batch: BatchBackend, *, service_role: str | None, **settings: Any) -> Any:
    """CreateComputeEnvironment; without a role Batch uses its service-linked role, and creates it in a new account."""
    if not service_role:
        with _linking:
            service_role = _find_linked_role(batch) or batch.iam_backend.create_service_linked_role(_BATCH, "", "").arn
    return _create_compute_environment(batch, service_role=service_role, **settings)


def _find_linked_role(batch: BatchBackend) -> str | None:
    paths = {role.path: role.arn for role in batch.iam_backend.roles.values()}
    return paths.get(f"/aws-service-role/{_BATCH}/")


def call_ec2(call: EC2Response) -> Any:
    """Make one call of EC2 at a time.

    moto changes its tables without locks. A call that fails in the middle of its change answers 500, and the provider
    sends it again: it then finds the rule of a security group that its first try has added.
    """
    with _calling_ec2:
        return _call_ec2(call)


def cancel_rotate_secret(secrets: SecretsManagerBackend, secret_id: str) -> str:
    """CancelRotateSecret, also for secrets that a service such as RDS rotates without a Lambda function."""
    secret = secrets.secrets[secret_id]
    if "!" not in secret.name:
        return _cancel_rotate_secret(secrets, secret_id)
    secret.rotation_enabled = False
    return secret.to_short_dict()


def forward_to_batch(call: Batch) -> tuple[str, dict[str, Any]]:
    """Make a call of Batch that is about jobs with the server that runs them, and return its answer."""
    url, key = os.environ["EMULATOR_BATCH_URL"], os.environ["EMULATOR_BATCH_KEY"]
    request = AWSRequest(
        "POST", url + call.parsed_url.path, data=call.raw_body, headers={"Content-Type": "application/json"}
    )
    SigV4Auth(Credentials(*key.split(":")), "batch", call.region).add_auth(request)
    try:
        with urlopen(Request(request.url, call.raw_body, dict(request.headers.items())), timeout=20) as answer:  # noqa: S310 - loopback
            return answer.read().decode(), {"status": answer.status}
    except HTTPError as error:
        kind = error.headers.get("x-amzn-ErrorType", "ServerException")
        return error.read().decode(), {"status": error.code, "x-amzn-ErrorType": kind}


def install() -> None:
    """Replace the functions and models of moto."""
    for call in (register_scalable_target, list_tags_for_resource, tag_resource, untag_resource):
        setattr(Scaling, call.__name__, call)
    access_control.install()
    for action in ("submitjob", "describejobs", "listjobs", "terminatejob"):
        setattr(Batch, action, forward_to_batch)
    EC2Response.call_action = call_ec2
    SecretsManagerBackend.cancel_rotate_secret = cancel_rotate_secret
    BatchBackend.create_compute_environment = create_compute_environment
    Batch.createjobqueue = create_job_queue
    FakeDeleteMarker.dispose = lambda _marker: None  # it has no content to dispose of
    batch_models.JobQueue = StrictJobQueue
    sqs_models.Queue = FaithfulQueue


if __name__ == "__main__":
    install()
    serve(["--host", "127.0.0.1", *sys.argv[1:]])
