"""Two weekly runs as rows, of which the second differs from the first in every way."""

from pathlib import Path

from oa_api.db.database import Database

_SQL = Path(__file__).with_suffix(".sql").read_text("utf-8")
NEWLY_FAILED, STILL_FAILED, FIXED, GONE = 5, 2, 3, 2
SUCCEEDED, FAILED, IN_REVIEW, TOTAL, RERUN, MAY_SUCCEED = 51, 7, 2, 60, 3, 2


async def write_weekly_runs(database: Database) -> int:
    """Write both runs and return the ID of the second."""
    await database.execute(_SQL)
    return await database.first("SELECT max(run_id) FROM schedule_run WHERE type = 'sources'", into=int) or 0
