"""The rules of IAM by which the check of the deployment enforces the policies of terraform/."""

from typing import Any

import pytest

from oa_tools.deployment.iam_policies import Decision, PolicyRequest, UnsupportedPolicyError, decide, matches

TASK, API = "arn:aws:iam::123456789012:role/oa-dev-task", "arn:aws:iam::123456789012:role/oa-dev-api"
BUCKET = "arn:aws:s3:::oa-dev"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:oa-dev-results"
RULE = "arn:aws:events:us-east-1:123456789012:rule/oa-dev"


def policy(*statements: Any) -> Any:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str, **more: Any) -> Any:
    return {"Sid": "A", "Effect": "Allow", "Action": [action], "Resource": [resource], **more}


PUT = policy(allow("s3:PutObject", f"{BUCKET}/job/*"))
WRITE_ONCE = policy(
    {
        "Sid": "WriteOnce",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:PutObject"],
        "NotResource": [f"{BUCKET}/job/*/log.jsonl"],
        "Condition": {
            "Null": {"s3:if-none-match": "true"},
            "Bool": {"s3:ObjectCreationOperation": "true"},
            "ArnEquals": {"aws:PrincipalArn": TASK},
        },
    }
)
EVENTS = policy(
    allow(
        "sqs:SendMessage",
        QUEUE,
        Principal={"Service": "events.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": RULE}},
    )
)
CREATES = {"s3:objectcreationoperation": "true"}


@pytest.mark.parametrize(
    ("principal", "key", "context", "is_allowed"),
    [
        (TASK, "job/1/1/a.parquet", {**CREATES, "s3:if-none-match": "*"}, True),
        (TASK, "job/1/1/a.parquet", CREATES, False),
        (TASK, "job/1/1/a.parquet", {"s3:objectcreationoperation": "false"}, True),
        (TASK, "job/1/1/log.jsonl", CREATES, True),
        (TASK, "upload/1/a.csv", {**CREATES, "s3:if-none-match": "*"}, False),
        (API, "job/1/1/a.parquet", CREATES, True),
    ],
)
def test_denial_of_the_bucket_wins_under_its_conditions_only(
    principal: str, key: str, context: dict[str, str], *, is_allowed: bool
) -> None:
    request = PolicyRequest(principal, "s3:PutObject", f"{BUCKET}/{key}", context)
    assert decide(request, [PUT], [WRITE_ONCE]).is_allowed == is_allowed


@pytest.mark.parametrize(("source", "is_allowed"), [(RULE, True), (f"{RULE}-other", False), (None, False)])
def test_service_may_send_on_behalf_of_the_named_rule_only(source: str | None, *, is_allowed: bool) -> None:
    context = {} if source is None else {"aws:sourcearn": source}
    request = PolicyRequest("events.amazonaws.com", "sqs:SendMessage", QUEUE, context)
    assert decide(request, [], [EVENTS]).is_allowed == is_allowed


def test_policy_of_a_resource_allows_the_roles_that_it_names() -> None:
    document = policy(allow("sqs:SendMessage", QUEUE, Principal={"AWS": [API]}))
    assert decide(PolicyRequest(API, "sqs:SendMessage", QUEUE), [], [document]) == Decision(True, "A")
    assert not decide(PolicyRequest(TASK, "sqs:SendMessage", QUEUE), [], [document]).is_allowed


@pytest.mark.parametrize("action", ["sqs:SendMessages", "sqs:Send", "s3:SendMessage", "sqs:DeleteMessage"])
def test_another_action_is_not_allowed(action: str) -> None:
    assert not decide(PolicyRequest(API, action, QUEUE), [policy(allow("sqs:SendMessage", QUEUE))]).is_allowed


@pytest.mark.parametrize(
    ("pattern", "value", "is_match"),
    [("a/*", "a/b/c", True), ("a/*", "a", False), ("a.b", "axb", False), ("a?c", "abc", True), ("*", "", True)],
)
def test_pattern_of_a_policy(pattern: str, value: str, *, is_match: bool) -> None:
    assert matches(pattern, value) == is_match


def test_unknown_condition_is_an_error_and_not_ignored() -> None:
    document = policy(allow("s3:GetObject", "*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    with pytest.raises(UnsupportedPolicyError, match="IpAddress"):
        decide(PolicyRequest(API, "s3:GetObject", BUCKET), [document])
