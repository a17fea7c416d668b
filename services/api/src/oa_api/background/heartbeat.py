"""When each duty last worked, kept where every process can see it."""

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries

_SQL = load_queries("background.heartbeat")
RELAY, CONSUMER, SWEEP, SCHEDULES = "relay", "consumer", "sweep", "schedules"
GITHUB = "github"
BULK = "bulk"


async def record_heartbeat(database: Database, name: str) -> None:
    """Say that a duty is alive."""
    await database.execute(_SQL["upsert"], {"name": name})
