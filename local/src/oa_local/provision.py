"""Makes what Terraform makes on AWS: queues with their dead-letter queues, the bucket, Batch's queues and definitions.

Safe to repeat. `oa-provision` does it for the stack that the environment names, as docker-compose.yml starts it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from botocore.session import get_session
from localstack_client.config import get_service_endpoint

from oa_local.batch.registration import register

MAX_RECEIVE_COUNT = 5


@dataclass(frozen=True, slots=True)
class Queues:
    """The addresses of the two queues and of where their poison goes."""

    jobs_url: str
    jobs_dlq_url: str
    results_url: str
    results_dlq_url: str


def client(service: str, environ: Mapping[str, str]) -> Any:
    """Return a botocore client for the endpoint and keys named in `environ`; without a URL, LocalStack's endpoint."""
    specific = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL")
    return _session().create_client(
        service,
        endpoint_url=specific or get_service_endpoint(service, environ.get("LOCALSTACK_HOST", "127.0.0.1")),
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        region_name=environ["AWS_DEFAULT_REGION"],
    )


@cache
def _session() -> Any:
    """Return the session whose clients share the models of the services, which take longest to read."""
    return get_session()


def create_queues(environ: Mapping[str, str], stack: str) -> Queues:
    """Make the queues of a stack, or find them."""
    sqs = client("sqs", environ)
    jobs_url, jobs_dlq_url = _queue_pair(sqs, f"oa-{stack}-jobs")
    results_url, results_dlq_url = _queue_pair(sqs, f"oa-{stack}-results")
    return Queues(jobs_url, jobs_dlq_url, results_url, results_dlq_url)


def _queue_pair(sqs: Any, name: str) -> tuple[str, str]:
    dlq_url = str(sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"])
    attributes = sqs.get_queue_attributes(QueueUrl=dlq_url, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": attributes["QueueArn"], "maxReceiveCount": MAX_RECEIVE_COUNT}
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "60"},
    )
    return url, dlq_url


def create_bucket(environ: Mapping[str, str], name: str) -> str:
    """Make a bucket, or find it, and return its name."""
    try:
        client("s3", environ).create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise
    return name


def main() -> None:
    """Make everything of the stack OA_STACK."""
    stack = os.environ.get("OA_STACK", "compose")
    create_queues(os.environ, stack)
    create_bucket(os.environ, f"oa-{stack}")
    register(client("batch", os.environ), stack)
