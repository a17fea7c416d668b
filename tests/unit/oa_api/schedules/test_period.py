"""Periods: a week or a day, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.schedules.period import next_period_at, period_of
from oa_shared.schedule_types import ScheduleType

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        (ScheduleType.SOURCES, "2026-W48"),
        (ScheduleType.COLLECTIONS, "2026-W48"),
        (ScheduleType.FABRIC, "2026-W48"),
        (ScheduleType.REPORT, "2026-W48"),
        (ScheduleType.CLEANUP, "2026-11-24"),
    ],
)
def test_period_of_a_moment_is_its_iso_week_or_its_day(kind: ScheduleType, period: str) -> None:
    assert period_of(kind, NOW) == period


def test_period_of_the_first_days_of_a_year_may_belong_to_the_previous_year() -> None:
    assert period_of(ScheduleType.SOURCES, datetime(2027, 1, 3, tzinfo=UTC)) == "2026-W53"


def test_period_of_a_moment_in_another_time_zone_is_that_of_utc() -> None:
    late = datetime(2026, 11, 24, 23, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert period_of(ScheduleType.CLEANUP, late) == "2026-11-25"


@given(
    st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(ScheduleType),
)
def test_next_period_starts_where_this_one_ends(moment: datetime, kind: ScheduleType) -> None:
    following = next_period_at(kind, moment)
    assert following > moment
    assert period_of(kind, following) != period_of(kind, moment)
    assert period_of(kind, following - timedelta(microseconds=1)) == period_of(kind, moment)
