"""Tells the results queue of each state change, in the shape that EventBridge gives it."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from oa_local.batch.job import ACCOUNT, Job
from oa_local.provision import client

_RETRY_S = 1.0
log = structlog.get_logger(__name__)


def state_change(job: Job) -> dict[str, Any]:
    """Return the event of a job's present state."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Batch Job State Change",
        "source": "aws.batch",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [job.arn],
        "detail": job.detail(),
    }


class Events:
    """Sends events one after the other, again and again while the queue cannot be reached."""

    def __init__(self, queue_url: str | None, environ: Mapping[str, str]) -> None:
        self._queue_url = queue_url
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._sqs = client("sqs", environ) if queue_url else None

    def tell(self, job: Job) -> None:
        """Put a job's present state in line to be sent."""
        if self._queue_url:
            self._waiting.put_nowait(json.dumps(state_change(job)))

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            body = await self._waiting.get()
            while not await asyncio.to_thread(self._send, body):  # noqa: ASYNC110 - retries, waits for no task of ours
                await asyncio.sleep(_RETRY_S)

    def _send(self, body: str) -> bool:
        if self._sqs is None:
            return True
        try:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except (BotoCoreError, ClientError) as error:
            log.warning("event_not_sent", error=str(error))
            return False
        return True
