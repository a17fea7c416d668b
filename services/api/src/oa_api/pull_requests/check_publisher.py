"""Bringing a report to GitHub: a check run that is made once, annotations that are added once, one comment."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.github.errors import GitHubRefusedError, GitHubUnavailableError
from oa_api.pull_requests.events import CHECK_NAME, RERUN_ACTION
from oa_api.pull_requests.report import MARKER, Report
from oa_api.pull_requests.repository import Repository
from oa_shared.fault_points import fault_point

log = structlog.get_logger()
_SQL = load_queries("pull_requests.queries")
_ANNOTATIONS_A_CALL = 50
# Well below the time after which Postgres ends an idle transaction.
_COMMENT_WITHIN_S = 120
_RERUN = {"label": "Run again", "description": "Run the entries that failed again", "identifier": RERUN_ACTION}
_SHOWN = frozenset({"open", "merged"})


class CheckPublisher:
    """Writes to GitHub; every step may be done again, also by another process after this one died in between."""

    def __init__(self, database: Database, repository: Repository, *, public_url: str) -> None:
        self._database = database
        self._repository = repository
        self._public_url = public_url

    async def show(self, check: Row, report: Report) -> None:
        """Show a report. Raises GitHubError; what was not shown is shown next time.

        Where GitHub refuses one of the two (a locked conversation takes no comments) the other has to do.
        """
        steps = [partial(self._show_check_run, check, report)]
        if report.comment is not None and check["state"] in _SHOWN:
            steps.append(partial(self._show_comment, check, report.comment))
        refusals = [error for step in steps if (error := await _refusal(step)) is not None]
        if len(refusals) == len(steps):
            raise refusals[0]

    async def _show_check_run(self, check: Row, report: Report) -> None:
        if check["check_run"] is None and check["state"] not in _SHOWN:
            return
        body = self._check_run_body(check, report)
        check_run = check["check_run"] or await self._find_or_create(check)
        made = await self._repository.update_check_run(check_run, body)
        already = int(made["output"].get("annotations_count") or 0)
        for start in range(already, len(report.annotations), _ANNOTATIONS_A_CALL):
            chunk = report.annotations[start : start + _ANNOTATIONS_A_CALL]
            await self._repository.update_check_run(check_run, {"output": {**body["output"], "annotations": chunk}})

    async def _find_or_create(self, check: Row) -> int:
        """Return the check run of this round; one that was made just before a crash is found by its id of ours."""
        ours = f"check-{check['id']}-{check['round']}"
        found = await self._repository.find_check_run(check["head_sha"], CHECK_NAME, ours)
        if found is None:
            about = {"name": CHECK_NAME, "head_sha": check["head_sha"], "external_id": ours, "status": "in_progress"}
            found = await self._repository.create_check_run(about)
        fault_point("github.check_run_made")
        values = {"check": check["id"], "round": check["round"], "check_run": found["id"]}
        await self._database.execute(_SQL["record_check_run"], values)
        return int(found["id"])

    def _check_run_body(self, check: Row, report: Report) -> dict[str, Any]:
        body: dict[str, Any] = {"output": {"title": report.title, "summary": report.summary}}
        run = check["full_run"] or check["sample_run"]
        if self._public_url and run is not None:
            body["details_url"] = f"{self._public_url}/runs/{run}"
        if report.conclusion is None:
            return {**body, "status": "in_progress"}
        return {**body, "status": "completed", "conclusion": report.conclusion, "actions": [_RERUN]}

    async def _show_comment(self, check: Row, text: str) -> None:
        """Write the one comment while nobody else can: the lock is that of whoever brings a newer commit, too."""
        try:
            async with asyncio.timeout(_COMMENT_WITHIN_S), self._database.transaction() as transaction:
                await transaction.execute(_SQL["lock_pull"], check)
                now = await transaction.first(_SQL["state_of_check"], {"check": check["id"]})
                if now is not None and (now["state"], now["round"]) == (check["state"], check["round"]):
                    await self._write_comment(transaction, check, text)
        except TimeoutError as error:
            raise GitHubUnavailableError(f"the comment was not written within {_COMMENT_WITHIN_S} s") from error

    async def _write_comment(self, transaction: Transaction, check: Row, text: str) -> None:
        known = await transaction.first(_SQL["comment_of_pull"], check)
        comment = known["comment"] if known else await self._repository.find_comment(check["pull"], MARKER)
        if comment is None or not await self._repository.update_comment(comment, text):
            comment = await self._repository.create_comment(check["pull"], text)
            fault_point("github.comment_made")
        if known is None or known["comment"] != comment:
            await transaction.execute(_SQL["record_comment"], {**check, "comment": comment})


async def _refusal(step: Callable[[], Awaitable[None]]) -> GitHubRefusedError | None:
    try:
        await step()
    except GitHubRefusedError as error:
        log.warning("github_refuses_to_show", error=error.detail)
        return error
    return None
