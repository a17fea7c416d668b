"""Inputs of a product are read from URLs, of which many are requested at once and each is renewed when it fails."""

import time

import pytest

from oa_shared.storage import StorageUnavailableError
from oa_task.job import attempt_access
from oa_task.job.attempt_access import AttemptAccess
from oa_task.job.signed_inputs import SignedInputs
from support.attempt_api import AttemptApi, attempt_api


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_access, "_FIRST_PAUSE_S", 0.01)


def inputs_of(api: AttemptApi, wait_s: float = 10) -> SignedInputs:
    return SignedInputs(AttemptAccess(api.settings()), deadline=time.monotonic() + wait_s)


async def read(inputs: SignedInputs, key: str) -> bytes:
    return b"".join([chunk async for chunk in inputs.stream(key)])


async def test_inputs_are_signed_a_hundred_at_once_in_the_order_of_their_use() -> None:
    keys = [f"job/{number}/attempt-1/source.parquet" for number in range(250)]
    async with attempt_api(objects={key: key.encode() for key in keys}) as api:
        inputs = inputs_of(api)
        inputs.announce(keys)
        assert [await read(inputs, key) for key in keys] == [key.encode() for key in keys]
    assert [len(signed) for signed in api.signed] == [100, 100, 50]


async def test_input_that_was_not_announced_is_signed_alone() -> None:
    async with attempt_api(objects={"a b/ü": b"1"}) as api:
        assert await read(inputs_of(api), "a b/ü") == b"1"
    assert api.signed == [["a b/ü"]]


async def test_input_whose_url_has_expired_is_signed_again_by_the_next_try() -> None:
    async with attempt_api() as api:
        inputs = inputs_of(api)
        inputs.announce(["a", "b"])
        with pytest.raises(StorageUnavailableError, match="403"):
            await read(inputs, "a")
        api.objects = {"a": b"1"}
        assert await read(inputs, "a") == b"1"
    assert api.signed == [["a", "b"]] * 2


async def test_inputs_wait_for_the_api_until_the_deadline() -> None:
    async with attempt_api(statuses=[503, 503, 200], objects={"a": b"1"}) as api:
        assert await read(inputs_of(api), "a") == b"1"
    async with attempt_api(statuses=[503]) as api:
        with pytest.raises(StorageUnavailableError, match="503"):
            await read(inputs_of(api, wait_s=0.05), "a")


async def test_inputs_that_the_plan_does_not_name_are_refused_at_once() -> None:
    async with attempt_api(statuses=[403]) as api:
        with pytest.raises(StorageUnavailableError, match="403"):
            await read(inputs_of(api), "a")
    assert api.requests == 1


async def test_server_that_is_gone_is_an_outage_of_the_storage() -> None:
    async with attempt_api() as api:
        inputs = inputs_of(api)
        await inputs._sign("a")
        inputs._urls["a"] = "http://127.0.0.1:1/"
    with pytest.raises(StorageUnavailableError, match="GetObject"):
        await read(inputs, "a")
