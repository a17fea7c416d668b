"""When an attempt compares the bytes of an unchanged source, whatever the server says about versions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_task.job.api import needs_verification

PUBLISHED = datetime(2026, 1, 5, 12, tzinfo=UTC)


def _verifies(checked_after_days: float, now_after_days: float) -> bool:
    checked_at = PUBLISHED + timedelta(days=checked_after_days)
    dataset = {"updated_at": PUBLISHED.isoformat(), "checked_at": checked_at.isoformat()}
    return needs_verification(dataset, PUBLISHED + timedelta(days=now_after_days))


@pytest.mark.parametrize(
    ("checked_after_days", "now_after_days", "expected"),
    [
        (0, 0, False),
        (0, 90, False),
        (0, 91, True),
        (84, 91, True),
        (91, 98, False),
        (175, 182, True),
        (182, 180, False),
    ],
)
def test_first_check_of_each_quarter_verifies(
    checked_after_days: float, now_after_days: float, *, expected: bool
) -> None:
    assert _verifies(checked_after_days, now_after_days) is expected


@given(st.lists(st.floats(1, 40), min_size=40, max_size=40))
def test_every_source_that_is_checked_again_and_again_is_verified_once_a_quarter(gaps_days: list[float]) -> None:
    checked, verified = 0.0, 0.0
    for gap in gaps_days:
        now = checked + gap
        if _verifies(checked, now):
            verified = now
        assert now - verified < 2 * 91 + 40
        checked = now


@pytest.mark.parametrize("updated_at", [None, "2026-01-05T12:00:00", "soon", 5])
def test_dataset_without_usable_times_is_not_verified(updated_at: object) -> None:
    dataset = {"updated_at": updated_at, "checked_at": PUBLISHED.isoformat()}
    assert needs_verification(dataset, PUBLISHED + timedelta(days=400)) is False
