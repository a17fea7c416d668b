import pytest

from oa_shared.retrying import retrying


class Flaky:
    """Fails a number of times, then returns its number of calls."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError(f"call {self.calls}")
        return self.calls


async def test_retrying_repeats_until_success() -> None:
    assert await retrying(Flaky(2), (0, 0), on=OSError) == 3


async def test_retrying_raises_the_last_error() -> None:
    call = Flaky(9)
    with pytest.raises(OSError, match="call 3"):
        await retrying(call, (0, 0), on=OSError)
    assert call.calls == 3


async def test_retrying_other_error_is_not_retried() -> None:
    call = Flaky(9)
    with pytest.raises(OSError, match="call 1"):
        await retrying(call, (0, 0), on=ValueError)


async def test_retrying_before_retry_receives_error_and_attempt_and_may_change_the_delay() -> None:
    failures: list[tuple[str, int]] = []

    def before_retry(error: OSError, attempt: int) -> float:
        failures.append((str(error), attempt))
        return 0.0

    assert await retrying(Flaky(2), (60, 60), on=OSError, before_retry=before_retry) == 3
    assert failures == [("call 1", 1), ("call 2", 2)]


async def test_retrying_before_retry_may_end_the_retries() -> None:
    def before_retry(error: OSError, _attempt: int) -> None:
        raise error

    call = Flaky(2)
    with pytest.raises(OSError, match="call 1"):
        await retrying(call, (0, 0), on=OSError, before_retry=before_retry)
    assert call.calls == 1
