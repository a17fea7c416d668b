"""Sends each state change to the results queue, in the form of EventBridge."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from oa_local.aws_client import client
from oa_local.batch.job import ACCOUNT, EmulatedJob
from oa_shared.json_types import JsonObject

_RETRY_S = 1.0
log = structlog.get_logger(__name__)


def state_change(job: EmulatedJob) -> JsonObject:
    """Return the event of the current state of a job."""
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


class EventSender:
    """Sends events one after the other and retries while the queue is unavailable."""

    def __init__(self, queue_url: str | None, environ: Mapping[str, str]) -> None:
        self._queue_url = queue_url
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._sqs = client("sqs", environ) if queue_url else None

    def enqueue(self, job: EmulatedJob) -> None:
        """Schedule an event of the current state of a job."""
        if self._queue_url:
            self._waiting.put_nowait(json.dumps(state_change(job)))

    async def run(self) -> None:
        """Send events until canceled."""
        while True:
            body = await self._waiting.get()
            while not await asyncio.to_thread(self._send, body):  # noqa: ASYNC110 - a retry, not a wait for another task
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
