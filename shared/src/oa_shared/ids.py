"""The names of things that cross a queue or a socket."""

import re
import secrets
from dataclasses import dataclass
from typing import NewType

RunId = NewType("RunId", int)
JobId = NewType("JobId", int)
AttemptNumber = NewType("AttemptNumber", int)
Token = NewType("Token", str)

_BATCH_JOB_NAME = re.compile(r"oa-(?P<stack>[a-z0-9-]+)-(?P<job>\d+)-(?P<attempt>\d+)-(?P<token>[0-9a-f]{8})")


def new_token() -> Token:
    """Return the random token of a new attempt: 32 hex digits."""
    return Token(secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class BatchJobName:
    """What the name of an AWS Batch job says about the attempt that it runs."""

    stack: str
    job: JobId
    attempt: AttemptNumber
    token_start: str


def batch_job_name(stack: str, job: int, attempt: int, token: str) -> str:
    """Return the name under which Batch knows an attempt; it is how a redelivered message finds its job."""
    return f"oa-{stack}-{job}-{attempt}-{token[:8]}"


def parse_batch_job_name(name: str) -> BatchJobName | None:
    """Return the parts of a name made by `batch_job_name`, or None for the name of somebody else's job."""
    match = _BATCH_JOB_NAME.fullmatch(name)
    if match is None:
        return None
    return BatchJobName(
        stack=match["stack"],
        job=JobId(int(match["job"])),
        attempt=AttemptNumber(int(match["attempt"])),
        token_start=match["token"],
    )


def attempt_prefix(job: int, attempt: int) -> str:
    """Return the S3 prefix below which one attempt, and nothing else, writes."""
    return f"job/{job}/attempt-{attempt}/"
