"""The container asks for credentials, waits while the API is unavailable, and renews them before they end."""

import asyncio
import time

import pytest

from oa_shared.attempt_keys import AttemptKeys, KeysUnavailableError
from oa_task.job import attempt_access
from oa_task.job.attempt_access import (
    AccessUnavailableError,
    AttemptAccess,
    AttemptOverError,
    TimedKeys,
    wait_for_answer,
)
from oa_task.job.renewed_keys import RenewedKeys
from support.attempt_api import TOKEN, AttemptApi, attempt_api


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_access, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(attempt_access, "_LONGEST_PAUSE_S", 0.02)


def keys_for(seconds: float, name: str = "first") -> TimedKeys:
    """Return keys that end in some seconds; they are renewed two seconds before that."""
    return TimedKeys(AttemptKeys(name, "s", "t", 8), time.monotonic() + seconds)


async def test_fetch_keys_counts_their_validity_on_the_clock_of_the_container() -> None:
    async with attempt_api(valid_s=1000) as api:
        timed = await AttemptAccess(api.settings()).fetch_keys()
    assert timed is not None
    assert timed.keys == AttemptKeys("A1", "s", "t", 1000)
    assert 990 < timed.remaining_s <= 1000


@pytest.mark.parametrize("about", [{"issues": False}, {"statuses": [404]}])
async def test_fetch_keys_none_of_an_api_that_issues_none_or_is_of_the_previous_version(
    about: dict[str, object],
) -> None:
    async with attempt_api(**about) as api:
        assert await AttemptAccess(api.settings()).fetch_keys() is None


@pytest.mark.parametrize("status", [403, 409])
async def test_fetch_keys_of_an_attempt_that_is_over_is_not_repeated(status: int) -> None:
    async with attempt_api(statuses=[status]) as api:
        access = AttemptAccess(api.settings())
        with pytest.raises(AttemptOverError):
            await wait_for_answer(access.fetch_keys, give_up_at=time.monotonic() + 10)
    assert api.requests == 1


@pytest.mark.parametrize("status", [307, 422, 429, 500, 503])
async def test_fetch_keys_is_repeated_until_the_api_answers(status: int) -> None:
    async with attempt_api(statuses=[status, status, 200]) as api:
        access = AttemptAccess(api.settings())
        timed = await wait_for_answer(access.fetch_keys, give_up_at=time.monotonic() + 10)
    assert timed is not None
    assert (timed.keys.access_key, api.requests) == ("A3", 3)


@pytest.mark.parametrize("valid_s", [0, -5])
async def test_fetch_keys_incomplete_response_is_an_outage(valid_s: int) -> None:
    async with attempt_api(valid_s=valid_s) as api:
        with pytest.raises(AccessUnavailableError, match="incomplete"):
            await AttemptAccess(api.settings()).fetch_keys()


async def test_redirect_does_not_take_the_token_to_another_host() -> None:
    async with attempt_api() as other, attempt_api(statuses=[307]) as api:
        api.redirect = f"{other.url}api/job/7/attempt/1/credentials"
        with pytest.raises(AccessUnavailableError, match="307"):
            await AttemptAccess(api.settings()).fetch_keys()
        assert other.requests == 0


async def test_wait_for_answer_ends_at_its_time_without_a_server() -> None:
    async with attempt_api() as api:
        access = AttemptAccess(api.settings())
    started = time.monotonic()
    with pytest.raises(AccessUnavailableError) as caught:
        await wait_for_answer(access.fetch_keys, give_up_at=started + 0.2)
    assert 0.1 < time.monotonic() - started < 30
    assert TOKEN not in caught.value.detail


async def run_renewal(api: AttemptApi, first: TimedKeys, *, deadline_s: float = 30) -> list[str]:
    """Return the keys that a caller gets, one after the other, until it has the second ones."""
    access = AttemptAccess(api.settings())
    names: list[str] = []
    async with RenewedKeys(access, first, deadline=time.monotonic() + deadline_s) as source, asyncio.timeout(60):
        while len(names) < 2:
            name = (await source.current()).access_key
            if name not in names:
                names.append(name)
            await asyncio.sleep(0.01)
    return names


async def test_renewed_keys_change_before_they_end() -> None:
    async with attempt_api(valid_s=3600) as api:
        first = keys_for(3.5)  # 1.5 s before the last quarter of their validity
        assert await run_renewal(api, first) == ["first", "A1"]
        assert first.remaining_s > 0
        assert api.requests == 1


async def test_renewed_keys_are_kept_while_the_api_is_down_and_renewed_when_it_is_back() -> None:
    async with attempt_api(statuses=[503, 500, 429, 503, 200]) as api:
        assert await run_renewal(api, keys_for(3.5)) == ["first", "A5"]


async def test_renewed_keys_that_have_ended_make_callers_wait_for_the_api() -> None:
    async with attempt_api(statuses=[503] * 10 + [200]) as api:
        access = AttemptAccess(api.settings())
        async with RenewedKeys(access, keys_for(-1), deadline=time.monotonic() + 30) as source:
            waiting = [source.current() for _ in range(5)]
            assert {keys.access_key for keys in await asyncio.gather(*waiting)} == {"A11"}


async def test_renewed_keys_without_the_api_end_with_the_time_limit_of_the_attempt() -> None:
    async with attempt_api(statuses=[503]) as api:
        access = AttemptAccess(api.settings())
        async with RenewedKeys(access, keys_for(-1), deadline=time.monotonic() + 0.3) as source:
            with pytest.raises(KeysUnavailableError, match="time limit"):
                await source.current()
            with pytest.raises(KeysUnavailableError, match="time limit"):  # at once: the outcome must still be sent
                async with asyncio.timeout(60):
                    await source.current()


async def test_renewed_keys_of_an_attempt_that_is_over_are_used_until_they_end() -> None:
    async with attempt_api(statuses=[409]) as api:
        access = AttemptAccess(api.settings())
        async with RenewedKeys(access, keys_for(3.5), deadline=time.monotonic() + 30) as source:
            await asyncio.sleep(0.1)
            assert (await source.current()).access_key == "first"
            await asyncio.sleep(2)
            with pytest.raises(KeysUnavailableError, match="not renewed: credentials: 409"):
                await source.current()
    assert api.requests == 1


async def test_renewed_keys_shorter_than_the_safety_margin_are_usable() -> None:
    async with attempt_api(valid_s=8) as api:
        access = AttemptAccess(api.settings())
        async with RenewedKeys(access, keys_for(8), deadline=time.monotonic() + 60) as source, asyncio.timeout(60):
            assert (await source.current()).access_key == "first"
