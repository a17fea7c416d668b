"""What Terraform makes in AWS Batch, made in the emulation: a queue for each lane, a definition for each size tier."""

import json
from collections.abc import Sequence
from typing import Any

from oa_shared.scheduling import Lane, Tier

MEMORY_MIB = {Tier.SMALL: 512, Tier.STANDARD: 1024, Tier.LARGE: 2048, Tier.HUGE: 4096}
TASK = ("oa-task", "job")
_ATTEMPT_S = 6 * 3600


def register(batch: Any, stack: str, *, command: Sequence[str] = TASK) -> None:
    """Make the queues and definitions of a stack; `batch` is a botocore client. Safe to repeat."""
    for place, lane in enumerate(Lane):
        batch.create_job_queue(jobQueueName=_queue(stack, lane), priority=len(Lane) - place, computeEnvironmentOrder=[])
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


def dispatcher_settings(stack: str) -> dict[str, str]:
    """Return the dispatcher's settings that name them."""
    return {
        "OA_BATCH_QUEUES": json.dumps({lane: _queue(stack, lane) for lane in Lane}),
        "OA_BATCH_DEFINITIONS": json.dumps({tier: _definition(stack, tier) for tier in Tier}),
    }


def _queue(stack: str, lane: Lane) -> str:
    return f"oa-{stack}-{lane}"


def _definition(stack: str, tier: Tier) -> str:
    return f"oa-{stack}-{tier}"
