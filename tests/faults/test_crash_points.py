"""A process is killed at each crash point and restarted; then the whole history is checked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.system import System
from faults.test_github import PLACES as _GITHUB
from faults.test_schedules import PLACES as _SCHEDULES
from oa_shared.scheduling import Lane

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_ROOT = Path(__file__).resolve().parents[2]
_SERVICES = {
    "api": ("api.before_commit", "api.after_commit"),
    "relay": ("relay.after_send", "relay.before_commit"),
    "dispatcher": ("dispatcher.before_submit", "dispatcher.after_submit", "dispatcher.after_patch"),
    "arrays": ("dispatcher.after_array", "dispatcher.after_array_submit", "dispatcher.after_array_report"),
    "consumer": ("consumer.before_commit", "consumer.after_commit"),
    "publishing": ("publish.before", "publish.half", "publish.after"),
    "webhooks": ("webhook.after_send",),
}
# A container that dies before its last report is on S3 is followed by a second attempt.
_WORK_LOST = ("claim.after", "upload.before", "manifest.before", "manifest.after")
# Points of commands and transactions that no running service is needed for, by group: the module that stops there.
_ELSEWHERE = {"import": "test_import.py", "backfill": "test_backfill.py"}
_WORK_KEPT = ("result.before_send", "result.after_send")


def test_every_crash_point_of_the_code_has_a_test() -> None:
    sources = [*_ROOT.glob("services/*/src/**/*.py"), *_ROOT.glob("shared/src/**/*.py")]
    found = {name for path in sources for name in re.findall(r'fault_point\("([\w.]+)"\)', path.read_text("utf-8"))}
    services = (place for places in _SERVICES.values() for place in places)
    elsewhere = {name for name in found if name.partition(".")[0] in _ELSEWHERE}
    assert found - elsewhere == {*_WORK_LOST, *_WORK_KEPT, *_GITHUB, *_SCHEDULES, *services}
    for name in elsewhere:
        group, _, point = name.partition(".")
        assert f'{point}"' in (_ROOT / "tests/integration" / _ELSEWHERE[group]).read_text("utf-8"), name


@pytest.fixture
def webhook(system: System) -> Iterator[None]:
    """Add a webhook for all publications whose receiver does not listen."""
    insert = "INSERT INTO webhook (url, secret, events) VALUES ('https://127.0.0.1:9/', 's', ARRAY['data.published'])"
    system.execute(insert)
    yield
    system.execute("DELETE FROM webhook")


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize("service", _SERVICES)
def test_service_killed_every_job_succeeds_once_in_its_first_attempt(system: System, service: str) -> None:
    system.crash_at(*_SERVICES[service])
    jobs = system.submit_until_crashed(3, lane=Lane.WEEKLY if service == "arrays" else Lane.MANUAL)
    history = system.check(jobs)
    assert {job: len(rows) for job, rows in history.deliveries.items()} == dict.fromkeys(jobs, 1)
    assert system.collect_crashes() == set(_SERVICES[service])
    assert [(job["status"], job["attempt"]) for job in history.jobs] == [("Success", 1)] * len(jobs)


def test_container_killed_before_its_last_report_is_followed_by_another_attempt(system: System) -> None:
    system.crash_at(*_WORK_LOST)
    history = system.check(system.submit(len(_WORK_LOST)))
    assert system.collect_crashes() == set(_WORK_LOST)
    assert set(history.statuses()) == {"Success"}
    assert sum(job["attempt"] - 1 for job in history.jobs) == len(_WORK_LOST)


def test_container_killed_after_its_last_report_has_succeeded(system: System) -> None:
    system.crash_at(*_WORK_KEPT)
    history = system.check(system.submit(len(_WORK_KEPT)))
    assert system.collect_crashes() == set(_WORK_KEPT)
    assert [(job["status"], job["attempt"]) for job in history.jobs] == [("Success", 1)] * len(_WORK_KEPT)
