"""Transitions and retries under any reports, in any order, any number of times."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from oa_shared.failures import FAILURES
from oa_shared.ids import new_token
from oa_shared.retries import plan_retry
from oa_shared.scheduling import Tier
from oa_shared.status import JobStatus
from oa_shared.transitions import Accept, JobState, StatusReport, decide

_MOST_ATTEMPTS = 1 + 2 + 1 + 5 + 1
_CODES = st.sampled_from(sorted(FAILURES))


class LifeOfAJob(RuleBasedStateMachine):
    """A job, its reports, and the retries that follow its failures."""

    reports = Bundle("reports")

    def __init__(self) -> None:
        super().__init__()
        self.state = JobState(JobStatus.PENDING, 1, new_token())
        self.tier = Tier.SMALL
        self.ended_with: list[str] = []
        self.before: list[JobState] = [self.state]
        self.endings: dict[int, list[str | None]] = {}

    @rule(target=reports, status=st.sampled_from(JobStatus), code=_CODES)
    def report(self, status: JobStatus, code: str) -> tuple[StatusReport, str | None]:
        """A report of the current attempt is written; it may arrive at any time."""
        return StatusReport(status, self.state.attempt, self.state.token), code if status is JobStatus.FAIL else None

    @rule(target=reports, status=st.sampled_from(JobStatus), attempt=st.integers(1, 12))
    def forgery(self, status: JobStatus, attempt: int) -> tuple[StatusReport, str | None]:
        """A report with a wrong token is written."""
        return StatusReport(status, attempt, "f" * 32), None

    @rule(arriving=reports)
    def arrive(self, arriving: tuple[StatusReport, str | None]) -> None:
        """A report arrives, for the first time or again."""
        report, code = arriving
        outcome = decide(self.state, report)
        if not isinstance(outcome, Accept):
            return
        assert report.attempt == self.state.attempt
        assert report.token == self.state.token
        self._become(replace(self.state, status=outcome.status, error_code=code))
        if outcome.status.ended:
            self.endings.setdefault(self.state.attempt, []).append(code)
        if code is not None:
            self._retry(code)

    def _retry(self, code: str) -> None:
        plan = plan_retry(code, self.ended_with, self.tier)
        self.ended_with.append(code)
        if plan is not None:
            self.tier = plan.tier
            self._become(JobState(JobStatus.PENDING, self.state.attempt + 1, new_token()))

    def _become(self, state: JobState) -> None:
        self.before.append(state)
        self.state = state

    @invariant()
    def rank_only_grows_within_an_attempt(self) -> None:
        for earlier, later in zip(self.before, self.before[1:], strict=False):
            was_lost = earlier.error_code == "infra.lost" and later.status is JobStatus.SUCCESS
            assert later.attempt > earlier.attempt or later.status.rank > earlier.status.rank or was_lost

    @invariant()
    def every_attempt_ends_once_unless_it_was_presumed_lost(self) -> None:
        for endings in self.endings.values():
            assert len(endings) == 1 or endings == ["infra.lost", None]

    @invariant()
    def attempts_are_bounded(self) -> None:
        assert self.state.attempt <= _MOST_ATTEMPTS

    @invariant()
    def tiers_only_grow_by_one(self) -> None:
        assert self.tier in {Tier.SMALL, Tier.STANDARD}


TestLifeOfAJob = LifeOfAJob.TestCase
TestLifeOfAJob.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
