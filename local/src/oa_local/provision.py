"""Creates the resources that Terraform creates on AWS: SQS queues, the bucket, Batch queues and job definitions.

Safe to repeat. docker-compose.yml runs it as `oa-provision`.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from oa_local.aws_client import AwsClient, client
from oa_local.batch.registration import register

MAX_RECEIVE_COUNT = 5


@dataclass(frozen=True, slots=True)
class Queues:
    """The URLs of the two queues and of their dead-letter queues."""

    jobs_url: str
    jobs_dlq_url: str
    results_url: str
    results_dlq_url: str


def create_queues(environ: Mapping[str, str], stack: str) -> Queues:
    """Create the queues of a stack, if need be, and return their URLs."""
    sqs = client("sqs", environ)
    jobs_url, jobs_dlq_url = _queue_pair(sqs, f"oa-{stack}-jobs")
    results_url, results_dlq_url = _queue_pair(sqs, f"oa-{stack}-results")
    return Queues(jobs_url, jobs_dlq_url, results_url, results_dlq_url)


def _queue_pair(sqs: AwsClient, name: str) -> tuple[str, str]:
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
    """Create a bucket, if need be, and return its name."""
    try:
        client("s3", environ).create_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise
    return name


def main() -> None:
    """Create all resources of the stack named by OA_STACK."""
    stack = os.environ.get("OA_STACK", "compose")
    create_queues(os.environ, stack)
    create_bucket(os.environ, f"oa-{stack}")
    register(client("batch", os.environ), stack)
