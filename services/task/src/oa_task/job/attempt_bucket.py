"""The bucket as an attempt opens it: with its own credentials, or with the role of its container."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from oa_shared.aws import AttemptAws
from oa_shared.aws.attempt_storage import open_attempt_storage
from oa_shared.storage import Storage
from oa_task.job.attempt_access import AttemptAccess, wait_for_answer
from oa_task.job.renewed_keys import RenewedKeys
from oa_task.job.settings import JobSettings

log = structlog.get_logger()


@asynccontextmanager
async def open_bucket(settings: JobSettings, access: AttemptAccess, aws: AttemptAws) -> AsyncIterator[Storage]:
    """Open the bucket, after waiting for the API for a limited time: a container that waits costs money.

    Raises AttemptOverError, AccessUnavailableError.
    """
    deadline = time.monotonic() + settings.time_limit_s
    first = await wait_for_answer(access.fetch_keys, give_up_at=time.monotonic() + settings.api_wait_s)
    if first is None:
        log.info("container_role_used")
        yield aws.storage(settings.bucket)
        return
    async with (
        RenewedKeys(access, first, deadline=deadline) as keys,
        open_attempt_storage(settings.bucket, keys) as storage,
    ):
        yield storage
