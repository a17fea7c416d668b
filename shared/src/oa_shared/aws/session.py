"""Clients for the three services, opened once per process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aioboto3
from botocore.config import Config

from oa_shared.aws.batch import AwsBatch
from oa_shared.aws.s3 import S3Storage
from oa_shared.aws.sqs import SqsQueue

_CONNECTIONS = 50
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    max_pool_connections=_CONNECTIONS,
    s3={"addressing_style": "path"},
)
# A SubmitJob whose answer is lost must not be sent again: it would be a second container.
_SUBMIT_ONCE = _CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))


@dataclass(frozen=True, slots=True)
class Aws:
    """The open clients; endpoints come from AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, as botocore reads them."""

    sqs: Any
    s3: Any
    batch_client: Any

    def queue(self, url: str, dead_letter_url: str = "") -> SqsQueue:
        """Return a queue by its URL."""
        return SqsQueue(self.sqs, url, dead_letter_url)

    def storage(self, bucket: str) -> S3Storage:
        """Return a bucket by its name."""
        return S3Storage(self.s3, bucket)

    def batch(self) -> AwsBatch:
        """Return Batch."""
        return AwsBatch(self.batch_client)


@asynccontextmanager
async def open_aws() -> AsyncIterator[Aws]:
    """Open the clients with the credentials and endpoints of the environment, and close them at the end."""
    session = aioboto3.Session()
    async with AsyncExitStack() as stack:
        yield Aws(
            sqs=await stack.enter_async_context(session.client("sqs", config=_CONFIG)),
            s3=await stack.enter_async_context(session.client("s3", config=_CONFIG)),
            batch_client=await stack.enter_async_context(session.client("batch", config=_SUBMIT_ONCE)),
        )
