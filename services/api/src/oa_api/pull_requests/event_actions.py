"""The action for each task: GitHub is read first, then one transaction writes everything or nothing."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.github.errors import GitHubUnavailableError
from oa_api.pull_requests.changed_sources import read_changes, source_paths
from oa_api.pull_requests.definition_review import FAILURE, Finding, Review, review
from oa_api.pull_requests.events import PullTask, PushTask, RerunTask, Task
from oa_api.pull_requests.merge import publish_merge
from oa_api.pull_requests.repository import Comparison, Pull, Repository
from oa_api.pull_requests.rows import CheckRow, CheckRuns
from oa_api.pull_requests.runs import cancel_runs, create_run, rerun_failed
from oa_api.pull_requests.targets import BranchCommit, PullHead

_SQL = load_queries("pull_requests.queries")
MAX_ENTRIES = 500
_API_LAG_S = 5.0
_MAX_PATHS_LENGTH = 500
OUTDATED = "a newer state of the pull request is known"

Action = Callable[[Transaction], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """Options of checks: the number of features in a sample, and the base URL of the repository's pages."""

    sample: int = 100
    web_url: str = "https://github.com"


class ActionPlanner:
    """Turns tasks into actions, which return what they did. An action may be prepared twice, and is executed once."""

    def __init__(self, database: Database, repository: Repository, options: CheckOptions) -> None:
        self._database = database
        self._repository = repository
        self._options = options

    async def prepare(self, task: Task) -> Action:
        """Read from GitHub what the task needs, and return its action. Raises GitHubError."""
        match task:
            case PullTask():
                return await self._prepare_pull(task)
            case PushTask():
                return await self._prepare_push(task)
            case RerunTask():
                return self._prepare_rerun(task)
            case _:
                assert_never(task)

    async def _prepare_pull(self, task: PullTask) -> Action:
        """Act on the current state of the pull request, not on that of the event: the order of events is undefined."""
        pull = await self._repository.pull(task.pull)
        if pull.updated_at < task.updated_at:
            raise GitHubUnavailableError("the API of GitHub is older than its event", pause_s=_API_LAG_S)
        return self._unless_outdated(pull, await self._prepare_state(pull))

    async def _prepare_state(self, pull: Pull) -> Action:
        if pull.is_open:
            return await self._prepare_check(pull)
        return await self._prepare_merge(pull) if pull.is_merged else self._prepare_close(pull)

    def _unless_outdated(self, pull: Pull, inner: Action) -> Action:
        """Skip the action if another process has acted on a newer state since GitHub was read."""

        async def act(transaction: Transaction) -> str:
            values = {**as_parameters(self._head(pull)), "seen_at": pull.updated_at}
            await transaction.execute(_SQL["lock_pull"], values)
            if not await transaction.execute(_SQL["record_pull_state"], values):
                return OUTDATED
            return await inner(transaction)

        return act

    async def _prepare_check(self, pull: Pull) -> Action:
        head = self._head(pull)
        known = await self._database.first(_SQL["check_of"], as_parameters(head), into=CheckRow)
        changes = await self._review_pull(pull) if known is None else Review()

        async def act(transaction: Transaction) -> str:
            await self._leave_checks(transaction, head, state="superseded", reason="superseded by a newer commit")
            check = await transaction.first(_SQL["check_of"], as_parameters(head), into=CheckRow)
            if check is None:
                return await self._open_check(transaction, head, changes)
            if check.state == "open":
                return "the check of this commit is open already"
            await transaction.execute(_SQL["restart_check"], {"check": check.id})
            count = await rerun_failed(transaction, check, reason="the commit is the head again")
            return f"the commit is the head again: {count} jobs rerun"

        return act

    async def _review_pull(self, pull: Pull) -> Review:
        """Review the changes of a pull request; more than 500 entries get no jobs, since anyone can open one."""
        comparison = await self._repository.compare(pull.base_sha, pull.head_sha)
        paths = source_paths(comparison.paths)
        if len(paths) > MAX_ENTRIES:
            return Review(findings=[_too_many(paths[0], len(paths), "definitions")])
        changes = await self._review_paths(paths, base=comparison.merge_base, head=pull.head_sha)
        if len(changes.jobs) > MAX_ENTRIES:
            return Review(findings=[_too_many(paths[0], len(changes.jobs), "entries"), *changes.findings])
        return changes

    async def _review_comparison(self, comparison: Comparison, head: str) -> Review:
        return await self._review_paths(source_paths(comparison.paths), base=comparison.merge_base, head=head)

    async def _review_paths(self, paths: Sequence[str], *, base: str, head: str) -> Review:
        total = Review()
        for change in await read_changes(self._repository, paths, base=base, head=head):
            url = f"{self._options.web_url}/{self._repository.name}/blob/{head}/{change.path}"
            total.add(review(change, url=url))
        return total

    async def _open_check(self, transaction: Transaction, head: PullHead, changes: Review) -> str:
        values = {**as_parameters(head), "findings": json.dumps(changes.as_json())}
        (check_id,) = await transaction.all(_SQL["insert_check"], values, into=int)
        if not changes.jobs:
            return "no entries to run"
        run = await create_run(transaction, head.origin, changes.jobs, sample=self._options.sample)
        await transaction.execute(_SQL["start_samples"], {"check": check_id, "run": run})
        return f"{len(changes.jobs)} entries run as samples in run {run}"

    def _prepare_close(self, pull: Pull) -> Action:
        head = replace(self._head(pull), head_sha="")

        async def act(transaction: Transaction) -> str:
            canceled = await self._leave_checks(transaction, head, state="closed", reason="pull request closed")
            return f"closed: {canceled} jobs canceled"

        return act

    async def _leave_checks(self, transaction: Transaction, head: PullHead, *, state: str, reason: str) -> int:
        """Leave the open checks of a pull request except that of its head; return the number of canceled jobs."""
        values = {**as_parameters(head), "state": state}
        left = await transaction.all(_SQL["close_open_checks"], values, into=CheckRuns)
        runs = [run for check in left for run in (check.sample_run, check.full_run)]
        return await cancel_runs(transaction, runs, reason=reason)

    async def _prepare_merge(self, pull: Pull) -> Action:
        """Make live what the pull request changed, as it is on the default branch now."""
        comparison = await self._repository.compare(pull.base_sha, pull.head_sha)
        branch_head = await self._repository.head()
        changes = await self._review_comparison(comparison, branch_head)
        head = self._head(pull)
        commit = BranchCommit(head.repository, branch_head, pull=head.pull, head_sha=head.head_sha)

        async def act(transaction: Transaction) -> str:
            await self._leave_checks(transaction, head, state="superseded", reason="a newer commit was merged")
            return await _publish(transaction, changes, commit)

        return act

    async def _prepare_push(self, task: PushTask) -> Action:
        """Make live what differs between the previous commit and the newest one, which includes later pushes."""
        branch_head = await self._repository.head()
        comparison = await self._repository.compare(task.before, branch_head)
        changes = await self._review_comparison(comparison, branch_head)
        commit = BranchCommit(self._repository.name, branch_head)

        async def act(transaction: Transaction) -> str:
            return await _publish(transaction, changes, commit)

        return act

    def _prepare_rerun(self, task: RerunTask) -> Action:
        async def act(transaction: Transaction) -> str:
            values = {"repository": self._repository.name, **as_parameters(task)}
            checks = await transaction.all(_SQL["checks_to_rerun"], values, into=CheckRow)
            if not checks:
                return "no check is known"
            count = await rerun_failed(transaction, checks[0], reason="requested on GitHub")
            await transaction.execute(_SQL["restart_check"], {"check": checks[0].id})
            return f"{count} jobs rerun"

        return act

    def _head(self, pull: Pull) -> PullHead:
        return PullHead(self._repository.name, pull.number, pull.head_sha)


async def _publish(transaction: Transaction, changes: Review, commit: BranchCommit) -> str:
    outcome = await publish_merge(transaction, changes.jobs, commit)
    invalid = sorted({finding.path for finding in changes.findings if finding.level == FAILURE})
    return f"{outcome}; invalid definitions: {', '.join(invalid)[:_MAX_PATHS_LENGTH] or 'none'}"


def _too_many(path: str, count: int, unit: str) -> Finding:
    text = f"{count:,} {unit} change; limit {MAX_ENTRIES}: split the pull request, or ask an operator"
    return Finding(path, 1, text)
