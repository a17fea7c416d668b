"""The clients of SQS, S3, Batch and Secrets Manager, opened once per process; a container opens only SQS and S3."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import aioboto3
from aiobotocore.session import AioSession, get_session
from botocore.config import Config
from botocore.loaders import Loader

from oa_shared.aws.batch import AwsBatch
from oa_shared.aws.s3 import S3Storage
from oa_shared.aws.secrets_manager import AwsSecret
from oa_shared.aws.sqs import SqsQueue
from oa_shared.time_limits import remaining_timeout_s

if TYPE_CHECKING:
    from types_aiobotocore_batch import BatchClient
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_secretsmanager import SecretsManagerClient
    from types_aiobotocore_sqs import SQSClient

_CONNECTIONS = 50
_Client = TypeVar("_Client")
ATTEMPT_SERVICES = ("sqs", "s3")
_ALL_SERVICES = (*ATTEMPT_SERVICES, "batch", "secretsmanager", "sts")
_LOADER = "data_loader"
# Credentials of no account, so that botocore looks for none: the client is closed before it calls.
_NOBODY = {"region_name": "us-east-1", "aws_access_key_id": "none", "aws_secret_access_key": "none"}
CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    max_pool_connections=_CONNECTIONS,
    s3={"addressing_style": "path"},
)
# Links and forms are signed with version 4 in every region: botocore still uses version 2 for those of us-east-1 and
# us-west-2, which new buckets refuse.
S3_CONFIG = CLIENT_CONFIG.merge(Config(signature_version="s3v4"))
# A SubmitJob whose answer is lost must not be repeated: it would start a second container.
_SUBMIT_ONCE = CLIENT_CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}))


@dataclass(frozen=True, slots=True)
class AttemptAws:
    """The open clients of a container.

    botocore reads their endpoints from AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>.
    """

    sqs: "SQSClient"
    s3: "S3Client"

    def queue(self, url: str, dead_letter_url: str = "") -> SqsQueue:
        """Return the queue with a URL and, where given, its dead-letter queue."""
        return SqsQueue(self.sqs, url, dead_letter_url)

    def storage(self, bucket: str) -> S3Storage:
        """Return the bucket with a name."""
        return S3Storage(self.s3, bucket)


@dataclass(frozen=True, slots=True)
class Aws(AttemptAws):
    """The open clients of a service."""

    batch_client: "BatchClient"
    secrets_manager: "SecretsManagerClient"

    def batch(self) -> AwsBatch:
        """Return the Batch service."""
        return AwsBatch(self.batch_client)

    def secret(self, secret_id: str) -> AwsSecret:
        """Return the secret with an ARN or a name."""
        return AwsSecret(self.secrets_manager, secret_id)


@asynccontextmanager
async def open_aws() -> AsyncIterator[Aws]:
    """Open the clients of a service with the credentials and endpoints of the environment; close them on exit."""
    session = await prepare_session()
    async with AsyncExitStack() as stack:
        yield Aws(
            sqs=limit_calls(await stack.enter_async_context(session.client("sqs", config=CLIENT_CONFIG))),
            s3=limit_calls(await stack.enter_async_context(session.client("s3", config=S3_CONFIG))),
            batch_client=limit_calls(await stack.enter_async_context(session.client("batch", config=_SUBMIT_ONCE))),
            secrets_manager=limit_calls(
                await stack.enter_async_context(session.client("secretsmanager", config=CLIENT_CONFIG))
            ),
        )


@asynccontextmanager
async def open_attempt_aws() -> AsyncIterator[AttemptAws]:
    """Open the clients of a container, likewise: a small job would wait for those that it does not call."""
    session = await prepare_session(ATTEMPT_SERVICES)
    async with (
        session.client("sqs", config=CLIENT_CONFIG) as sqs,
        session.client("s3", config=S3_CONFIG) as s3,
    ):
        yield AttemptAws(sqs=limit_calls(sqs), s3=limit_calls(s3))


async def prepare_session(
    services: tuple[str, ...] = _ALL_SERVICES, session: AioSession | None = None
) -> aioboto3.Session:
    """Return a session, of botocore's `session` where given, whose clients of the services open at once."""
    session = session or get_session()
    session.register_component(_LOADER, await asyncio.to_thread(_load_services, services))
    return aioboto3.Session(botocore_session=session)


@cache
def _load_services(services: tuple[str, ...]) -> Loader:
    """Return a loader that holds the descriptions of the services, whose reading takes up to half a second.

    Opening each client once reads them, and imports the modules that botocore imports late. Call it in a thread.
    """
    botocore_session = get_session()

    async def open_clients() -> None:
        session = aioboto3.Session(botocore_session=botocore_session)
        for service in services:
            async with session.client(service, **_NOBODY):
                pass

    asyncio.run(open_clients())
    loader: Loader = botocore_session.get_component(_LOADER)
    return loader


def limit_calls(client: _Client) -> _Client:
    """Return the client, each of whose calls, with all its retries, keeps to the time limit of its caller."""
    call = client._make_api_call  # type: ignore[attr-defined] # noqa: SLF001 - botocore's events cannot end a call

    async def call_within_limit(operation: str, parameters: Any) -> Any:
        async with asyncio.timeout(remaining_timeout_s()):
            return await call(operation, parameters)

    client._make_api_call = call_within_limit  # type: ignore[attr-defined] # noqa: SLF001 - likewise
    return client
