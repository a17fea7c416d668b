"""The credentials of an attempt, renewed while it runs: a job may last for hours, its credentials an hour at most."""

import asyncio
import math
import time
from types import TracebackType
from typing import Self

import structlog

from oa_shared.attempt_keys import AttemptKeys, KeysUnavailableError
from oa_task.job.attempt_access import (
    AccessUnavailableError,
    AttemptAccess,
    AttemptOverError,
    TimedKeys,
    wait_for_answer,
)

log = structlog.get_logger()
# Of their validity. The rest is the time for which the API may be unavailable without effect.
_RENEW_AFTER = 0.75
# A call that starts with credentials must reach S3 before they end.
_SAFETY_S = 60.0


class RenewedKeys:
    """A `KeySource` whose task renews the keys; once they have ended, callers wait for it until `deadline`.

    `deadline` is a monotonic time: the end of the attempt's own time limit.
    """

    def __init__(self, access: AttemptAccess, first: TimedKeys, *, deadline: float) -> None:
        self._access = access
        self._timed = first
        self._deadline = deadline
        self._changed = asyncio.Event()
        self._refusal: AttemptOverError | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._renew_repeatedly())
        return self

    async def __aexit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def current(self) -> AttemptKeys:
        """Return keys that are valid for a minute at least. Raises KeysUnavailableError."""
        safety_s = min(_SAFETY_S, self._timed.keys.valid_s * (1 - _RENEW_AFTER))
        while self._timed.remaining_s <= safety_s:
            if self._refusal is not None:
                raise KeysUnavailableError(f"not renewed: {self._refusal.detail}")
            self._changed.clear()
            try:
                async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
                    await self._changed.wait()
            except TimeoutError as error:
                raise KeysUnavailableError("not renewed before the time limit of the attempt") from error
        return self._timed.keys

    async def _renew_repeatedly(self) -> None:
        while self._refusal is None:
            valid_s = self._timed.keys.valid_s
            await asyncio.sleep(max(0.0, self._timed.remaining_s - valid_s * (1 - _RENEW_AFTER)))
            await self._renew()
            self._changed.set()

    async def _renew(self) -> None:
        """Renew the keys, however long the API is unavailable; note the refusal of an attempt that is over."""
        try:
            self._timed = await wait_for_answer(self._fetch, give_up_at=math.inf)
        except AttemptOverError as error:
            log.warning("credentials_refused", error=error.detail)
            self._refusal = error
        else:
            log.info("credentials_renewed", valid_s=self._timed.keys.valid_s)

    async def _fetch(self) -> TimedKeys:
        timed = await self._access.fetch_keys()
        if timed is None:
            raise AccessUnavailableError("the API issues no credentials now")
        return timed
