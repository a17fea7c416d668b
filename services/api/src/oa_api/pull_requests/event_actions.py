"""What is done about an event: GitHub is read first, then one transaction writes all of it (or nothing)."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.github.errors import GitHubUnavailableError
from oa_api.pull_requests.changed_sources import source_paths, survey
from oa_api.pull_requests.definition_review import FAILURE, Finding, Review, review
from oa_api.pull_requests.events import PULL, PUSH
from oa_api.pull_requests.merge import publish_merge
from oa_api.pull_requests.repository import Pull, Repository
from oa_api.pull_requests.runs import about_pull, cancel_runs, create_run, rerun_failed

_SQL = load_queries("pull_requests.queries")
MOST_ENTRIES = 500
_BEHIND_S = 5.0

Action = Callable[[Transaction], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How pull requests are tried; `web_url` is where people look at the repository."""

    sample: int = 100
    web_url: str = "https://github.com"


class ActionPlanner:
    """Turns tasks into deeds: each returns, in words, what it did. It may be prepared twice; it is done once."""

    def __init__(self, database: Database, repository: Repository, wishes: CheckOptions) -> None:
        self._database = database
        self._repository = repository
        self._wishes = wishes

    async def prepare(self, task: dict[str, Any]) -> Action:
        """Read what the task needs of GitHub and return the deed. Raises GitHubError."""
        if task["kind"] == PULL:
            return await self._pull(task["pull"], seen_at=datetime.fromisoformat(task["updated_at"]))
        if task["kind"] == PUSH:
            return await self._push(task["before"])
        return self._rerun(task)

    async def _pull(self, number: int, *, seen_at: datetime) -> Action:
        """Go by what the pull request is now, whatever event told of it, so that their order does not matter."""
        pull = await self._repository.pull(number)
        if pull.updated_at < seen_at:
            raise GitHubUnavailableError("GitHub's API is behind its own event", pause_s=_BEHIND_S)
        return self._unless_outdated(pull, await self._deed_for(pull))

    async def _deed_for(self, pull: Pull) -> Action:
        if pull.is_open:
            return await self._check(pull)
        return await self._merge(pull) if pull.has_landed else self._close(pull)

    def _unless_outdated(self, pull: Pull, inner: Action) -> Action:
        """Do nothing when something newer was done while GitHub was being read: another process may be faster."""

        async def deed(transaction: Transaction) -> str:
            about = {**self._about(pull), "seen_at": pull.updated_at}
            await transaction.execute(_SQL["lock_pull"], about)
            if not await transaction.execute(_SQL["record_pull_state"], about):
                return "a newer state of it is known"
            return await inner(transaction)

        return deed

    async def _check(self, pull: Pull) -> Action:
        known = await self._database.first(_SQL["check_of"], self._about(pull))
        if known is None:
            comparison = await self._repository.compare(pull.base_sha, pull.head_sha)
            examined = await self._examined(comparison.paths, base=comparison.merge_base, head=pull.head_sha)
        else:
            examined = Review()

        async def deed(transaction: Transaction) -> str:
            about = self._about(pull)
            await self._leave(transaction, about, state="superseded", reason="a newer commit came")
            check = await transaction.first(_SQL["check_of"], about)
            if check is None:
                return await self._open(transaction, about, examined)
            if check["state"] == "open":
                return "this commit is being tried already"
            await transaction.execute(_SQL["restart_check"], {"check": check["id"]})
            again = await rerun_failed(transaction, check, reason="the commit is the head again")
            return f"the commit is the head again: {again} jobs run again"

        return deed

    async def _examined(self, paths: tuple[str, ...], *, base: str, head: str) -> Review:
        """Examine the definitions among some files; nobody's pull request may start jobs without end."""
        wanted = source_paths(paths)
        if len(wanted) > MOST_ENTRIES:
            return Review(findings=[_too_many(wanted[0], len(wanted), "definitions")])
        found = await self._all_examined(wanted, base=base, head=head)
        if len(found.jobs) > MOST_ENTRIES:
            return Review(findings=[_too_many(wanted[0], len(found.jobs), "entries"), *found.findings])
        return found

    async def _all_examined(self, paths: list[str], *, base: str, head: str) -> Review:
        examined = Review()
        for change in await survey(self._repository, paths, base=base, head=head):
            address = f"{self._wishes.web_url}/{self._repository.name}/blob/{head}/{change.path}"
            examined.add(review(change, address=address))
        return examined

    async def _open(self, transaction: Transaction, about: dict[str, Any], examined: Review) -> str:
        findings = {
            "problems": [asdict(finding) for finding in examined.findings],
            "removed": examined.removed,
            "lines": examined.lines,
        }
        values = {**about, "findings": json.dumps(findings)}
        (check,) = await transaction.all(_SQL["insert_check"], values)
        if not examined.jobs:
            return "no entry is to be tried"
        run = await create_run(transaction, about_pull(about), examined.jobs, sample=self._wishes.sample)
        await transaction.execute(_SQL["start_samples"], {"check": check["id"], "run": run})
        return f"{len(examined.jobs)} entries are tried in run {run}"

    def _close(self, pull: Pull) -> Action:
        async def deed(transaction: Transaction) -> str:
            about = {**self._about(pull), "head_sha": ""}
            cancelled = await self._leave(transaction, about, state="closed", reason="the pull request was closed")
            return f"closed: {cancelled} jobs cancelled"

        return deed

    async def _leave(self, transaction: Transaction, about: dict[str, Any], *, state: str, reason: str) -> int:
        """Give up the open checks of a pull request but that of `head_sha`, and return how many jobs that ended."""
        left = await transaction.all(_SQL["close_open_checks"], {**about, "state": state})
        runs = [row[name] for row in left for name in ("sample_run", "full_run")]
        return await cancel_runs(transaction, runs, reason=reason)

    async def _merge(self, pull: Pull) -> Action:
        """Make live what the pull request changed, as it stands on the default branch now."""
        comparison = await self._repository.compare(pull.base_sha, pull.head_sha)
        head = await self._repository.head()
        wanted = source_paths(comparison.paths)
        examined = await self._all_examined(wanted, base=comparison.merge_base, head=head)
        about = self._about(pull)

        async def deed(transaction: Transaction) -> str:
            await self._leave(transaction, about, state="superseded", reason="a newer commit was merged")
            return await _landed(transaction, examined, {**about, "sha": head})

        return deed

    async def _push(self, before: str) -> Action:
        """Make live what differs between the commit before and the newest one: later pushes are in it already."""
        head = await self._repository.head()
        comparison = await self._repository.compare(before, head)
        paths = source_paths(comparison.paths)
        examined = await self._all_examined(paths, base=comparison.merge_base, head=head)
        about = {"repository": self._repository.name, "pull": None, "head_sha": None, "sha": head}

        async def deed(transaction: Transaction) -> str:
            return await _landed(transaction, examined, about)

        return deed

    def _rerun(self, task: dict[str, Any]) -> Action:
        async def deed(transaction: Transaction) -> str:
            asked = {"repository": self._repository.name, "pull": task.get("pull"), "head_sha": task.get("head_sha")}
            checks: list[Row] = await transaction.all(_SQL["checks_asked_for"], asked)
            if not checks:
                return "nothing of it is known"
            again = await rerun_failed(transaction, checks[0], reason="asked for on GitHub")
            await transaction.execute(_SQL["restart_check"], {"check": checks[0]["id"]})
            return f"{again} jobs run again"

        return deed

    def _about(self, pull: Pull) -> dict[str, Any]:
        return {"repository": self._repository.name, "pull": pull.number, "head_sha": pull.head_sha}


async def _landed(transaction: Transaction, examined: Review, about: dict[str, Any]) -> str:
    done = await publish_merge(transaction, examined.jobs, about)
    broken = sorted({finding.path for finding in examined.findings if finding.level == FAILURE})
    return f"{done}; definitions of no use: {', '.join(broken)[:500] or 'none'}"


def _too_many(path: str, count: int, what: str) -> Finding:
    text = f"{count:,} {what} change; at most {MOST_ENTRIES} are tried: make smaller pull requests, or ask an operator"
    return Finding(path, 1, text)
