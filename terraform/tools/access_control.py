"""Policies enforced as AWS does, once `POST /moto-api/reset-auth` has switched enforcement on.

moto ignores conditions, policies of resources, presigned links and forms, and knows some actions by other names than
IAM does. This evaluates each request with `oa_tools.deployment.iam_policies` instead, and writes the decision to the
file that EMULATOR_ACCESS_LOG names, as a line of JSON. The root user of the account, with the access key `test`, may
do everything, and is not logged.
"""

# ruff: noqa: INP001, SLF001 - a program in its own folder that uses internals of moto
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import AccessDeniedError
from moto.core.responses import BaseResponse
from moto.iam.access_control import IAMPolicy, IAMRequest, PermissionResult, S3IAMRequest
from moto.iam.models import iam_backends
from moto.s3.exceptions import BucketAccessDeniedError
from moto.s3.models import FakeBucket, s3_backends
from moto.sqs.models import sqs_backends
from moto.sts.models import sts_backends
from signatures import ALGORITHM, RefusedLinkError, check_form, check_header, check_link

from oa_tools.deployment.iam_policies import Decision, PolicyRequest, decide

_ROOT_KEY = "test"
_PARTITION = "aws"
# The action of moto → that of IAM, because
#  - IAM has one action for the single call and the batch of SQS,
#  - an object's metadata and its listing have the actions of reading in S3,
#  - moto names the calls of Batch by their path.
ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "batch:submitjob": "batch:SubmitJob",
    "batch:describejobs": "batch:DescribeJobs",
    "batch:listjobs": "batch:ListJobs",
    "batch:terminatejob": "batch:TerminateJob",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: the ARN of a role or the name of a service, and the keys of conditions that it has."""

    principal: str
    secret: str
    token: str = ""
    session_policy: str | None = None
    context: dict[str, str] = field(default_factory=dict)

    @property
    def policies(self) -> list[dict[str, Any]]:
        """The policies of the role."""
        if ":role/" not in self.principal:
            return []
        backend, name = next(iter(iam_backends.values()))[_PARTITION], self.principal.rsplit("/", 1)[-1]
        inline = [backend.get_role_policy(name, policy)[1] for policy in backend.list_role_policies(name)]
        attached, _ = backend.list_attached_role_policies(name)
        return [IAMPolicy(policy)._policy_json for policy in (*inline, *attached)]


def find_caller(access_key: str) -> Caller | None:
    """Return the caller with an access key; None for an unknown one."""
    service = _service_keys().get(access_key)
    if service is not None:
        return Caller(service["service"], service["secret"], context={"aws:sourcearn": service["source_arn"]})
    for backends in sts_backends.values():
        role = backends[_PARTITION].get_assumed_role_from_access_key(access_key)
        if role is not None:
            return Caller(role.role_arn, role.secret_access_key, role.session_token, role.policy)
    return None


@cache
def _service_keys() -> dict[str, dict[str, str]]:
    """Return the services of AWS that send their own requests, by access key."""
    found: dict[str, dict[str, str]] = json.loads(os.environ.get("EMULATOR_SERVICE_KEYS", "{}"))
    return found


def authorize(call: BaseResponse, resource: str = "*") -> None:
    """Authorize a call of any service but S3. Raises AccessDeniedError."""
    service, access_key = str(call.service_name), _access_key_of_header(call)
    if not _is_enforced() or access_key == _ROOT_KEY:
        return
    action = ACTIONS.get(f"{service}:{call._get_action()}", f"{service}:{call._get_action()}")
    caller = find_caller(access_key)
    if caller is None:
        _log("unknown", action, resource, Decision(is_allowed=False))
        raise AccessDeniedError(user_arn=access_key, action=action)
    if caller.token:
        check_header(IAMRequest, call)
    for each in _resources(call, action, resource):
        if not _decide(caller, action, each, {}).is_allowed:
            raise AccessDeniedError(user_arn=caller.principal, action=action)


def _resources(call: BaseResponse, action: str, resource: str) -> Iterator[str]:
    """Yield what a call needs its permission on: SubmitJob needs it on the queue and on the definition."""
    body = json.loads(call.body) if action.startswith("batch:") else {}
    match action:
        case "batch:SubmitJob":
            yield from (body["jobQueue"], body["jobDefinition"])
        case "batch:TerminateJob":
            yield f"arn:{_PARTITION}:batch:{call.region}:{call.current_account}:job/{body['jobId']}"
        case "sts:AssumeRole":
            yield call._get_param("RoleArn")
        case "secretsmanager:GetSecretValue":
            yield json.loads(call.body)["SecretId"]
        case _:
            yield resource


def authorize_s3(call: BaseResponse, bucket_name: str | None = None, key_name: str | None = None) -> None:
    """Authorize a call of S3 with a header, a presigned link or a form. Raises S3ClientError."""
    query = {name: values[0] for name, values in parse_qs(call.parsed_url.query, keep_blank_values=True).items()}
    if not _is_enforced() or _access_key_of_header(call) == _ROOT_KEY:
        return
    caller, keys = _s3_caller(call, query), [key_name]
    action = f"s3:{call._get_action()}"
    if call.method == "POST" and key_name is None:
        keys = _keys_of_body(call, query)
    action = ACTIONS.get(action, action)
    context = _s3_context(call, query, action)
    for key in keys:
        resource = f"arn:{_PARTITION}:s3:::{bucket_name}" + (f"/{key}" if key else "")
        if not _may(caller, action, resource, context):
            raise BucketAccessDeniedError(bucket=bucket_name or "")


def _may(caller: Caller, action: str, resource: str, context: dict[str, str]) -> bool:
    """Return whether a call is allowed; S3 answers 403 for a missing object unless the caller may list the bucket."""
    bucket, _, key = resource.rpartition(":")[-1].partition("/")
    if not _decide(caller, action, resource, context).is_allowed:
        return False
    backend = next(iter(s3_backends.values()))[_PARTITION]
    if action != "s3:GetObject" or backend.get_object(bucket, unquote(key)) is not None:
        return True
    return _decide(caller, "s3:ListBucket", resource.partition("/")[0], {}).is_allowed


def _keys_of_body(call: BaseResponse, query: dict[str, str]) -> list[str]:
    """Return the keys that a request deletes, or the key of a form."""
    if "delete" in query:
        return re.findall(r"<Key>(.*?)</Key>", call.raw_body.decode())
    return [call.form_data["key"]]


def _s3_context(call: BaseResponse, query: dict[str, str], action: str) -> dict[str, str]:
    if action != "s3:PutObject":
        return {}
    is_creation = "partNumber" not in query and "uploads" not in query
    context = {"s3:objectcreationoperation": str(is_creation).lower()}
    if "If-None-Match" in call.headers:
        context["s3:if-none-match"] = call.headers["If-None-Match"]
    return context


def _s3_caller(call: BaseResponse, query: dict[str, str]) -> Caller:
    """Return the caller of a request whose signature is right. Raises S3ClientError."""
    if "AWSAccessKeyId" in query or "AWSAccessKeyId" in call.form_data:
        _log("unknown", "s3:link", call.path, Decision(is_allowed=False, statement="Signature Version 2"))
        raise RefusedLinkError(f"Signature Version 2 is not supported. Please use {ALGORITHM}.")
    form = {name.lower(): value for name, value in call.form_data.items()} if call.method == "POST" else {}
    credential = query.get("X-Amz-Credential") or form.get("x-amz-credential")
    access_key = credential.partition("/")[0] if credential else _access_key_of_header(call)
    caller = find_caller(access_key)
    token = query.get("X-Amz-Security-Token") or form.get("x-amz-security-token")
    if caller is None or (credential and token != caller.token):
        _log("unknown", "s3:*", call.path, Decision(is_allowed=False))
        raise RefusedLinkError("The AWS Access Key Id you provided does not exist in our records.")
    if "X-Amz-Credential" in query:
        check_link(call, caller.secret, query)
    elif form:
        check_form(caller.secret, form)
    else:
        check_header(S3IAMRequest, call)
    return caller


def _decide(caller: Caller, action: str, resource: str, context: dict[str, str]) -> Decision:
    request = PolicyRequest(caller.principal, action, resource, {**caller.context, **context})
    # Loopback has no TLS: every request counts as if it had used it.
    request.context["aws:securetransport"] = "true"  # type: ignore[index]
    of_resource = _policies_of_resource(resource)
    decision = decide(request, caller.policies, of_resource)
    # A session has what both its role and its policy allow. A role must trust its caller, whatever the latter may do.
    limits = [([json.loads(caller.session_policy)], [])] if caller.session_policy else []
    limits += [([], of_resource)] if action == "sts:AssumeRole" else []
    is_allowed = decision.is_allowed and all(decide(request, *limit).is_allowed for limit in limits)
    decision = replace(decision, is_allowed=is_allowed)
    _log(caller.principal, action, resource, decision)
    return decision


def _policies_of_resource(resource: str) -> list[dict[str, Any]]:
    """Return the policy of a queue or a bucket."""
    name = resource.rpartition(":")[-1].partition("/")[0]
    if resource.startswith(f"arn:{_PARTITION}:s3:"):
        bucket = next(iter(s3_backends.values()))[_PARTITION].get_bucket(name)
        return [json.loads(bucket.policy)] if bucket.policy else []
    if resource.startswith(f"arn:{_PARTITION}:sqs:"):
        queue = next(iter(sqs_backends.values()))[resource.split(":")[3]].get_queue(name)
        return [json.loads(queue.policy)] if queue.policy else []
    if resource.startswith(f"arn:{_PARTITION}:iam:"):
        role = next(iter(iam_backends.values()))[_PARTITION].get_role_by_arn(resource)
        trust = json.loads(role.assume_role_policy_document)
        return [{"Statement": [{**each, "Resource": "*"} for each in trust["Statement"]]}]
    return []


def _access_key_of_header(call: BaseResponse) -> str:
    header = call.headers.get("Authorization", "")
    return header.partition("Credential=")[2].partition("/")[0]


def _is_enforced() -> bool:
    return ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT


def _log(principal: str, action: str, resource: str, decision: Decision) -> None:
    line = {
        "principal": principal.rsplit("/", 1)[-1],
        "action": action,
        "resource": resource,
        "is_allowed": decision.is_allowed,
        "statement": decision.statement,
    }
    with Path(os.environ["EMULATOR_ACCESS_LOG"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def install() -> None:
    """Replace the authorization of moto; the policy of a bucket is evaluated here and not a second time."""
    ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = authorize
    ActionAuthenticatorMixin._authenticate_and_authorize_s3_action = authorize_s3
    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
