"""Provisioning: what is missing or wrong is created, what is right is left alone; the adapters name what is missing."""

import json
import uuid

import pytest

from oa_local.aws_client import client
from oa_local.batch.process import BatchProcess
from oa_local.provision import MAX_RECEIVE_COUNT, create_bucket, create_queues, create_resources
from oa_shared.aws import Aws
from oa_shared.storage import StorageUnavailableError


@pytest.fixture
def stack() -> str:
    return f"p{uuid.uuid4().hex[:10]}"


def _attributes(aws: dict[str, str], url: str) -> dict[str, str]:
    found: dict[str, str] = client("sqs", aws).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def test_provision_repairs_what_is_missing_and_wrong(aws: dict[str, str], stack: str, batch: BatchProcess) -> None:
    environ = {**aws, "AWS_ENDPOINT_URL_BATCH": batch.url}
    create_resources(environ, stack)
    queues = create_queues(aws, stack)
    sqs = client("sqs", aws)
    sqs.delete_queue(QueueUrl=queues.jobs_dlq_url)
    sqs.delete_queue(QueueUrl=queues.jobs_url)
    sqs.set_queue_attributes(QueueUrl=queues.results_url, Attributes={"VisibilityTimeout": "1"})
    client("s3", aws).delete_bucket(Bucket=f"oa-{stack}")
    create_resources(environ, stack)
    for url in (queues.jobs_url, queues.results_url):
        attributes = _attributes(aws, url)
        assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == MAX_RECEIVE_COUNT
        assert attributes["VisibilityTimeout"] == "60"
    client("s3", aws).head_bucket(Bucket=f"oa-{stack}")
    definitions = batch.client().describe_job_definitions()["jobDefinitions"]
    assert {each["revision"] for each in definitions} == {1}


def test_provision_leaves_messages_and_objects_alone(aws: dict[str, str], stack: str) -> None:
    queues, bucket = create_queues(aws, stack), create_bucket(aws, f"oa-{stack}")
    client("sqs", aws).send_message(QueueUrl=queues.jobs_url, MessageBody="x")
    client("s3", aws).put_object(Bucket=bucket, Key="a", Body=b"x")
    assert create_queues(aws, stack) == queues
    assert create_bucket(aws, bucket) == bucket
    assert _attributes(aws, queues.jobs_url)["ApproximateNumberOfMessages"] == "1"
    assert client("s3", aws).get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"


async def test_missing_queue_is_named_with_what_to_do(aws_clients: Aws, aws: dict[str, str], stack: str) -> None:
    queues = create_queues(aws, stack)
    queue = aws_clients.queue(queues.jobs_url, queues.jobs_dlq_url)
    assert await queue.find_misconfiguration() == []
    assert await aws_clients.queue(queues.jobs_dlq_url).find_misconfiguration() == []
    client("sqs", aws).delete_queue(QueueUrl=queues.jobs_url)
    (problem,) = await queue.find_misconfiguration()
    assert "does not exist: create it again" in problem


async def test_missing_bucket_is_an_outage_and_not_a_missing_object(aws_clients: Aws, bucket: str) -> None:
    assert await aws_clients.storage(bucket).get_bytes("absent") is None
    assert await aws_clients.storage(bucket).head("absent") is None
    absent = aws_clients.storage(f"{bucket}-absent")
    for read in (absent.get_bytes, absent.head):
        with pytest.raises(StorageUnavailableError, match="NoSuchBucket"):
            await read("absent")


async def test_queue_that_was_created_again_is_younger(aws_clients: Aws, aws: dict[str, str], stack: str) -> None:
    depth = await aws_clients.queue(create_queues(aws, stack).jobs_url).depth()
    assert depth.created_at is not None
