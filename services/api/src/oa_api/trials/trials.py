"""Creating and reading trials."""

import json
import uuid
from dataclasses import dataclass

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import NotFoundError, TooManyRequestsError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.jobs.job_creation import create_standalone_jobs
from oa_api.jobs.planning import DefinitionText, PlannedJob, restore_jobs
from oa_api.jobs.requests import NewRun
from oa_api.jobs.run_names import name_of_trial
from oa_api.settings import Settings
from oa_api.trials.examination import TrialReview
from oa_api.trials.review import TrialEntryJson
from oa_api.trials.rows import TrialItem, TrialRow, TrialUse
from oa_shared.scheduling import Lane, Tier
from oa_shared.status import ENDED_RANK
from oa_shared.tracing import new_traceparent

_SQL = load_queries("trials.queries")
SAMPLE_FEATURES = 100
# Whatever size the definition states: anyone with an account can try any definition.
TRIAL_TIER = Tier.SMALL
_LISTED = 10
_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """The most trials of an account within an hour, and the most jobs of its trials, and of all, that run at a time."""

    per_hour: int
    running: int
    at_once: int

    @classmethod
    def of(cls, settings: Settings) -> "TrialLimits":
        """Return the limits of the settings."""
        return cls(settings.trials_per_hour, settings.trials_running, settings.trials_at_once)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTrial:
    """A reviewed definition, or a request for a proposal; `entry` is the one to run, None where none can.

    `run_name` is the name of its run, by default that of a trial.
    """

    definition: str
    source_name: str
    url: str | None
    review: TrialReview
    entry: TrialEntryJson | None
    run_name: str = ""


async def create_trial(database: Database, new_trial: NewTrial, limits: TrialLimits, *, by: Principal) -> str:
    """Create a trial and the job of its entry, in a sample run that is never published; return its ID.

    Raises TooManyRequestsError.
    """
    trial = uuid.uuid4().hex

    async def work(transaction: Transaction) -> None:
        await _check_limits(transaction, limits, starts_job=new_trial.entry is not None, by=by)
        entry = new_trial.entry
        job = await _create_job(transaction, new_trial, entry, by=by) if entry is not None else None
        values = {
            "id": trial,
            "account": by.owner,
            "definition": new_trial.definition,
            "source_name": new_trial.source_name,
            "url": new_trial.url,
            "remarks": json.dumps([remark.as_json() for remark in new_trial.review.remarks]),
            "entries": json.dumps(new_trial.review.entries),
            "job": job,
        }
        await transaction.execute(_SQL["insert"], values)
        await audit_log.record(transaction, by, action="trial.create", subject=f"trial/{trial}", detail={"job": job})

    await database.run(work)
    return trial


async def check_hourly_limit(database: Database, limits: TrialLimits, *, by: Principal) -> None:
    """Raise TooManyRequestsError for an account at its limit, before anything is fetched or reviewed for it."""
    _require_below(limits, await _read_use(database, by))


async def _check_limits(transaction: Transaction, limits: TrialLimits, *, starts_job: bool, by: Principal) -> None:
    await transaction.execute(_SQL["lock_trials"])
    use = await _read_use(transaction, by)
    _require_below(limits, use)
    if starts_job and use.running >= limits.running:
        raise TooManyRequestsError(
            f"{use.running} of your trials are running, limit {limits.running}: wait until one ends, or cancel its job"
        )
    if starts_job and use.running_of_all >= limits.at_once:
        raise TooManyRequestsError(
            f"{use.running_of_all} trials of all authors are running, limit {limits.at_once}: retry in a few minutes, "
            "or run `oa try`"
        )


async def _read_use(reader: Database | Transaction, by: Principal) -> TrialUse:
    use = await reader.first(_SQL["use"], {"account": by.owner, "ended": ENDED_RANK}, into=TrialUse)
    return use or TrialUse(within_hour=0, running=0, running_of_all=0)


def _require_below(limits: TrialLimits, use: TrialUse) -> None:
    if use.within_hour >= limits.per_hour:
        raise TooManyRequestsError(f"limit {limits.per_hour:,} trials in an hour; retry later, or run `oa try`")


async def _create_job(transaction: Transaction, new_trial: NewTrial, entry: TrialEntryJson, *, by: Principal) -> int:
    planned = _plan(new_trial, entry)
    name = new_trial.run_name or name_of_trial(planned.source_name)
    new_run = NewRun(lane=Lane.MANUAL, sample=SAMPLE_FEATURES, name=name)
    (job,) = await create_standalone_jobs(
        transaction, [planned], new_run, traceparent=new_traceparent(), owner=by.owner
    )
    return job


def _plan(new_trial: NewTrial, entry: TrialEntryJson) -> PlannedJob:
    definition = DefinitionText.of(new_trial.definition, source_name=new_trial.source_name or None, url=new_trial.url)
    (planned,) = restore_jobs(definition, [(entry["layer"], entry["name"], TRIAL_TIER, entry["host"])])
    return planned


async def get_trial(database: Database, trial: str) -> TrialRow:
    """Return a trial. Raises NotFoundError for one that has ended too."""
    row = await database.first(_SQL["one"], {"trial": trial}, into=TrialRow)
    if row is None:
        raise NotFoundError(f"trial {trial[:_SHOWN_LENGTH]!r} does not exist, or has ended")
    return row


async def list_newest(database: Database, *, by: Principal) -> list[TrialItem]:
    """Return the newest trials of the caller."""
    return await database.all(_SQL["newest"], {"account": by.owner, "limit": _LISTED}, into=TrialItem)


async def is_known_source(database: Database, source_name: str) -> bool:
    """Return whether a live run had a job of a source, or its data is published."""
    return bool(source_name) and bool(await database.first(_SQL["is_known"], {"source": source_name}, into=bool))
