"""The identity of a container, by a call of STS that it signs and that the API makes.

A container signs GetCallerIdentity, with the purpose in a header of the signature, and sends the headers to the API.
STS checks the signature and returns the session: on ECS its name is the ID of the task
(docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html). Nothing secret leaves the container.
"""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from aiobotocore.session import get_session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from oa_shared.caller_identity import IdentityRefusedError, IdentityUnavailableError

_BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
_CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
_PURPOSE_HEADER = "x-oa-purpose"
# What a proof consists of; the API sets all other headers itself.
_PROOF_HEADERS = ("authorization", "x-amz-date", "x-amz-security-token")
_SIGNED_HEADERS = re.compile(r"SignedHeaders=([a-z0-9;-]+)")
_ARN = re.compile(r"<Arn>arn:[a-z-]+:sts::(?P<account>\d+):assumed-role/(?P<role>[^/<]+)/(?P<session>[^/<]+)</Arn>")
_TIMEOUT_S = 10
_DEFAULT_REGION = "us-east-1"


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _DEFAULT_REGION


def _endpoint() -> str:
    """Return the endpoint of STS in the region, which container and API share."""
    set_here = os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL")
    suffix = "amazonaws.com.cn" if _region().startswith("cn-") else "amazonaws.com"
    return set_here or f"https://sts.{_region()}.{suffix}/"


async def prove_identity(purpose: str) -> dict[str, str] | None:
    """Return the proof of this container for a purpose, valid for minutes; None without credentials of AWS."""
    try:
        credentials = await get_session().get_credentials()
        if credentials is None:
            return None
        keys = await credentials.get_frozen_credentials()
    except BotoCoreError as error:
        raise IdentityUnavailableError(f"no credentials: {type(error).__name__}") from error
    headers = {"Content-Type": _CONTENT_TYPE, _PURPOSE_HEADER: purpose}
    request = AWSRequest("POST", _endpoint(), data=_BODY, headers=headers)
    SigV4Auth(keys, "sts", _region()).add_auth(request)
    signed = {name.lower(): str(value) for name, value in request.headers.items()}
    return {name: signed[name] for name in _PROOF_HEADERS if name in signed}


class StsIdentityCheck:
    """Makes the calls that containers have signed, and accepts the sessions of one role."""

    def __init__(self, session: aiohttp.ClientSession, *, role_arn: str) -> None:
        self._session = session
        self._account = role_arn.split(":")[4]
        self._role = role_arn.rpartition("/")[2]

    async def identify(self, proof: Mapping[str, str], purpose: str) -> str:
        """Return the name of the session that signed a proof for this purpose."""
        signed = _SIGNED_HEADERS.search(proof.get("authorization", ""))
        if signed is None or not {"host", _PURPOSE_HEADER} <= set(signed[1].split(";")):
            raise IdentityRefusedError("the signature does not cover the purpose")
        headers = {name: proof[name] for name in _PROOF_HEADERS if name in proof}
        status, text = await self._call({**headers, "Content-Type": _CONTENT_TYPE, _PURPOSE_HEADER: purpose})
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise IdentityUnavailableError(f"GetCallerIdentity answered {status}")
        caller = _ARN.search(text) if status == HTTPStatus.OK else None
        if caller is None or (caller["account"], caller["role"]) != (self._account, self._role):
            raise IdentityRefusedError(f"the signature is not that of a session of the role {self._role}")
        return caller["session"]

    async def _call(self, headers: Mapping[str, str]) -> tuple[int, str]:
        try:
            async with self._session.post(_endpoint(), data=_BODY, headers=headers, allow_redirects=False) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise IdentityUnavailableError(f"GetCallerIdentity: {type(error).__name__}") from error


@asynccontextmanager
async def open_identity_check(*, role_arn: str) -> AsyncIterator[StsIdentityCheck]:
    """Open a check that accepts the sessions of a role."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session:
        yield StsIdentityCheck(session, role_arn=role_arn)
