"""The weekly run: the repository at one commit becomes jobs of one live run, however often the work is interrupted.

First all definitions are written down with the fire, in one transaction; then they become jobs, some hundreds a
transaction, each of which marks its definitions. A process that is killed in between leaves either all or nothing
of a step, and the next one goes on where it stopped.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.jobs.job_creation import insert_definitions, insert_jobs
from oa_api.jobs.planning import DefinitionText, EntrySelection, JobPlan, Rejection, plan_definition
from oa_api.jobs.request_schemas import SOURCE_NAME
from oa_api.jobs.requests import NewRun
from oa_api.jobs.rows import LockedRun
from oa_api.jobs.runs import close_run, insert_run, lock_run
from oa_api.schedules import schedule_runs
from oa_api.schedules.archive import Member, storable
from oa_api.schedules.repository import Repository, RepositoryReader, Snapshot
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_shared.fault_points import fault_point
from oa_shared.scheduling import Lane

log = structlog.get_logger()
_SQL = load_queries("schedules.queries")
_DEFINITIONS_AT_ONCE = 300


@dataclass(frozen=True, slots=True)
class _Checked:
    """A definition of the repository: its text, or why it gets no job."""

    path: str
    text: str | None
    refusals: list[dict[str, str]]


class SourcesTask:
    """What firing `sources` sets going."""

    def __init__(self, database: Database, reader: RepositoryReader, repository: Repository) -> None:
        self._database = database
        self._reader = reader
        self._repository = repository

    async def __call__(self, held: ScheduleRun) -> None:
        """Do what has not been done of a fire. Raises RepositoryError, LeaseLostError, StoreError."""
        commit = held.detail.get("commit") or await self._resolve(held)
        if "definitions" not in held.detail:
            await self._take_snapshot(held, commit)
        while await self._database.run(partial(_plan_some, held=held)):
            fault_point("schedule.after_chunk")
        await self._database.run(partial(_finish, held=held))

    async def _resolve(self, held: ScheduleRun) -> str | None:
        """Fix the commit before anything is fetched, so that a second try takes the same one."""
        commit = await self._reader.commit_of(self._repository)
        told = {"repository": self._repository.address, "commit": commit}

        async def work(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, held)
            await schedule_runs.record(transaction, held, told)

        await self._database.run(work)
        return commit

    async def _take_snapshot(self, held: ScheduleRun, commit: str | None) -> None:
        snapshot = await self._reader.read(self._repository, commit)
        checked = await asyncio.to_thread(_checked, snapshot)
        await self._database.run(partial(_remember, held=held, snapshot=snapshot, checked=checked))
        fault_point("schedule.after_snapshot")
        log.info("repository_taken", schedule_run=held.id, commit=snapshot.commit, definitions=len(checked))


def _checked(snapshot: Snapshot) -> list[_Checked]:
    """Look at every definition by itself: one that is wrong costs the others nothing."""
    return [_check(member) for member in snapshot.members]


def _check(member: Member) -> _Checked:
    path = member.path
    if not re.match(SOURCE_NAME, source_name_of(path)):
        return _refused(path, "source.schema", "the path can be no source name: use letters, digits, _, . and -")
    if member.body is None:
        return _refused(path, "source.too_large", "the definition is larger than 2 MB")
    try:
        text = member.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _refused(path, "source.encoding", f"not UTF-8 (byte {error.start})")
    planned = _plan(path, text)
    return _Checked(path, text if planned.jobs else None, [] if planned.jobs else _told(planned.rejections))


def source_name_of(path: str) -> str:
    """Return the name of the source that is defined at a path: us/ca/berkeley for sources/us/ca/berkeley.json."""
    return path.removeprefix("sources/").removesuffix(".json")


def _plan(path: str, text: str, url: str | None = None) -> JobPlan:
    definition = DefinitionText.of(text, source_name=source_name_of(path), url=url)
    return plan_definition(definition, index=0, label=path, selection=EntrySelection())


def _refused(path: str, code: str, message: str) -> _Checked:
    return _Checked(path, None, [{"pointer": "", "code": code, "message": message}])


def _told(refusals: Sequence[Rejection]) -> list[dict[str, str]]:
    """Return refusals as the database can keep them: they repeat what strangers wrote."""
    return [
        {"pointer": storable(item.pointer), "code": item.code, "message": storable(item.message)} for item in refusals
    ]


async def _remember(
    transaction: Transaction, held: ScheduleRun, snapshot: Snapshot, checked: Sequence[_Checked]
) -> None:
    await schedule_runs.renew(transaction, held)
    texts = {item.path: item.text for item in checked if item.text is not None}
    keys = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    await insert_definitions(transaction, {keys[path]: text for path, text in texts.items()})
    columns = {
        "path": [item.path for item in checked],
        "sha256": [keys.get(item.path) for item in checked],
        "refusals": [json.dumps(item.refusals) for item in checked],
    }
    await transaction.execute(_SQL["insert_sources"], {"schedule_run": held.id, **columns})
    detail = {"commit": snapshot.commit, "url": snapshot.url, "definitions": len(checked)}
    await schedule_runs.record(transaction, held, detail)


async def _plan_some(transaction: Transaction, held: ScheduleRun) -> bool:
    """Make the jobs of the next definitions; False when there are none left."""
    state = await schedule_runs.renew(transaction, held)
    rows = await transaction.all(_SQL["next_sources"], {"schedule_run": held.id, "limit": _DEFINITIONS_AT_ONCE})
    if not rows:
        return False
    url = state["detail"].get("url")
    planned = [_plan(row["path"], row["definition"], url and url.replace("{path}", row["path"])) for row in rows]
    run = await _run(transaction, held, state)
    jobs = [job for resolution in planned for job in resolution.jobs]
    await insert_jobs(transaction, run, jobs, held.traceparent)
    columns = {
        "path": [row["path"] for row in rows],
        "jobs": [len(resolution.jobs) for resolution in planned],
        "refusals": [json.dumps(_told(resolution.rejections)) for resolution in planned],
    }
    await transaction.execute(_SQL["record_sources"], {"schedule_run": held.id, **columns})
    fault_point("schedule.before_commit")
    log.info("schedule_planned", schedule_run=held.id, run_id=run.id, definitions=len(rows), jobs=len(jobs))
    return True


async def _run(transaction: Transaction, held: ScheduleRun, state: Row) -> LockedRun:
    """Return the run of a fire, made with its first jobs."""
    if state["run_id"] is not None:
        return await lock_run(transaction, state["run_id"])
    detail = state["detail"]
    github = {"repository": detail["repository"], "sha": detail["commit"], "schedule": held.period}
    run = await insert_run(transaction, NewRun(live=True, lane=Lane.WEEKLY, github=github))
    await schedule_runs.record(transaction, held, {}, run=run.id)
    return run


async def _finish(transaction: Transaction, held: ScheduleRun) -> None:
    state = await schedule_runs.renew(transaction, held)
    counts = await transaction.first(_SQL["count_sources"], {"schedule_run": held.id}) or {}
    if state["run_id"] is not None:
        await close_run(transaction, state["run_id"])
    await schedule_runs.record(transaction, held, {name: counts[name] for name in ("definitions", "jobs", "refused")})
