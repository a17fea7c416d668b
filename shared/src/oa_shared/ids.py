"""Identifiers that cross a queue or a socket, and the names built from them."""

import re
import secrets
from dataclasses import dataclass

_BATCH_JOB_NAME = re.compile(r"oa-(?P<stack>[a-z0-9-]+)-(?P<job>\d{1,19})-(?P<attempt>\d{1,10})-(?P<token>[0-9a-f]{8})")
_ARRAY_JOB_NAME = re.compile(r"oa-(?P<stack>[a-z0-9-]+)-array-(?P<array>\d{1,19})(?:-(?P<token>[0-9a-f]{8}))?")
_CHILD_BATCH_JOB = re.compile(r"[^:]+:(?P<place>\d{1,5})")
_ATTEMPT_KEY = re.compile(r"job/(?P<job>\d{1,19})/attempt-(?P<attempt>\d{1,10})/(?P<file>.+)")
_MAX_JOB, _MAX_ATTEMPT = 2**63 - 1, 2**31 - 1


def new_token() -> str:
    """Return the random token of a new attempt: 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class BatchJobName:
    """The parts of an AWS Batch job name, which identify the attempt."""

    stack: str
    job: int
    attempt: int
    token_start: str


def batch_job_name(stack: str, job: int, attempt: int, token: str) -> str:
    """Return the Batch job name of an attempt; a redelivered message finds its job by this name."""
    return f"oa-{stack}-{job}-{attempt}-{token[:8]}"


def parse_batch_job_name(name: str) -> BatchJobName | None:
    """Return the parts of a name built by `batch_job_name`, or None for any other name."""
    match = _BATCH_JOB_NAME.fullmatch(name)
    if match is None:
        return None
    parsed = BatchJobName(
        stack=match["stack"],
        job=int(match["job"]),
        attempt=int(match["attempt"]),
        token_start=match["token"],
    )
    return parsed if parsed.job <= _MAX_JOB and parsed.attempt <= _MAX_ATTEMPT else None


def array_job_name(stack: str, array: int, token: str = "") -> str:
    """Return the Batch job name of an array of attempts; its children have the same name.

    The token distinguishes it from the array of this number before a restore of the database; without one, the name is
    that of earlier versions.
    """
    return f"oa-{stack}-array-{array}" + (f"-{token[:8]}" if token else "")


def child_batch_job(array_job: str, place: int) -> str:
    """Return the Batch ID of a child of an array job, as Batch itself forms it."""
    return f"{array_job}:{place}"


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """The place of a container in an array of attempts; `stack` is the stack of the array.

    `token_start` is the start of its token; it is empty in names of earlier versions.
    """

    stack: str
    array: int
    place: int
    token_start: str = ""


def parse_array_place(job_name: str, batch_job: str) -> ArrayPlace | None:
    """Return the place of a child of an array job by its name and its Batch ID; None for any other job."""
    name, child = _ARRAY_JOB_NAME.fullmatch(job_name), _CHILD_BATCH_JOB.fullmatch(batch_job)
    if name is None or child is None or int(name["array"]) > _MAX_JOB:
        return None
    return ArrayPlace(name["stack"], int(name["array"]), int(child["place"]), name["token"] or "")


def attempt_prefix(job: int, attempt: int) -> str:
    """Return the S3 key prefix of an attempt; only that attempt writes below it."""
    return f"job/{job}/attempt-{attempt}/"


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """The parts of the S3 key of a file of an attempt."""

    job: int
    attempt: int
    file: str


def parse_attempt_key(key: str) -> AttemptKey | None:
    """Return the parts of a key below an `attempt_prefix`, or None for any other key."""
    match = _ATTEMPT_KEY.fullmatch(key)
    if match is None:
        return None
    parsed = AttemptKey(int(match["job"]), int(match["attempt"]), match["file"])
    return parsed if parsed.job <= _MAX_JOB and parsed.attempt <= _MAX_ATTEMPT else None
