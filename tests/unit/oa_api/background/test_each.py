"""One item or step that fails does not hold up the others."""

import pytest
from structlog.testing import capture_logs

from oa_api.background.each import handle_each, run_each
from oa_api.db.errors import StoreUnavailableError
from oa_shared.metrics import WORKER_FAILURES


async def test_item_that_fails_is_counted_and_the_others_are_handled() -> None:
    handled: list[int] = []

    async def handle(item: int) -> None:
        if item == 2:
            raise ValueError("bad item")
        handled.append(item)

    before = WORKER_FAILURES.labels("each")._value.get()
    with capture_logs() as logs:
        await handle_each("each", [1, 2, 3], handle)
    assert handled == [1, 3]
    assert [line["event"] for line in logs] == ["item_failed"]
    assert WORKER_FAILURES.labels("each")._value.get() == before + 1


async def test_outage_ends_the_round_at_once() -> None:
    handled: list[int] = []

    async def handle(item: int) -> None:
        handled.append(item)
        raise StoreUnavailableError

    with pytest.raises(StoreUnavailableError):
        await handle_each("each", [1, 2], handle)
    assert handled == [1]


async def test_every_step_runs_and_a_bug_is_raised_before_an_outage() -> None:
    ran: list[str] = []

    async def outage() -> None:
        ran.append("outage")
        raise StoreUnavailableError

    async def bug() -> None:
        ran.append("bug")
        raise ValueError("a bug")

    async def good() -> None:
        ran.append("good")

    with pytest.raises(ValueError, match="a bug"):
        await run_each([outage, bug, good])
    assert ran == ["outage", "bug", "good"]
