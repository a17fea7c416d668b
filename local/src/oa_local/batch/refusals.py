"""What AWS Batch refuses of calls that submit, describe or end jobs, so that nothing works here that fails there.

From https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html and the quotas of the user guide.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence

from aiohttp import web

from oa_local.batch.aws_types import SubmittedJob
from oa_shared.batch import MAX_ARRAY, MAX_DESCRIBE, MIN_ARRAY
from oa_shared.carriers import MAX_OVERRIDE_CHARACTERS
from oa_shared.json_types import JsonObject

MAX_PAYLOAD_BYTES = 30 * 1024
MAX_DEPENDENCIES, MAX_TAGS, MAX_ATTEMPTS, MAX_PRIORITY = 20, 50, 10, 9999
MIN_TIMEOUT_S = 60
MAX_ACTIVE_SHARES = 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHARE = re.compile(r"[A-Za-z0-9]{1,255}\*?")
_RESERVED = "AWS_BATCH"
# Fields of SubmitJob that AWS takes and the emulation has no use for: a job that needs them would not run as there.
_UNSUPPORTED = frozenset(
    {"dependsOn", "parameters", "nodeOverrides", "eksPropertiesOverride", "ecsPropertiesOverride", "retryStrategy"}
)


class BatchClientError(web.HTTPBadRequest):
    """The refusal of a call, in the form of AWS."""

    def __init__(self, message: str) -> None:
        super().__init__(
            text=json.dumps({"message": message}),
            content_type="application/json",
            headers={"x-amzn-ErrorType": "ClientException"},
        )


def check_submission(new_job: SubmittedJob, *, size_bytes: int) -> None:
    """Refuse a SubmitJob by its own fields. Raises BatchClientError."""
    if size_bytes > MAX_PAYLOAD_BYTES:
        raise BatchClientError(f"the request has {size_bytes} bytes, the limit is {MAX_PAYLOAD_BYTES}")
    if not _NAME.fullmatch(new_job["jobName"]):
        raise BatchClientError("jobName must start with a-z, A-Z or 0-9, and have 1 to 128 of these, - and _")
    _check_array(new_job)
    _check_overrides(new_job)
    _check_limits(new_job)
    if unsupported := sorted(_UNSUPPORTED & new_job.keys()):
        raise BatchClientError(f"{', '.join(unsupported)}: the emulation of Batch does not support it")


def check_share(new_job: SubmittedJob, queue: JsonObject | None, active_shares: Callable[[], Collection[str]]) -> None:
    """Refuse a share identifier that is missing, malformed, one too many, or for a queue without a fair-share policy.

    `active_shares` returns the shares of the queue with jobs that have not ended: AWS allows 500 (API_ShareAttributes).
    Raises BatchClientError.
    """
    share = new_job.get("shareIdentifier")
    if share is not None and not _SHARE.fullmatch(share):
        raise BatchClientError("shareIdentifier must be 1 to 255 alphanumeric characters, followed by an optional *")
    if queue is None:
        return
    has_policy = bool(queue.get("schedulingPolicyArn"))
    if has_policy and share is None:
        raise BatchClientError("shareIdentifier must be specified: the job queue has a fair-share scheduling policy")
    if not has_policy and (share is not None or "schedulingPriorityOverride" in new_job):
        raise BatchClientError("shareIdentifier and schedulingPriorityOverride need a queue with a fair-share policy")
    if has_policy and share not in (active := active_shares()) and len(active) >= MAX_ACTIVE_SHARES:
        raise BatchClientError(f"the job queue has {len(active)} active share identifiers, the limit")


def check_description(ids: Sequence[str]) -> None:
    """Refuse a DescribeJobs of no job, or of too many. Raises BatchClientError."""
    if not 1 <= len(ids) <= MAX_DESCRIBE:
        raise BatchClientError(f"jobs must have 1 to {MAX_DESCRIBE} elements, has {len(ids)}")


def check_end(body: Mapping[str, object]) -> None:
    """Refuse a TerminateJob or CancelJob without the job or a reason. Raises BatchClientError."""
    if missing := [name for name in ("jobId", "reason") if not body.get(name)]:
        raise BatchClientError(f"{' and '.join(missing)} must be specified")


def _check_array(new_job: SubmittedJob) -> None:
    size = new_job["arrayProperties"].get("size") if "arrayProperties" in new_job else None
    if "arrayProperties" in new_job and (size is None or not MIN_ARRAY <= size <= MAX_ARRAY):
        raise BatchClientError(f"Array size must be between {MIN_ARRAY} and {MAX_ARRAY}")
    dependencies = new_job.get("dependsOn", [])
    if len(dependencies) > MAX_DEPENDENCIES:
        raise BatchClientError(f"a job can depend on at most {MAX_DEPENDENCIES} jobs, not on {len(dependencies)}")


def _check_overrides(new_job: SubmittedJob) -> None:
    """Refuse what AWS refuses, and another command: the emulation runs the command of the definition only."""
    overrides = new_job.get("containerOverrides", {})
    if "command" in overrides:
        raise BatchClientError("containerOverrides.command is not supported: the definition names the command")
    length = len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False))
    if length > MAX_OVERRIDE_CHARACTERS:
        raise BatchClientError(f"Container Overrides length must be at most {MAX_OVERRIDE_CHARACTERS}, is {length}")
    if reserved := [pair["name"] for pair in overrides.get("environment", ()) if pair["name"].startswith(_RESERVED)]:
        raise BatchClientError(f"environment variables cannot start with {_RESERVED}: {', '.join(reserved)}")


def _check_limits(new_job: SubmittedJob) -> None:
    seconds = new_job.get("timeout", {}).get("attemptDurationSeconds")
    if seconds is not None and seconds < MIN_TIMEOUT_S:
        raise BatchClientError(f"attemptDurationSeconds must be at least {MIN_TIMEOUT_S}, is {seconds}")
    attempts = new_job.get("retryStrategy", {}).get("attempts")
    if attempts is not None and not 1 <= attempts <= MAX_ATTEMPTS:
        raise BatchClientError(f"attempts must be between 1 and {MAX_ATTEMPTS}, is {attempts}")
    if not 0 <= new_job.get("schedulingPriorityOverride", 0) <= MAX_PRIORITY:
        raise BatchClientError(f"schedulingPriorityOverride must be between 0 and {MAX_PRIORITY}")
    if len(new_job.get("tags", {})) > MAX_TAGS:
        raise BatchClientError(f"a job can have at most {MAX_TAGS} tags")
