"""When a live run of the schedule `sources` last ended: a week without one is an alarm, whatever the reason."""

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries

_SQL = load_queries("jobs.weekly_run")


async def get_age_s(database: Database, deadline_s: float) -> float:
    """Return the seconds since a live weekly run ended; in a database without one, since its first migration.

    A run that is not closed or has a job that never ended has not ended: it may have crashed, or still be in progress.
    """
    return await database.first(_SQL["age"], {"deadline_s": deadline_s}, into=float) or 0.0
