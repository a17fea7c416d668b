"""The action for each task: GitHub is read first, then one transaction writes everything or nothing."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.github.errors import GitHubUnavailableError
from oa_api.pull_requests import admission
from oa_api.pull_requests.admission import AdmissionRules, Hold
from oa_api.pull_requests.definition_review import FAILURE, Finding, Review
from oa_api.pull_requests.events import ApprovalTask, PullTask, PushTask, RerunTask, Task
from oa_api.pull_requests.merge import publish_merge
from oa_api.pull_requests.repository import SOURCES, Pull, Repository
from oa_api.pull_requests.reviewer import Reviewer
from oa_api.pull_requests.rows import CheckRow, CheckRuns
from oa_api.pull_requests.runs import cancel_runs, create_run, rerun_failed
from oa_api.pull_requests.targets import BranchCommit, PullHead
from oa_shared.json_types import JsonObject
from oa_shared.value_text import plural

_SQL = load_queries("pull_requests.queries")
_API_LAG_S = 5.0
_MAX_PATHS_LENGTH = 500
_MAX_BRANCH_LENGTH = 100
OUTDATED = "a newer state of the pull request is known"

Action = Callable[[Transaction], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """Options of checks: the number of features in a sample, and which pull requests wait for a collaborator."""

    sample: int = 100
    admission: AdmissionRules = field(default_factory=AdmissionRules)


class ActionPlanner:
    """Turns tasks into actions, which return what they did. An action may be prepared twice, and is executed once."""

    def __init__(self, database: Database, repository: Repository, reviewer: Reviewer, options: CheckOptions) -> None:
        self._database = database
        self._repository = repository
        self._reviewer = reviewer
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
            case ApprovalTask():
                return await self._prepare_approval(task)
            case _:
                assert_never(task)

    async def report_abandoned(self, task: Task, reason: str) -> None:
        """Open a check that shows that the event of a pull request was abandoned. Raises GitHubError."""
        if not isinstance(task, PullTask):
            return
        pull = await self._repository.pull(task.pull)
        finding = Finding(SOURCES, 1, f"the definitions could not be examined: {reason}")
        head, review = self._head(pull), Review(findings=[finding])

        async def act(transaction: Transaction) -> None:
            await transaction.execute(_SQL["lock_pull"], as_parameters(head))
            if await transaction.first(_SQL["check_of"], as_parameters(head), into=CheckRow) is None:
                await self._open_check(transaction, pull, review)

        if pull.is_open:
            await self._database.run(act)

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
        needs_review = known is None or known.has_other_base(pull.base_ref)
        changes = await self._reviewer.review_pull(pull) if needs_review else Review()

        async def act(transaction: Transaction) -> str:
            await self._leave_checks(transaction, head, state="superseded", reason="superseded by a newer commit")
            check = await transaction.first(_SQL["check_of"], as_parameters(head), into=CheckRow)
            if check is None:
                return await self._open_check(transaction, pull, changes)
            if check.has_other_base(pull.base_ref):
                return await self._review_again(transaction, pull, check, changes)
            if check.state == "open":
                return "the check of this commit is open already"
            await transaction.execute(_SQL["restart_check"], {"check": check.id})
            count = await rerun_failed(transaction, check, reason="the commit is the head again")
            return f"the commit is the head again: {plural(count, 'job')} rerun"

        return act

    async def _open_check(self, transaction: Transaction, pull: Pull, changes: Review) -> str:
        values = await self._reviewed_values(transaction, pull, changes)
        (check_id,) = await transaction.all(_SQL["insert_check"], values, into=int)
        return await self._start_unless_held(transaction, check_id, pull, changes, values["held"])

    async def _review_again(self, transaction: Transaction, pull: Pull, check: CheckRow, changes: Review) -> str:
        """Start a check again whose pull request has another base branch: its changes are others."""
        await cancel_runs(transaction, [check.sample_run, check.full_run], reason="the base branch is another one")
        values = {**await self._reviewed_values(transaction, pull, changes), "check": check.id}
        await transaction.execute(_SQL["review_check_again"], values)
        await transaction.execute(_SQL["restart_check"], values)
        outcome = await self._start_unless_held(transaction, check.id, pull, changes, values["held"])
        return f"the base branch is {pull.base_ref[:_MAX_BRANCH_LENGTH]}: {outcome}"

    async def _reviewed_values(self, transaction: Transaction, pull: Pull, changes: Review) -> JsonObject:
        """Return the columns of a check that its review decides on."""
        head, entries = self._head(pull), len(changes.jobs)
        hold = await admission.find_hold(transaction, self._options.admission, pull, head, entries)
        values = {**as_parameters(head), "base_ref": pull.base_ref, "author": pull.author}
        return {**values, "findings": json.dumps(changes.as_json()), "entry_count": entries, "held": hold}

    async def _start_unless_held(
        self, transaction: Transaction, check_id: int, pull: Pull, changes: Review, hold: object
    ) -> str:
        if hold is not Hold.NONE:
            return f"{plural(len(changes.jobs), 'entry', 'entries')} waiting for a collaborator: {hold}"
        return await self._start_samples(transaction, check_id, self._head(pull), changes)

    async def _start_samples(self, transaction: Transaction, check_id: int, head: PullHead, changes: Review) -> str:
        if not changes.jobs:
            return "no entries to run"
        sample = self._options.sample
        run = await create_run(transaction, head.origin, changes.jobs, sample=sample, findings=changes.findings)
        await transaction.execute(_SQL["start_samples"], {"check": check_id, "run": run})
        return f"run {run} has samples of {plural(len(changes.jobs), 'entry', 'entries')}"

    async def _prepare_approval(self, task: ApprovalTask) -> Action:
        """Let a pull request run; its later commits run without another approval, within the author's quota."""
        pull = await self._repository.pull(task.pull)
        head, changes = self._head(pull), await self._reviewer.review_pull(pull) if pull.is_open else Review()

        async def act(transaction: Transaction) -> str:
            await transaction.execute(_SQL["lock_pull"], as_parameters(head))
            check = await admission.record_approval(transaction, head, by=task.by)
            if check is None or not pull.is_open:
                return "approved; nothing waits"
            if check.head_sha != pull.head_sha:
                raise GitHubUnavailableError(
                    "the commit that waits is not the head of its pull request", pause_s=_API_LAG_S
                )
            findings = json.dumps(changes.as_json())
            await admission.release(transaction, check, findings=findings, entries=len(changes.jobs))
            await transaction.execute(_SQL["restart_check"], {"check": check.id})
            return await self._start_samples(transaction, check.id, head, changes)

        return act

    def _prepare_close(self, pull: Pull) -> Action:
        head = replace(self._head(pull), head_sha="")

        async def act(transaction: Transaction) -> str:
            canceled = await self._leave_checks(transaction, head, state="closed", reason="pull request closed")
            return f"closed: {plural(canceled, 'job')} canceled"

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
        changes = await self._reviewer.review_merge(comparison, branch_head)
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
        changes = await self._reviewer.review_merge(comparison, branch_head)
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
            return f"{plural(count, 'job')} rerun"

        return act

    def _head(self, pull: Pull) -> PullHead:
        return PullHead(self._repository.name, pull.number, pull.head_sha)


async def _publish(transaction: Transaction, changes: Review, commit: BranchCommit) -> str:
    outcome = await publish_merge(transaction, changes, commit)
    invalid = sorted({finding.path for finding in changes.findings if finding.level == FAILURE})
    return f"{outcome}; invalid definitions: {', '.join(invalid)[:_MAX_PATHS_LENGTH] or 'none'}"
