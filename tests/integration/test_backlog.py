"""The backlog that the sweep logs, on which the alarms of a deployed stack depend."""

from typing import Any

from structlog.testing import capture_logs

from oa_api.jobs.sweep import Sweep, SweepTimes
from support.running_api import RunningApi

_HOUR_S = 3600


async def read_backlog(api: RunningApi) -> dict[str, Any]:
    sweep = Sweep(api.database, api.queues["jobs"].main, api.storage, SweepTimes())
    with capture_logs() as lines:
        await sweep.once()
    (line,) = (line for line in lines if line["event"] == "backlog_measured")
    return dict(line)


async def test_sweep_without_backlog_logs_zero(api: RunningApi) -> None:
    line = await read_backlog(api)
    assert {line[name] for name in ("outbox_age_s", "outbox_waiting", "submitted_age_s", "unended_age_s")} == {0}


async def test_sweep_logs_the_age_of_the_oldest_message(api: RunningApi) -> None:
    await api.job()
    await api.database.execute("UPDATE outbox SET available_at = now() - interval '1 hour'")
    await api.database.execute("UPDATE job SET opened_at = now() - interval '3 hours'")
    line = await read_backlog(api)
    assert _HOUR_S <= line["outbox_age_s"] < 2 * _HOUR_S
    assert line["outbox_waiting"] == 1
    assert line["submitted_age_s"] == 0
    assert 3 * _HOUR_S <= line["unended_age_s"] < 4 * _HOUR_S
    submitted = "UPDATE job SET status = 'Submitted', rank = 1, updated_at = now() - interval '2 hours'"
    await api.database.execute(submitted)
    assert 2 * _HOUR_S <= (await read_backlog(api))["submitted_age_s"] < 3 * _HOUR_S
