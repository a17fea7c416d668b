"""How the AWS adapters tell "no" from "nobody knows", against a server that answers what the test says."""

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
    """What the server answers to every call, and how many came."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    calls: int = 0
    hangs_up: bool = False
    delay_s: float = 0


@pytest.fixture
async def script(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Script]:
    told = Script()

    async def answer(request: web.Request) -> web.Response:
        told.calls += 1
        await request.read()
        await asyncio.sleep(told.delay_s)
        if told.hangs_up and request.transport is not None:
            request.transport.abort()
        return web.json_response(told.body, status=told.status, headers=told.headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        for name, value in {**aws, "AWS_ENDPOINT_URL": str(server.make_url("/"))}.items():
            monkeypatch.setenv(name, value)
        yield told


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
    assert (refused.value.throttled, script.calls) == (throttled, 1)


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDeniedException"), (400, "ExpiredTokenException")])
async def test_call_without_a_right_to_it_is_forbidden(script: Script, status: int, code: str) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": code}
    async with open_aws() as opened:
        with pytest.raises(BatchForbiddenError):
            await opened.batch().submit(REQUEST)
        with pytest.raises(BatchForbiddenError):
            await opened.batch().find_by_name("queue", "name")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_submit_that_fails_inside_is_unknown_and_never_sent_again(script: Script, status: int) -> None:
    script.status, script.headers = status, {"x-amzn-ErrorType": "ServerException"}
    async with open_aws() as opened:
        with pytest.raises(BatchUnknownError):
            await opened.batch().submit(REQUEST)
    assert script.calls == 1


async def test_submit_cut_off_is_unknown_and_never_sent_again(script: Script) -> None:
    script.hangs_up = True
    async with open_aws() as opened:
        with pytest.raises(BatchUnknownError):
            await opened.batch().submit(REQUEST)
    assert script.calls == 1


async def test_submit_without_answer_in_time_is_unknown(script: Script) -> None:
    script.delay_s = 1.0
    config = Config(connect_timeout=0.2, read_timeout=0.2, retries={"total_max_attempts": 1, "mode": "standard"})
    async with aioboto3.Session().client("batch", config=config) as client:
        with pytest.raises(BatchUnknownError):
            await AwsBatch(client).submit(REQUEST)
    assert script.calls == 1


async def test_send_batch_partly_taken_flags_exactly_those(script: Script) -> None:
    taken = {"Id": "1", "MessageId": "m", "MD5OfMessageBody": "92eb5ffee6ae2fec3ad71c777531578f"}
    failed = {"Id": "0", "Code": "InternalError", "SenderFault": False, "Message": "no"}
    script.body = {"Successful": [taken], "Failed": [failed]}
    async with open_aws() as opened:
        flags = await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a"), OutgoingMessage("b")])
    assert flags == [False, True]


async def test_send_batch_refused_is_unavailable(script: Script) -> None:
    script.status, script.headers = 403, {"x-amzn-ErrorType": "AccessDenied"}
    async with open_aws() as opened:
        with pytest.raises(QueueUnavailableError):
            await opened.queue("http://queue/1/q").send_batch([OutgoingMessage("a")])


async def test_put_new_when_storage_refuses_is_neither_won_nor_lost(script: Script) -> None:
    script.status = 403
    async with open_aws() as opened:
        with pytest.raises(StorageUnavailableError):
            await opened.storage("b").put_new("claim", b"x")
