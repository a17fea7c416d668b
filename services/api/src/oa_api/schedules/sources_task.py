"""The task of the schedule `sources`: the repository at one commit becomes the jobs of one live run.

First one transaction records all definitions with the schedule run. Then they become jobs, some hundreds in a
transaction, which also marks their definitions. A process that dies leaves each step done or not done, and the next
one resumes after the last step.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.definitions.examiner import Examiner
from oa_api.http.safe_json import escape_unstorable
from oa_api.identity.principal import SYSTEM
from oa_api.jobs.element_planning import examine_text
from oa_api.jobs.job_creation import add_jobs, insert_definitions
from oa_api.jobs.planning import DefinitionText, Element, EntrySelection, JobPlan, Rejection
from oa_api.jobs.refusals import MAX_KEPT, keep_refusals
from oa_api.jobs.request_schemas import SOURCE_NAME
from oa_api.jobs.requests import NewRun
from oa_api.jobs.run_rows import LockedRun
from oa_api.jobs.runs import close_run, insert_run, lock_run
from oa_api.schedules import schedule_runs
from oa_api.schedules.archive import Member
from oa_api.schedules.repository import RepositoryReader, Snapshot, SourceRepository
from oa_api.schedules.rows import Progress, RejectionJson, SourceCounts, SourceRow
from oa_api.schedules.schedule_runs import ScheduleRun
from oa_shared.fault_points import fault_point
from oa_shared.scheduling import Lane
from oa_shared.supervision import record_progress

log = structlog.get_logger()
_SQL = load_queries("schedules.queries")
_DEFINITIONS_PER_TRANSACTION = 300


@dataclass(frozen=True, slots=True)
class _ReviewedDefinition:
    """A definition of the repository: its text, or None with the reasons for which it gets no job."""

    path: str
    text: str | None
    rejections: list[RejectionJson]


class SourcesTask:
    """The task of the schedule `sources`."""

    def __init__(
        self, database: Database, reader: RepositoryReader, repository: SourceRepository, examiner: Examiner
    ) -> None:
        self._database = database
        self._reader = reader
        self._repository = repository
        self._examiner = examiner

    async def __call__(self, schedule_run: ScheduleRun) -> None:
        """Do the remaining steps of a schedule run. Raises RepositoryError, LeaseLostError, StoreError."""
        recorded = schedule_run.detail.get("commit")
        commit = recorded if isinstance(recorded, str) and recorded else await self._resolve_commit(schedule_run)
        if "definitions" not in schedule_run.detail:
            await self._record_snapshot(schedule_run, commit)
        while await self._create_next_jobs(schedule_run):
            fault_point("schedule.after_chunk")
        await self._database.run(partial(_finish, schedule_run=schedule_run))

    async def _resolve_commit(self, schedule_run: ScheduleRun) -> str | None:
        """Record the commit before anything is fetched, so that a retry uses the same one."""
        commit = await self._reader.commit_of(self._repository)
        detail = {"repository": self._repository.address, "commit": commit}

        async def work(transaction: Transaction) -> None:
            await schedule_runs.renew(transaction, schedule_run)
            await schedule_runs.record(transaction, schedule_run, detail)

        await self._database.run(work)
        return commit

    async def _record_snapshot(self, schedule_run: ScheduleRun, commit: str | None) -> None:
        snapshot = await self._reader.read(self._repository, commit)
        # Each definition individually: an invalid one does not affect the others.
        definitions = [await self._review(member) for member in snapshot.members]
        await self._database.run(
            partial(_insert_sources, schedule_run=schedule_run, snapshot=snapshot, definitions=definitions)
        )
        fault_point("schedule.after_snapshot")
        counts = {"schedule_run": schedule_run.id, "definitions": len(definitions)}
        log.info("repository_fetched", commit=snapshot.commit, **counts)

    async def _review(self, member: Member) -> _ReviewedDefinition:
        path = member.path
        if not re.match(SOURCE_NAME, source_name_of(path)):
            return _reject(path, "source.schema", "the path cannot be a source name: use letters, digits, _, . and -")
        if member.body is None:
            return _reject(path, "source.too_large", "the definition is larger than 2 MB")
        try:
            text = member.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return _reject(path, "source.encoding", f"not UTF-8 (byte {error.start})")
        plan = await self._plan(path, text)
        record_progress()
        if plan.jobs:
            return _ReviewedDefinition(path, text, [])
        return _ReviewedDefinition(path, None, _as_json(plan.rejections))

    async def _plan(self, path: str, text: str, url: str | None = None) -> JobPlan:
        definition = DefinitionText.of(text, source_name=source_name_of(path), url=url)
        return await examine_text(self._examiner, definition, Element(0, path), EntrySelection())

    async def _create_next_jobs(self, schedule_run: ScheduleRun) -> bool:
        """Create the jobs of the next definitions; return False when none are left.

        They are planned before the transaction, which another process with the lease would let fail.
        """
        progress = await self._database.run(partial(schedule_runs.renew, schedule_run=schedule_run))
        values = {"schedule_run": schedule_run.id, "limit": _DEFINITIONS_PER_TRANSACTION}
        sources = await self._database.all(_SQL["next_sources"], values, into=SourceRow)
        if not sources:
            return False
        plans = [await self._plan(each.path, each.definition, _url_of(each, progress)) for each in sources]
        await self._database.run(partial(_create_jobs, schedule_run=schedule_run, sources=sources, plans=plans))
        return True


def source_name_of(path: str) -> str:
    """Return the name of the source that is defined at a path: us/ca/berkeley for sources/us/ca/berkeley.json."""
    return path.removeprefix("sources/").removesuffix(".json")


def _reject(path: str, code: str, message: str) -> _ReviewedDefinition:
    return _ReviewedDefinition(path, None, [RejectionJson(pointer="", code=code, message=message)])


def _as_json(rejections: Sequence[Rejection]) -> list[RejectionJson]:
    """Return rejections as the database can store them: they quote untrusted text."""
    return [
        RejectionJson(
            pointer=escape_unstorable(rejection.pointer),
            code=rejection.code,
            message=escape_unstorable(rejection.message),
        )
        for rejection in rejections
    ]


def _digests(texts: Mapping[str, str]) -> dict[str, str]:
    return {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}


async def _insert_sources(
    transaction: Transaction,
    schedule_run: ScheduleRun,
    snapshot: Snapshot,
    definitions: Sequence[_ReviewedDefinition],
) -> None:
    await schedule_runs.renew(transaction, schedule_run)
    texts = {definition.path: definition.text for definition in definitions if definition.text is not None}
    digests = await asyncio.to_thread(_digests, texts)
    await insert_definitions(transaction, {digests[path]: text for path, text in texts.items()})
    columns = {
        "path": [definition.path for definition in definitions],
        "sha256": [digests.get(definition.path) for definition in definitions],
        "refusals": [json.dumps(definition.rejections) for definition in definitions],
    }
    await transaction.execute(_SQL["insert_sources"], {"schedule_run": schedule_run.id, **columns})
    detail = {"commit": snapshot.commit, "url": snapshot.url, "definitions": len(definitions)}
    await schedule_runs.record(transaction, schedule_run, detail)


async def _create_jobs(
    transaction: Transaction, schedule_run: ScheduleRun, sources: Sequence[SourceRow], plans: Sequence[JobPlan]
) -> None:
    progress = await schedule_runs.renew(transaction, schedule_run)
    run = await _run_of(transaction, schedule_run, progress)
    jobs = [job for plan in plans for job in plan.jobs]
    await add_jobs(transaction, run, jobs, schedule_run.traceparent)
    columns = {
        "path": [source.path for source in sources],
        "jobs": [len(plan.jobs) for plan in plans],
        "refusals": [json.dumps(_as_json(plan.rejections)) for plan in plans],
    }
    await transaction.execute(_SQL["record_sources"], {"schedule_run": schedule_run.id, **columns})
    fault_point("schedule.before_commit")
    counts = {"schedule_run": schedule_run.id, "definitions": len(sources), "jobs": len(jobs)}
    log.info("schedule_planned", run_id=run.id, **counts)


def _url_of(source: SourceRow, progress: Progress) -> str | None:
    """Return the page of a definition; None where the repository has no pages."""
    template = progress.detail.get("url")
    return template.replace("{path}", source.path) if isinstance(template, str) else None


async def _run_of(transaction: Transaction, schedule_run: ScheduleRun, progress: Progress) -> LockedRun:
    """Return the run of jobs, which is created with the first ones."""
    if progress.run_id is not None:
        return await lock_run(transaction, progress.run_id)
    repository, commit = progress.detail["repository"], progress.detail["commit"]
    github = {"repository": repository, "sha": commit, "schedule": schedule_run.period}
    new_run = NewRun(live=True, lane=Lane.WEEKLY, github=github, name=f"Weekly {schedule_run.period}")
    run = await insert_run(transaction, new_run, owner=SYSTEM)
    await schedule_runs.record(transaction, schedule_run, {}, run=run.id)
    return run


async def _finish(transaction: Transaction, schedule_run: ScheduleRun) -> None:
    progress = await schedule_runs.renew(transaction, schedule_run)
    (counts,) = await transaction.all(_SQL["count_sources"], {"schedule_run": schedule_run.id}, into=SourceCounts)
    if progress.run_id is not None:
        refused = await schedule_runs.list_refused(transaction, schedule_run.id, limit=MAX_KEPT)
        await keep_refusals(
            transaction,
            progress.run_id,
            [Rejection(0, item.path, item.code, item.message, item.pointer) for item in refused],
        )
        await close_run(transaction, progress.run_id)
    await schedule_runs.record(transaction, schedule_run, asdict(counts))
