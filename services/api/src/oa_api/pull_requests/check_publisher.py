"""Publishing a report on GitHub: one check run per round, its annotations once, and one comment."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.db.rows import as_parameters
from oa_api.github.errors import GitHubRefusedError, GitHubUnavailableError
from oa_api.pull_requests.events import CHECK_NAME, RERUN_ACTION
from oa_api.pull_requests.report import MARKER, Report
from oa_api.pull_requests.repository import Repository
from oa_api.pull_requests.rows import CheckVersion, ClaimedCheck
from oa_shared.fault_points import fault_point
from oa_shared.json_types import JsonObject

log = structlog.get_logger()
_SQL = load_queries("pull_requests.queries")
# GitHub accepts at most this many annotations in a request.
_ANNOTATIONS_PER_REQUEST = 50
# Well below the time after which Postgres ends an idle transaction.
_COMMENT_TIMEOUT_S = 120
_RERUN = {"label": "Rerun", "description": "Rerun the failed entries", "identifier": RERUN_ACTION}
_COMMENTED_STATES = frozenset({"open", "merged"})


class CheckPublisher:
    """Writes to GitHub; every step can be repeated, also by another process after this one died in between."""

    def __init__(self, database: Database, repository: Repository, *, public_url: str) -> None:
        self._database = database
        self._repository = repository
        self._public_url = public_url

    async def publish(self, check: ClaimedCheck, report: Report) -> None:
        """Publish a report. Raises GitHubError; a later call publishes what this one did not.

        If GitHub refuses one of check run and comment (a locked conversation accepts no comments), the other suffices.
        """
        steps = [partial(self._publish_check_run, check, report)]
        if report.comment is not None and check.state in _COMMENTED_STATES:
            steps.append(partial(self._publish_comment, check, report.comment))
        refusals = [error for step in steps if (error := await _refusal_of(step)) is not None]
        if len(refusals) == len(steps):
            raise refusals[0]

    async def _publish_check_run(self, check: ClaimedCheck, report: Report) -> None:
        if check.check_run is None and check.state not in _COMMENTED_STATES:
            return
        output: JsonObject = {"title": report.title, "summary": report.summary}
        check_run_id = check.check_run or await self._find_or_create(check)
        body = self._check_run_body(check, report, output)
        check_run = await self._repository.update_check_run(check_run_id, body)
        for start in range(check_run.annotation_count, len(report.annotations), _ANNOTATIONS_PER_REQUEST):
            chunk = report.annotations[start : start + _ANNOTATIONS_PER_REQUEST]
            await self._repository.update_check_run(check_run_id, {"output": {**output, "annotations": chunk}})

    async def _find_or_create(self, check: ClaimedCheck) -> int:
        """Return the check run of this round; one created just before a crash is found by its external ID."""
        external_id = f"check-{check.id}-{check.round}"
        check_run_id = await self._repository.find_check_run(check.head_sha, CHECK_NAME, external_id)
        if check_run_id is None:
            body = {"name": CHECK_NAME, "head_sha": check.head_sha, "external_id": external_id, "status": "in_progress"}
            check_run_id = await self._repository.create_check_run(body)
        fault_point("github.check_run_created")
        values = {"check": check.id, "round": check.round, "check_run": check_run_id}
        await self._database.execute(_SQL["record_check_run"], values)
        return check_run_id

    def _check_run_body(self, check: ClaimedCheck, report: Report, output: JsonObject) -> JsonObject:
        body: JsonObject = {"output": output}
        run = check.full_run or check.sample_run
        if self._public_url and run is not None:
            body["details_url"] = f"{self._public_url}/runs/{run}"
        if report.conclusion is None:
            return {**body, "status": "in_progress"}
        return {**body, "status": "completed", "conclusion": report.conclusion, "actions": [_RERUN]}

    async def _publish_comment(self, check: ClaimedCheck, text: str) -> None:
        """Write the comment under the lock of the pull request, which a process with a newer commit needs too."""
        try:
            async with asyncio.timeout(_COMMENT_TIMEOUT_S), self._database.transaction() as transaction:
                await transaction.execute(_SQL["lock_pull"], as_parameters(check.head))
                current = await transaction.first(_SQL["version_of_check"], {"check": check.id}, into=CheckVersion)
                if current == CheckVersion(check.state, check.round):
                    await self._write_comment(transaction, check, text)
        except TimeoutError as error:
            raise GitHubUnavailableError(f"the comment was not written within {_COMMENT_TIMEOUT_S} s") from error

    async def _write_comment(self, transaction: Transaction, check: ClaimedCheck, text: str) -> None:
        values = as_parameters(check.head)
        recorded = await transaction.first(_SQL["comment_of_pull"], values, into=int)
        comment = recorded or await self._repository.find_comment(check.pull, MARKER)
        if comment is None or not await self._repository.update_comment(comment, text):
            comment = await self._repository.create_comment(check.pull, text)
            fault_point("github.comment_created")
        if recorded != comment:
            await transaction.execute(_SQL["record_comment"], {**values, "comment": comment})


async def _refusal_of(step: Callable[[], Awaitable[None]]) -> GitHubRefusedError | None:
    """Take a step and return the refusal of GitHub, if any."""
    try:
        await step()
    except GitHubRefusedError as error:
        log.warning("github_publish_refused", error=error.detail)
        return error
    return None
