"""The bucket as an attempt opens it: with credentials of its own, or with the role of its container."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from oa_shared.aws import Aws
from oa_shared.aws.attempt_storage import open_attempt_storage
from oa_shared.storage import Storage
from oa_task.job.attempt_access import AttemptAccess, wait_for_answer
from oa_task.job.renewed_keys import RenewedKeys
from oa_task.job.settings import JobSettings

log = structlog.get_logger()
# An API that is restarted or replaced is back by then; a container that waits costs money.
START_WAIT_S = 600.0


@asynccontextmanager
async def open_bucket(
    settings: JobSettings, access: AttemptAccess, aws: Aws, *, start_wait_s: float = START_WAIT_S
) -> AsyncIterator[Storage]:
    """Open the bucket, after at most `start_wait_s` seconds of waiting for the API.

    Raises AttemptOverError, AccessUnavailableError.
    """
    deadline = time.monotonic() + settings.time_limit_s
    first = await wait_for_answer(access.fetch_keys, give_up_at=time.monotonic() + start_wait_s)
    if first is None:
        log.info("container_role_used")
        yield aws.storage(settings.bucket)
        return
    async with (
        RenewedKeys(access, first, deadline=deadline) as keys,
        open_attempt_storage(settings.bucket, keys) as storage,
    ):
        yield storage
