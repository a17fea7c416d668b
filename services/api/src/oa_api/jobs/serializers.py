"""Runs and jobs as JSON."""

from collections.abc import Sequence

from oa_api.http.schemas import ALL_FIELDS
from oa_api.jobs import schemas
from oa_api.jobs.refusals import RunRefusal
from oa_api.jobs.rows import JobHistory, JobRow
from oa_api.jobs.run_rows import RunRow
from oa_api.jobs.run_schemas import RefusalSchema, RunSchema
from oa_shared.json_types import JsonObject

_RUN, _REFUSAL = RunSchema(), RefusalSchema()
_JOB, _JOB_WITH_TOKEN = schemas.JobSchema(exclude=("token",)), schemas.JobSchema()
_SUMMARY = schemas.JobSchema(exclude=("token", "output"))
_SUMMARY_WITH_TOKEN = schemas.JobSchema(exclude=("output",))
_ATTEMPT, _EVENT, _REVIEW_REASON = schemas.AttemptSchema(), schemas.JobEventSchema(), schemas.ReviewReasonSchema()
_PAUSE = schemas.PauseOfJobSchema()


def serialize_run(run: RunRow) -> JsonObject:
    """Return a run with its counts in every status."""
    return dict(_RUN.dump(run))


def serialize_detailed_run(run: RunRow, refusals: Sequence[RunRefusal]) -> JsonObject:
    """Return a run with its counts in every status, and its first refusals."""
    return {**_RUN.dump(run), "refusals": _REFUSAL.dump(refusals, many=True)}


def serialize_job(job: JobRow, *, with_token: bool = False) -> JsonObject:
    """Return a job; the token of its attempt is for callers with the shared secret only."""
    return dict((_JOB_WITH_TOKEN if with_token else _JOB).dump(job))


def serialize_listed_job(job: JobRow, *, with_token: bool, shape: str) -> JsonObject:
    """Return a job as an item of a list; a SUMMARY, of whose result only a part was read, has no files."""
    if shape == ALL_FIELDS:
        return serialize_job(job, with_token=with_token)
    return dict((_SUMMARY_WITH_TOKEN if with_token else _SUMMARY).dump(job))


def serialize_history(history: JobHistory, *, with_token: bool = False) -> JsonObject:
    """Return a job with its attempts, its events, the review reasons, and the pause that it waits for."""
    return {
        **serialize_job(history.job, with_token=with_token),
        "attempts": _ATTEMPT.dump(history.attempts, many=True),
        "events": _EVENT.dump(history.events, many=True),
        "review_reasons": _REVIEW_REASON.dump(history.review_reasons, many=True),
        "pause": _PAUSE.dump(history.pause) if history.pause else None,
    }
