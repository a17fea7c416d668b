"""STS as a `KeyIssuer`: a session of one role, whose policy leaves only the files of one attempt.

The session has the permissions that both the role and the policy grant
(docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html, session policies). The policy has at most 2,048
characters, too few for the inputs of a product: the API signs a URL for each of those.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from oa_shared.attempt_keys import AttemptKeys, KeysUnavailableError
from oa_shared.aws.failures import AWS_ERRORS, error_code
from oa_shared.aws.session import CLIENT_CONFIG, limit_calls, prepare_session
from oa_shared.ids import attempt_prefix

if TYPE_CHECKING:
    from types_aiobotocore_sts import STSClient

# The longest session of a role that another role assumes; the API itself runs with a role.
SESSION_S = 3600
_ACTIONS = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject")


class StsKeyIssuer:
    """Assumes the role of attempts in the name of the API."""

    def __init__(self, client: "STSClient", *, role_arn: str, bucket: str) -> None:
        self._client = client
        self._role_arn = role_arn
        self._bucket = bucket

    async def issue(self, job: int, attempt: int) -> AttemptKeys:
        """Return credentials for the files of an attempt; CloudTrail shows the attempt as the name of the session."""
        partition = self._role_arn.split(":")[1]
        try:
            answer = await self._client.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=f"oa-{job}-{attempt}",
                Policy=session_policy(partition, self._bucket, job, attempt),
                DurationSeconds=SESSION_S,
            )
        except AWS_ERRORS as error:
            raise KeysUnavailableError(f"AssumeRole: {error_code(error)}") from error
        issued = answer["Credentials"]
        return AttemptKeys(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"], SESSION_S)


def session_policy(partition: str, bucket: str, job: int, attempt: int) -> str:
    """Return the policy of an attempt's session: create and read the objects below its own prefix, nothing else."""
    statement = {
        "Effect": "Allow",
        "Action": list(_ACTIONS),
        "Resource": f"arn:{partition}:s3:::{bucket}/{attempt_prefix(job, attempt)}*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@asynccontextmanager
async def open_key_issuer(*, role_arn: str, bucket: str) -> AsyncIterator[StsKeyIssuer]:
    """Open an issuer with the credentials and endpoints of the environment; close it on exit."""
    session = await prepare_session()
    async with session.client("sts", config=CLIENT_CONFIG) as client:
        yield StsKeyIssuer(limit_calls(client), role_arn=role_arn, bucket=bucket)
