"""The backlog that the sweep logs, on which the alarms of a deployed stack depend."""

import re
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from oa_api.jobs.sweep import Sweep, SweepTimes
from support.running_api import RunningApi

_HOUR_S = 3600
METRICS = Path(__file__).parents[2] / "terraform/modules/monitoring/metrics.tf"


async def read_backlog(api: RunningApi) -> dict[str, Any]:
    sweep = Sweep(api.database, api.queues["jobs"].main, api.storage, SweepTimes())
    with capture_logs() as lines:
        await sweep.once()
    (line,) = (line for line in lines if line["event"] == "backlog_measured")
    return dict(line)


async def test_sweep_without_backlog_logs_zero(api: RunningApi) -> None:
    line = await read_backlog(api)
    names = ("outbox_age_s", "outbox_stalled_s", "outbox_waiting", "submitted_age_s", "unended_age_s")
    assert {line[name] for name in names} == {0}


async def test_sweep_logs_what_the_alarms_measure(api: RunningApi) -> None:
    line = await read_backlog(api)
    filters = re.findall(r'backlog_measured.*value = "(\S+)"', METRICS.read_text())
    assert "$.outbox_stalled_s" in filters
    assert {name.removeprefix("$.") for name in filters if name.startswith("$.")} <= set(line)


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
