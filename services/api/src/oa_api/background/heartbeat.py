"""Heartbeats: when each background worker last ran, visible to every process."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries

_SQL = load_queries("background.heartbeat")
RELAY, CONSUMER, SWEEP, SCHEDULES = "relay", "consumer", "sweep", "schedules"
GITHUB = "github"
BULK = "bulk"


@dataclass(frozen=True, slots=True)
class HeartbeatRow:
    """The last heartbeat of a worker, and its age in seconds."""

    name: str
    reported_at: datetime
    age_s: float


async def record_heartbeat(database: Database, name: str) -> None:
    """Record that a worker is running."""
    await database.execute(_SQL["upsert"], {"name": name})


async def list_heartbeats(database: Database) -> list[HeartbeatRow]:
    """Return the last heartbeat of each worker, by name."""
    return await database.all(_SQL["heartbeats"], into=HeartbeatRow)
