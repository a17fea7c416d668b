"""The period of a schedule run: a day or an ISO week in UTC."""

from datetime import UTC, date, datetime, timedelta

from oa_shared.schedule_types import ScheduleType


def period_of(kind: ScheduleType, moment: datetime) -> str:
    """Return the period of a moment in UTC: the day (2026-11-24), or the ISO week (2026-W48)."""
    day = moment.astimezone(UTC).date()
    if kind.is_daily:
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def next_period_at(kind: ScheduleType, moment: datetime) -> datetime:
    """Return when the next period starts."""
    day = moment.astimezone(UTC).date()
    return _midnight(day + timedelta(days=1 if kind.is_daily else 7 - day.weekday()))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
