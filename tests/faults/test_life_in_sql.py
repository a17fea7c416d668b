"""The life of jobs in the real SQL: duplicated, reordered and forged reports, cancellations, reruns, sweeps."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from faults.history import History
from faults.world import GOOD
from oa_api.db.database import Database
from oa_api.http.errors import ConflictError
from oa_api.identity.principal import SERVICE
from oa_api.jobs import actions
from oa_api.jobs.requests import AttemptReport
from oa_api.jobs.results import ForeignReportError, apply_event, apply_status
from oa_api.jobs.sweep import Sweep, SweepTimes
from oa_shared.failures import FAILURES
from oa_shared.ids import batch_job_name
from oa_shared.messages import BatchEvent, StatusMessage
from oa_shared.scheduling import Tier
from oa_shared.status import JobStatus
from support.fakes.memory_queue import MemoryQueue
from support.fakes.memory_storage import MemoryStorage
from support.planned_jobs import create_planned_jobs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_Result = TypeVar("_Result")
_CODES = st.sampled_from(["source.format", "upstream.timeout", "infra.lost", "infra.storage", "resource.timeout"])
_COUNTS = st.sampled_from([0, 50, 95, 100, 200])
_FORGED = "f" * 32
_LONG_AGO = "UPDATE job SET opened_at = now() - interval '3 days' WHERE id = ANY(%(jobs)s)"
Message = StatusMessage | BatchEvent


class Life(RuleBasedStateMachine):
    """Two jobs of one (source_name, layer, name) in live runs: the older and the newer."""

    url = ""
    messages = Bundle("messages")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.database = self._run(Database.open(self.url, connections=2))
        self.seq, self.name = 0, uuid.uuid4().hex
        self.jobs = [self._run(self._make()) for _ in range(2)]
        self.published_before = 0
        self.sweep = Sweep(self.database, MemoryQueue(), MemoryStorage(), SweepTimes(republish_after_s=0))

    def teardown(self) -> None:
        """Pass the deadline of both jobs: every job ends, whatever came before."""
        try:
            self._run(self.database.execute(_LONG_AGO, {"jobs": self.jobs}))
            self._run(self.sweep.once())
            assert History.read(self.url, self.jobs).problems(self.jobs) == []
        finally:
            self._run(self.database.close())
            self.loop.close()

    def _run(self, work: Awaitable[_Result]) -> _Result:
        async def finish() -> _Result:
            return await work

        return self.loop.run_until_complete(finish())

    async def _make(self) -> int:
        (job,) = await create_planned_jobs(self.database, self.name, tier=Tier.SMALL)
        return job

    def _row(self, place: int) -> dict[str, Any]:
        found = self._run(self.database.first("SELECT * FROM job WHERE id = %(job)s", {"job": self.jobs[place]}))
        assert found is not None
        return found

    @rule(target=messages, place=st.integers(0, 1), status=st.sampled_from(JobStatus), code=_CODES, count=_COUNTS)
    def report(self, place: int, status: JobStatus, code: str, count: int) -> Message:
        """A container of the current attempt sends a report."""
        row, self.seq = self._row(place), self.seq + 1
        error = {"code": code, "message": "x"} if status is JobStatus.FAIL else None
        if status is JobStatus.CANCELED:
            error = {"code": "operator.canceled", "message": "x"}
        is_good = status in {JobStatus.SUCCESS, JobStatus.WARN}
        result = {**GOOD, "count": count} if is_good else None
        now = datetime.now(UTC)
        return StatusMessage(row["id"], row["attempt"], row["token"], self.seq, status, now, error, result)

    @rule(target=messages, place=st.integers(0, 1), kept=st.integers(0, 1), attempt=st.integers(1, 3))
    def report_unchanged(self, place: int, kept: int, attempt: int) -> Message:
        """A container of the current attempt finds the input of an attempt, published or not, unchanged."""
        row, self.seq = self._row(place), self.seq + 1
        result = {"unchanged": True, "same_as": {"job": self.jobs[kept], "attempt": attempt}}
        now = datetime.now(UTC)
        return StatusMessage(row["id"], row["attempt"], row["token"], self.seq, JobStatus.SUCCESS, now, None, result)

    @rule(target=messages, place=st.integers(0, 1), status=st.sampled_from(["RUNNING", "SUCCEEDED", "FAILED", "LOST"]))
    def event(self, place: int, status: str) -> Message:
        """Batch reports the status of the current container."""
        row = self._row(place)
        name = batch_job_name("x", row["id"], row["attempt"], row["token"])
        return BatchEvent(f"b{row['attempt']}", name, status, datetime.now(UTC), exit_code=1)

    @rule(target=messages, message=messages)
    def forgery(self, message: Message) -> Any:
        """An untrusted client sends a report with a wrong token."""
        if isinstance(message, BatchEvent):
            return multiple()
        return StatusMessage(message.job, message.attempt, _FORGED, message.seq, message.status, message.at)

    @rule(message=messages, times=st.integers(1, 2))
    def arrive(self, message: Message, times: int) -> None:
        """A message arrives, perhaps for the second time, perhaps long after others."""
        apply: Callable[[Any], Awaitable[str]]
        if isinstance(message, StatusMessage):
            apply = partial(apply_status, message=message)
        else:
            apply = partial(apply_event, event=message, grace_s=0)
        for _ in range(times):
            try:
                self._run(self.database.run(apply))
            except ForeignReportError:
                assert isinstance(message, StatusMessage)
                assert message.token == _FORGED

    @rule(place=st.integers(0, 1))
    def report_submission(self, place: int) -> None:
        """The dispatcher reports that it submitted the current attempt."""
        row = self._row(place)
        names = {"attempt": row["attempt"], "token": row["token"], "batch_job": f"b{row['attempt']}"}
        report = AttemptReport(status=JobStatus.SUBMITTED, message="", **names)
        self._run(self.database.run(lambda transaction: actions.report_status(transaction, row["id"], report)))

    @rule(place=st.integers(0, 1), act=st.sampled_from([actions.cancel, actions.rerun]))
    def operate(self, place: int, act: Callable[..., Awaitable[Any]]) -> None:
        """An operator cancels or reruns the job."""
        self._ignore_conflicts(self._act(act, place))

    @rule(place=st.integers(0, 1), confirmed=st.booleans())
    def decide(self, place: int, *, confirmed: bool) -> None:
        """An operator confirms or rejects a result that needs review."""
        self._ignore_conflicts(self._act(actions.confirm if confirmed else actions.reject, place))

    def _act(self, act: Callable[..., Awaitable[Any]], place: int) -> Awaitable[Any]:
        return self.database.run(lambda transaction: act(transaction, self.jobs[place], by=SERVICE))

    @rule()
    def sweep_evidence(self) -> None:
        """The sweep of the API runs."""
        self._run(self.sweep.once())

    def _ignore_conflicts(self, work: Awaitable[Any]) -> None:
        try:
            self._run(work)
        except ConflictError:
            return

    @invariant()
    def history_has_no_problem_but_that_jobs_have_not_ended(self) -> None:
        problems = History.read(self.url, self.jobs).problems(self.jobs)
        assert [problem for problem in problems if "has not ended" not in problem] == []

    @invariant()
    def newer_job_is_never_replaced_by_the_older(self) -> None:
        rows = self._run(self.database.all("SELECT job_id FROM data WHERE name = %(name)s", {"name": self.name}))
        newest = max([row["job_id"] for row in rows], default=0)
        assert newest >= self.published_before
        self.published_before = newest
        assert len(rows) <= 1

    @invariant()
    def every_failure_has_a_code_and_every_pending_job_a_message(self) -> None:
        for place, job in enumerate(self.jobs):
            row = self._row(place)
            assert row["status"] != "Fail" or row["error_code"] in FAILURES
            parameters = {"job": job, "attempt": row["attempt"]}
            sent = self._run(
                self.database.all("SELECT 1 FROM outbox WHERE job_id = %(job)s AND attempt = %(attempt)s", parameters)
            )
            assert sent


def test_life_in_sql_keeps_every_guarantee(database_url: str) -> None:
    class LifeInDatabase(Life):
        url = database_url

    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(LifeInDatabase, settings=chosen)
