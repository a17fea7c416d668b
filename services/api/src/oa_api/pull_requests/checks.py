"""Checks in the database: claiming one, its entries, what GitHub shows of it."""

from dataclasses import dataclass, replace

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.pull_requests.check_state import CheckState
from oa_api.pull_requests.check_state_reading import build_state
from oa_api.pull_requests.rows import CheckRuns, ClaimedCheck, EntryRow

_SQL = load_queries("pull_requests.queries")


@dataclass(frozen=True, slots=True)
class CheckPublication:
    """What GitHub shows of a check now: the digest of the report; `is_settled` if it will not change."""

    digest: str
    is_settled: bool


async def claim_check(transaction: Transaction, *, lease_s: float) -> ClaimedCheck | None:
    """Claim the next due check for `lease_s` seconds; if this process dies, another one claims it after that time."""
    return await transaction.first(_SQL["claim_check"], {"lease_s": lease_s}, into=ClaimedCheck)


async def read_state(database: Database, check: ClaimedCheck) -> tuple[ClaimedCheck, CheckState]:
    """Return a check with its current runs, full jobs may have been created since it was claimed, and its state."""
    claimed = CheckRuns(check.sample_run, check.full_run, check.live_run)
    runs = await database.first(_SQL["runs_of_check"], {"check": check.id}, into=CheckRuns) or claimed
    values = {"sample_run": runs.sample_run, "full_run": runs.full_run}
    rows = await database.all(_SQL["entries_of_check"], values, into=EntryRow)
    current = replace(check, sample_run=runs.sample_run, full_run=runs.full_run, live_run=runs.live_run)
    return current, build_state(current, runs, rows)


async def record_publication(
    database: Database, check: ClaimedCheck, publication: CheckPublication, *, delay_s: float
) -> None:
    """Record what GitHub shows, unless the check has changed; a check that is not settled is due after `delay_s`."""
    values = {"check": check.id, "round": check.round, "state": check.state, "shown": publication.digest}
    values |= {"is_settled": publication.is_settled, "delay_s": delay_s}
    await database.execute(_SQL["record_publication"], values)


async def back_off(database: Database, check: ClaimedCheck, *, delay_s: float) -> None:
    """Make a check due again after `delay_s` seconds."""
    await database.execute(_SQL["back_off_check"], {"check": check.id, "delay_s": delay_s})


async def abandon(database: Database, check: ClaimedCheck) -> None:
    """Settle a check that GitHub does not show, unless the check has changed."""
    values = {"check": check.id, "round": check.round, "state": check.state}
    await database.execute(_SQL["abandon_check"], values)


async def wake_settled_checks(database: Database) -> None:
    """Start another round of settled checks whose jobs run again."""
    await database.execute(_SQL["wake_checks"])
