"""Creates the resources that Terraform creates on AWS: SQS queues, the bucket, Batch queues and job definitions.

Safe to repeat. docker-compose.yml runs it as `oa-provision --watch`: LocalStack forgets everything when it restarts.
"""

import argparse
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from oa_local.aws_client import AwsClient, client
from oa_local.batch.registration import is_registered, register
from oa_shared.logging import configure_logging

MAX_RECEIVE_COUNT = 5
_VISIBILITY_S = "60"
_EVERY_S = 2.0
_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_NO_BUCKET = frozenset({"404", "NoSuchBucket"})
_HAS_BUCKET = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Queues:
    """The URLs of the two queues and of their dead-letter queues."""

    jobs_url: str
    jobs_dlq_url: str
    results_url: str
    results_dlq_url: str


def create_queues(environ: Mapping[str, str], stack: str) -> Queues:
    """Create the queues of a stack, if need be, correct their attributes, and return their URLs."""
    sqs = client("sqs", environ)
    jobs_url, jobs_dlq_url = _create_queue_pair(sqs, f"oa-{stack}-jobs")
    results_url, results_dlq_url = _create_queue_pair(sqs, f"oa-{stack}-results")
    return Queues(jobs_url, jobs_dlq_url, results_url, results_dlq_url)


def _create_queue_pair(sqs: AwsClient, name: str) -> tuple[str, str]:
    dlq_url = _create_queue(sqs, f"{name}-dlq")
    arn = sqs.get_queue_attributes(QueueUrl=dlq_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    url = _create_queue(sqs, name)
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVE_COUNT}
    names = ["RedrivePolicy", "VisibilityTimeout"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names).get("Attributes", {})
    has_redrive = json.loads(attributes.get("RedrivePolicy") or "{}") == redrive
    if not has_redrive or attributes.get("VisibilityTimeout") != _VISIBILITY_S:
        expected = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": _VISIBILITY_S}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=expected)
        log.info("queue_attributes_set", queue=name)
    return url, dlq_url


def _create_queue(sqs: AwsClient, name: str) -> str:
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NO_QUEUE:
            raise
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    log.info("queue_created", queue=name)
    return url


def create_bucket(environ: Mapping[str, str], name: str) -> str:
    """Create a bucket, if need be, and return its name."""
    s3 = client("s3", environ)
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NO_BUCKET:
            raise
    else:
        return name
    try:
        s3.create_bucket(Bucket=name)
        log.info("bucket_created", bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _HAS_BUCKET:
            raise
    return name


def create_resources(environ: Mapping[str, str], stack: str) -> None:
    """Create the resources of a stack that do not exist. Raises ClientError and BotoCoreError."""
    create_queues(environ, stack)
    create_bucket(environ, f"oa-{stack}")
    batch = client("batch", environ)
    if not is_registered(batch, stack):
        register(batch, stack)
        log.info("batch_registered", stack=stack)


def watch(environ: Mapping[str, str], stack: str, ready_file: Path | None) -> None:
    """Create missing resources again and again; touch `ready_file` each time that all of them exist."""
    while True:
        try:
            create_resources(environ, stack)
        except (ClientError, BotoCoreError) as error:
            log.warning("provision_waiting", error=str(error))
        else:
            if ready_file is not None:
                ready_file.touch()
        time.sleep(_EVERY_S)


def main() -> None:
    """Create all resources of the stack named by OA_STACK, once or whenever one is missing."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--watch", action="store_true", help="run until stopped, and create what is missing")
    parser.add_argument("--ready-file", type=Path, help="the file to touch whenever all resources exist")
    options = parser.parse_args()
    stack = os.environ.get("OA_STACK", "compose")
    if options.watch:
        configure_logging("provision")
        watch(os.environ, stack, options.ready_file)
    else:
        create_resources(os.environ, stack)
