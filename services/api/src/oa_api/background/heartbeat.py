"""Heartbeats: what each part of each process does, visible to every process.

A row belongs to one process, so a running process never vouches for another one.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from oa_api.background.loop import run_loop
from oa_api.background.process_state import ProcessState
from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_shared.process_report import REPORT_EVERY_S, ProcessReport

_SQL = load_queries("background.heartbeat")
API = "api"
RELAY, CONSUMER, SWEEP, SCHEDULES = "relay", "consumer", "sweep", "schedules"
GITHUB = "github"
BULK = "bulk"
HEARTBEAT = "heartbeat"
# How long a process that no longer reports is a problem at least: then its parts that another process runs count as
# replaced, such as the relay; parts that no process runs, such as the only scheduler, remain so for a day.
FORGET_S, FORGET_UNREPLACED_S = 300.0, 86_400.0
# Six reports are missing.
SILENT_S = 30.0


@dataclass(frozen=True, slots=True)
class HeartbeatRow:
    """A part of a process: the seconds since its process reported, and since its last progress."""

    process: str
    part: str
    reported_at: datetime
    progress_at: datetime
    problem: str
    silent_s: float
    age_s: float

    @property
    def is_silent(self) -> bool:
        """Return whether the process no longer reports."""
        return self.silent_s > SILENT_S


async def record_report(database: Database, report: ProcessReport) -> None:
    """Store the heartbeat of a process, and delete what is out of date; a report without parts deletes the process."""
    await database.run(partial(_record, report=report))


async def list_heartbeats(database: Database) -> list[HeartbeatRow]:
    """Return the parts of all processes."""
    return await database.all(_SQL["heartbeats"], into=HeartbeatRow)


async def run_heartbeat(
    database: Database, process: ProcessState, stop: asyncio.Event, *, every_s: float = REPORT_EVERY_S
) -> None:
    """Store the heartbeat of this process until `stop` is set."""

    async def work() -> bool:
        await record_report(database, process.report())
        return False

    await run_loop(HEARTBEAT, work, stop, every_s=every_s)


async def _record(transaction: Transaction, report: ProcessReport) -> None:
    parts = {
        "part": [each.part for each in report.parts],
        "age_s": [each.age_s for each in report.parts],
        "problem": [each.problem for each in report.parts],
    }
    values = {"process": report.process, "version": report.version, **parts, "forget_s": FORGET_S}
    values["forget_unreplaced_s"] = FORGET_UNREPLACED_S
    await transaction.execute(_SQL["upsert"], values)
    await transaction.execute(_SQL["delete_other_parts"], values)
