"""The bucket, opened with the credentials of an attempt, which change while it is open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiobotocore.credentials import AioCredentialResolver, AioCredentials
from aiobotocore.session import get_session
from botocore.credentials import CredentialProvider, ReadOnlyCredentials
from botocore.exceptions import CredentialRetrievalError

from oa_shared.attempt_keys import KeySource, KeysUnavailableError
from oa_shared.aws.s3 import S3Storage
from oa_shared.aws.session import ATTEMPT_SERVICES, S3_CONFIG, limit_calls, prepare_session

_METHOD = "oa-attempt"


@asynccontextmanager
async def open_attempt_storage(bucket: str, source: KeySource) -> AsyncIterator[S3Storage]:
    """Open the bucket; each call is signed with the keys that the source has then, and with no others."""
    session = get_session()
    session.register_component("credential_provider", AioCredentialResolver([_SourceProvider(source)]))
    prepared = await prepare_session(ATTEMPT_SERVICES, session)
    async with prepared.client("s3", config=S3_CONFIG) as client:
        yield S3Storage(limit_calls(client), bucket)


class _SourceCredentials(AioCredentials):
    """The credentials of a source, which botocore requests with each call."""

    def __init__(self, source: KeySource) -> None:
        super().__init__("", "", method=_METHOD)
        self._source = source

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:  # type: ignore[override] # aiobotocore awaits it
        """Return the current keys. Raises CredentialRetrievalError, which ends the call like an outage of S3."""
        try:
            keys = await self._source.current()
        except KeysUnavailableError as error:
            raise CredentialRetrievalError(provider=_METHOD, error_msg=error.detail) from error
        return ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.session_token)


class _SourceProvider(CredentialProvider):
    """A provider of botocore whose credentials come from a source."""

    METHOD = CANONICAL_NAME = _METHOD

    def __init__(self, source: KeySource) -> None:
        self._source = source

    async def load(self) -> AioCredentials:
        """Return the credentials, which ask the source themselves."""
        return _SourceCredentials(self._source)
