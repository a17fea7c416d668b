"""Heartbeats of parts that a test does not run."""

from oa_api.db.database import Database

PARTS = ("relay", "consumer", "sweep", "dispatcher", "dispatcher_sweep")
# A day ahead, so that they stay fresh for the whole test.
FRESH = """
INSERT INTO process_heartbeat (process, part, version, progress_at, reported_at)
SELECT 'test@here:1', part, '1', now() + interval '1 day', now() + interval '1 day'
FROM unnest(%(parts)s::text[]) AS part
"""


async def report_all_parts(database: Database) -> None:
    """Store a heartbeat of every part that the health of the system requires."""
    await database.execute(FRESH, {"parts": list(PARTS)})
