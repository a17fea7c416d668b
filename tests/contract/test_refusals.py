"""The AWS adapters distinguish refusals from unknown outcomes; a scripted server answers them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aioboto3
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.config import Config

from oa_shared.aws import open_aws
from oa_shared.aws.batch import AwsBatch
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchUnknownError, SubmitRequest
from oa_shared.queue import OutgoingMessage, QueueUnavailableError
from oa_shared.storage import StorageUnavailableError

REQUEST = SubmitRequest("oa-test-1-1-00000000", "q", "d")


@dataclass
class Script:
    """The response of the server to every call, and the number of calls."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    hangs_up: bool = False
    delay_s: float = 0


@pytest.fixture
async def script(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Script]:
    script = Script()

    async def response(request: web.Request) -> web.Response:
        script.calls += 1
        await request.read()
        await asyncio.sleep(script.delay_s)
        if script.hangs_up and request.transport is not None:
            request.transport.abort()
        return web.json_response(script.body, status=script.status, headers=script.headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", response)
    async with TestServer(app, host="127.0.0.1") as server:
        for name, value in {**aws, "AWS_ENDPOINT_URL": str(server.make_url("/"))}.items():
            monkeypatch.setenv(name, value)
        yield script


@pytest.mark.parametrize(
    ("status", "code", "throttled"),
    [
        (400, "ClientException", False),
        (429, "TooManyRequestsException", True),
        (400, "ThrottlingException", True),
    ],
)
async def test_submit_refused_is_definite(script: Script, status: int, code: str, *, throttled: bool) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": code}
    async with open_aws() as opened:
        with pytest.raises(BatchRefusedError) as refused:
            await opened.batch().submit(REQUEST)
    assert refused.value.throttled == throttled
    assert script.calls == 1


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDeniedException"), (400, "ExpiredTokenException")])
async def test_call_without_permission_is_forbidden(script: Script, status: int, code: str) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": code}
    async with open_aws() as opened:
        with pytest.raises(BatchForbiddenError):
            await opened.batch().submit(REQUEST)
        with pytest.raises(BatchForbiddenError):
            await opened.batch().find_by_name("queue", "name")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_submit_with_a_server_error_is_unknown_and_never_repeated(script: Script, status: int) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": "ServerException"}
    async with open_aws() as opened:
        with pytest.raises(BatchUnknownError):
            await opened.batch().submit(REQUEST)
    assert script.calls == 1


async def test_submit_with_a_lost_response_is_unknown_and_never_repeated(script: Script) -> None:
    script.hangs_up = True
    async with open_aws() as opened:
        with pytest.raises(BatchUnknownError):
            await opened.batch().submit(REQUEST)
    assert script.calls == 1


async def test_submit_without_a_response_in_time_is_unknown(script: Script) -> None:
    script.delay_s = 1.0
    config = Config(connect_timeout=0.2, read_timeout=0.2, retries={"total_max_attempts": 1, "mode": "standard"})
    async with aioboto3.Session().client("batch", config=config) as client:
        with pytest.raises(BatchUnknownError):
            await AwsBatch(client).submit(REQUEST)
    assert script.calls == 1


async def test_send_batch_partly_accepted_flags_exactly_those(script: Script) -> None:
    accepted = {"Id": "1", "MessageId": "m", "MD5OfMessageBody": "92eb5ffee6ae2fec3ad71c777531578f"}
    failed = {"Id": "0", "Code": "InternalError", "SenderFault": False, "Message": "no"}
    script.body = {"Successful": [accepted], "Failed": [failed]}
    async with open_aws() as opened:
        flags = await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a"), OutgoingMessage("b")])
    assert flags == [False, True]


async def test_send_batch_refused_is_unavailable(script: Script) -> None:
    script.status, script.headers = 403, {"x-amzn-ErrorType": "AccessDenied"}
    async with open_aws() as opened:
        with pytest.raises(QueueUnavailableError):
            await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a")])


async def test_put_new_refused_by_the_store_is_neither_written_nor_present(script: Script) -> None:
    script.status = 403
    async with open_aws() as opened:
        with pytest.raises(StorageUnavailableError):
            await opened.storage("b").put_new("claim", b"x")
