"""When each duty last worked, kept where every process can see it."""

from oa_api.store.database import Database
from oa_api.store.queries import queries

_SQL = queries("relay")
RELAY, CONSUMER, SWEEP, SCHEDULES = "relay", "consumer", "sweep", "schedules"
GITHUB = "github"
BULK = "bulk"


async def beat(database: Database, name: str) -> None:
    """Say that a duty is alive."""
    await database.execute(_SQL["beat"], {"name": name})
