"""What is tried again counts its takes: an item of which the process dies is abandoned, and holds no other."""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import oa_api
from oa_api.background import takes
from oa_api.background.takes import MAX_TAKES, TakenKind, take_items
from oa_api.bulk_actions import bulk_actions
from oa_api.bulk_actions.bulk_actions import run_step
from oa_api.db.database import Database, Transaction
from oa_api.identity.magic_link import request_link, send_next_link
from oa_api.jobs import sweep as sweep_module
from oa_api.jobs.outbox_relay import relay_once
from oa_api.jobs.sweep import BatchExit, OverdueJob, Sweep, SweepTimes
from oa_api.mail import Mailer
from oa_api.schedules.worker import schedule_once
from oa_shared.queue import OutgoingMessage
from oa_shared.schedule_types import ScheduleType
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.running_api import INTERNAL, RunningApi, definition, running_api

_DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
_MAX_PASSES = 60


class _ProcessDies(BaseException):
    """Ends a pass like the end of its process: nothing is recorded."""


@dataclass
class _Scene:
    api: RunningApi
    jobs: list[int]
    monkeypatch: pytest.MonkeyPatch
    deaths: int = 0
    handled: list[int] = field(default_factory=list)

    @property
    def poison(self) -> int:
        return self.jobs[2]

    def work_on(self, job: int) -> None:
        if job == self.poison:
            self.deaths += 1
            raise _ProcessDies
        self.handled.append(job)


class _DeadlyQueue(MemoryQueue):
    """Lets the process die when it sends the message of one job."""

    def __init__(self, scene: _Scene) -> None:
        super().__init__()
        self._scene = scene

    async def send_batch(self, messages: list[OutgoingMessage]) -> list[bool]:  # type: ignore[override]
        for message in messages:
            for job in self._scene.jobs:
                if f'"job": {job},' in message.body or f'"job":{job},' in message.body:
                    self._scene.work_on(job)
        return await super().send_batch(messages)


async def _relay(scene: _Scene) -> Callable[[], Awaitable[object]]:
    queue = _DeadlyQueue(scene)
    return lambda: relay_once(scene.api.database, queue)


async def _bulk(scene: _Scene) -> Callable[[], Awaitable[object]]:
    async def act(_transaction: Transaction, _bulk: object, job: int) -> None:
        scene.work_on(job)

    scene.monkeypatch.setattr(bulk_actions, "_act", act)
    command = {"action": "cancel", "reason": "test", "filter": {"source": "xx/"}, "expected": len(scene.jobs)}
    response = await scene.api.client.post("/api/bulk", json=command, headers=INTERNAL)
    assert response.status == 200, await response.text()
    return lambda: run_step(scene.api.database)


def _sweep(scene: _Scene) -> Sweep:
    return Sweep(scene.api.database, MemoryQueue(), MemoryStorage(), SweepTimes(deadline_s=0))


async def _batch_exits(scene: _Scene) -> Callable[[], Awaitable[object]]:
    async def settle(_sweep: Sweep, batch_exit: BatchExit) -> None:
        scene.work_on(batch_exit.job)
        await scene.api.database.execute("DELETE FROM batch_exit WHERE job_id = %(job)s", {"job": batch_exit.job})

    scene.monkeypatch.setattr(Sweep, "_settle_or_dismiss", settle)
    scene.monkeypatch.setattr(sweep_module, "_SHARED_S", 0)
    await scene.api.database.execute(
        "INSERT INTO batch_exit (job_id, attempt, code, message, due_at)"
        " SELECT id, 1, 'infra.lost', 'x', now() - interval '1 minute' FROM job"
    )
    return _sweep(scene).settle_batch_exits


async def _overdue_jobs(scene: _Scene) -> Callable[[], Awaitable[object]]:
    async def fail(_sweep: Sweep, job: OverdueJob) -> None:
        if job.job not in scene.handled:
            scene.work_on(job.job)

    scene.monkeypatch.setattr(Sweep, "_fail_one", fail)
    scene.monkeypatch.setattr(sweep_module, "_SHARED_S", 0)
    return _sweep(scene).fail_overdue


KINDS: dict[TakenKind, Callable[[_Scene], Awaitable[Callable[[], Awaitable[object]]]]] = {
    TakenKind.MESSAGE: _relay,
    TakenKind.BULK_JOB: _bulk,
    TakenKind.BATCH_EXIT: _batch_exits,
    TakenKind.OVERDUE_JOB: _overdue_jobs,
}


@pytest.mark.parametrize("kind", list(TakenKind))
async def test_item_of_which_the_process_dies_is_abandoned_and_holds_no_other(
    database_url: str, monkeypatch: pytest.MonkeyPatch, kind: TakenKind
) -> None:
    async with running_api(database_url) as api:
        run = await api.run()
        _, answer = await api.post_jobs(run, {"source": definition(*"abcdef"), "source_name": "xx/a"})
        scene = _Scene(api, list(answer["jobs"]), monkeypatch)
        work = await KINDS[kind](scene)
        for _ in range(_MAX_PASSES):
            try:
                await work()
            except _ProcessDies:
                continue
            if len(set(scene.handled)) == len(scene.jobs) - 1 and scene.deaths >= MAX_TAKES:
                break
        await work()
        assert sorted(set(scene.handled)) == sorted(set(scene.jobs) - {scene.poison})
        assert scene.deaths == MAX_TAKES


async def test_take_is_forgotten_after_an_error_and_kept_after_a_death(database_url: str) -> None:
    database = await Database.open(database_url, connections=2)
    try:
        with pytest.raises(ValueError, match="wrong"):
            async with take_items(database, TakenKind.MESSAGE, ["1"]):
                raise ValueError("wrong")
        assert await database.all("SELECT key FROM unfinished_take") == []
        with pytest.raises(_ProcessDies):
            async with take_items(database, TakenKind.MESSAGE, ["1", "2"]):
                raise _ProcessDies
        async with take_items(database, TakenKind.MESSAGE, ["1", "2", "3"], shared_s=60) as taken:
            assert taken.now == {"3"}
        async with take_items(database, TakenKind.MESSAGE, ["3", "1", "2"]) as taken:
            assert len(taken.now) == 1
            assert taken.now < {"1", "2"}
        await takes.delete_old_takes(database)
    finally:
        await database.close()


async def test_schedule_run_of_which_the_process_dies_each_time_fails(database_url: str) -> None:
    database = await Database.open(database_url, connections=2)
    deaths = 0

    async def die(_run: object) -> None:
        nonlocal deaths
        deaths += 1
        raise _ProcessDies

    try:
        await database.execute(
            "INSERT INTO schedule_run (type, period, triggered_by, traceparent) VALUES ('report', 'W48', 'test', '')"
        )
        for _ in range(_MAX_PASSES):
            with suppress(_ProcessDies):
                await schedule_once(database, {ScheduleType.REPORT: die}, lease_s=0)
        row = await database.first("SELECT state, error FROM schedule_run")
        assert row is not None
        assert row["state"] == "Failed"
        assert "Retry limit" in row["error"]
        assert deaths == 20
    finally:
        await database.close()


async def test_sign_in_mail_of_which_the_process_dies_is_not_sent_again(database_url: str) -> None:
    class DeadlyMailer(Mailer):
        async def send(self, *_: object, **__: object) -> None:
            raise _ProcessDies

    database = await Database.open(database_url, connections=2)
    try:
        await database.execute("INSERT INTO account (login, email, role) VALUES ('a', 'a@example.org', 'viewer')")
        await request_link(database, "a@example.org", anonymous_session="x", next_path="/")
        mailer = DeadlyMailer(None, sender="a@example.org")
        with pytest.raises(_ProcessDies):
            await send_next_link(database, mailer, site="http://localhost")
        assert not await send_next_link(database, mailer, site="http://localhost")
    finally:
        await database.close()


def test_each_worker_has_a_row_among_the_things_that_are_tried_again() -> None:
    """docs/reliability.md states where each is counted, with a test of a death."""
    section = _DOCUMENT.read_text("utf-8").partition("## Retried items\n")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    workers = {row[1].strip("`") for row in rows}
    text = (Path(oa_api.__file__).parent / "workers.py").read_text("utf-8")
    built = {name.lower() for name in re.findall(r"\((?:True|settings\.\w+), (\w+), ", text)} - {"heartbeat"}
    assert built - workers == set()
    known = {
        name
        for path in (Path(__file__).parents[1]).rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    for row in rows:
        assert set(re.findall(r"`(test_\w+)`", row[-1])) <= known, row
        assert "`test_" in row[-1] or row[-1].startswith("none: "), row
