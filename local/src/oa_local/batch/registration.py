"""The Batch queues (one per lane) and job definitions (one per tier) that Terraform creates, for the emulation."""

import json
from collections.abc import Sequence

from oa_local.aws_client import AwsClient
from oa_shared.scheduling import Lane, Tier

MEMORY_MIB = {Tier.SMALL: 512, Tier.STANDARD: 1024, Tier.LARGE: 2048, Tier.HUGE: 4096}
TASK = ("oa-task", "job")
_ATTEMPT_S = 6 * 3600
# As on AWS, the flood of one author does not hold up the others.
FAIR_SHARE_LANES = frozenset({Lane.PULL_REQUEST})
_POLICY = {"schedulingPolicyArn": "arn:aws:batch:us-east-1:000000000000:scheduling-policy/oa-owners"}


def register(batch: AwsClient, stack: str, *, command: Sequence[str] = TASK) -> None:
    """Create the queues and definitions of a stack. Safe to repeat."""
    for index, lane in enumerate(Lane):
        policy = _POLICY if lane in FAIR_SHARE_LANES else {}
        batch.create_job_queue(
            jobQueueName=_queue(stack, lane), priority=len(Lane) - index, computeEnvironmentOrder=[], **policy
        )
    for tier, memory in MEMORY_MIB.items():
        batch.register_job_definition(
            jobDefinitionName=_definition(stack, tier),
            type="container",
            timeout={"attemptDurationSeconds": _ATTEMPT_S},
            containerProperties={
                "image": "local",
                "command": list(command),
                "resourceRequirements": [{"type": "MEMORY", "value": str(memory)}],
            },
        )


def is_registered(batch: AwsClient, stack: str) -> bool:
    """Return whether the queues and definitions of a stack exist."""
    queues = {each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]}
    definitions = {each["jobDefinitionName"] for each in batch.describe_job_definitions()["jobDefinitions"]}
    return {_queue(stack, lane) for lane in Lane} <= queues and {
        _definition(stack, tier) for tier in Tier
    } <= definitions


def dispatcher_settings(stack: str) -> dict[str, str]:
    """Return the dispatcher settings that name the queues and definitions of a stack."""
    return {
        "OA_BATCH_QUEUES": json.dumps({lane: _queue(stack, lane) for lane in Lane}),
        "OA_FAIR_SHARE_LANES": ",".join(sorted(FAIR_SHARE_LANES)),
        "OA_BATCH_DEFINITIONS": json.dumps({tier: _definition(stack, tier) for tier in Tier}),
    }


def _queue(stack: str, lane: Lane) -> str:
    return f"oa-{stack}-{lane}"


def _definition(stack: str, tier: Tier) -> str:
    return f"oa-{stack}-{tier}"
