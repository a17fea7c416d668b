"""What the policies decided during the flows, and calls that they must refuse."""

from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from botocore.exceptions import ClientError

from oa_local.aws_client import AwsClient, client
from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.system import DeployedSystem, DeployedSystemError
from oa_tools.deployment.terraform import StackOutputs


def check_decisions(account: EmulatedAccount, outputs: StackOutputs) -> str:
    """Return the number of allowed calls by role. Raises DeployedSystemError for each that was refused."""
    decisions = list(account.decisions())
    refused = sorted(
        {f"{each['principal']}: {each['action']} on {each['resource']}" for each in decisions if not each["is_allowed"]}
    )
    if refused:
        raise DeployedSystemError("refused by the policies:\n" + "\n".join(refused))
    roles = Counter(each["principal"] for each in decisions)
    used = {(each["principal"], each["statement"]) for each in decisions}
    of_roles = {(each["role"], each["id"].partition("/")[2]) for each in outputs["policy_statements"]}
    counts = ", ".join(f"{role} {number}" for role, number in sorted(roles.items()))
    return f"{len(decisions):,} calls allowed by {len(used & of_roles)} statements of roles, none refused: {counts}"


def check_refused_calls(system: DeployedSystem) -> str:
    """Make calls that no role may make. Raises DeployedSystemError for each that is not refused."""
    bucket, queues = system.outputs["bucket"], system.outputs["queue_urls"]
    s3 = client("s3", system.account.environ)
    objects = s3.list_objects_v2(Bucket=bucket, Prefix="job/").get("Contents", [])
    if not objects:
        raise DeployedSystemError("no job has written a file, with which calls could be tried")
    published = objects[0]["Key"]
    place = {"Bucket": bucket, "Key": published}
    jobs = {"QueueUrl": queues["jobs"]["queue"]}
    definition = next(iter(system.outputs["batch_definitions"].values()))
    submission = {
        "jobName": "check",
        "jobQueue": next(iter(system.outputs["batch_queues"].values())),
        "jobDefinition": definition,
    }
    calls: list[tuple[str, str, str, Callable[[AwsClient], object]]] = [
        ("task", "s3", "replace a published file", lambda aws: aws.put_object(**place, Body=b"x")),
        ("task", "s3", "delete a published file", lambda aws: aws.delete_object(**place)),
        ("task", "s3", "list the bucket", lambda aws: aws.list_objects_v2(Bucket=bucket)),
        ("task", "sqs", "send a job", lambda aws: aws.send_message(**jobs, MessageBody="x")),
        ("task", "batch", "submit a job", lambda aws: aws.submit_job(**submission)),
        ("consumer", "s3", "write a file", lambda aws: aws.put_object(Bucket=bucket, Key="job/0/0/x", Body=b"x")),
        ("consumer", "sqs", "receive a job", lambda aws: aws.receive_message(**jobs)),
        ("dispatcher", "s3", "read a file", lambda aws: aws.get_object(**place)),
        ("api", "batch", "submit a job", lambda aws: aws.submit_job(**submission)),
        ("api", "sqs", "receive a job", lambda aws: aws.receive_message(**jobs)),
        ("api", "s3", "write a file of a job", lambda aws: aws.put_object(Bucket=bucket, Key="job/0/0/x", Body=b"x")),
    ]
    for role, service, name, call in calls:
        _expect_refusal(f"{role} can {name}", client(service, system.credentials(role)), call)
    if system.credentials("schedule"):
        raise DeployedSystemError("the container of a schedule has credentials of AWS")
    return f"{len(calls)} calls that roles may not make are refused, such as: a {calls[0][0]} may not {calls[0][2]}"


def _expect_refusal(fault: str, aws: AwsClient, call: Callable[[AwsClient], object]) -> None:
    try:
        call(aws)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.FORBIDDEN:
            raise DeployedSystemError(f"{fault}, or fails otherwise: {error}") from error
    else:
        raise DeployedSystemError(fault)
