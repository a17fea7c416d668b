"""`oa-api backfill`: starts jobs that make the files which published results lack (docs/import.md)."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from oa_api.db.database import Database
from oa_api.identity.principal import Principal
from oa_api.imports.obstacles import ObstacleError, find_obstacle
from oa_api.products.backfills import RUN_JOBS, BackfillFilter, count_incomplete, start_backfills
from oa_api.products.builds import Requester
from oa_shared.roles import Role
from oa_shared.scheduling import Lane
from oa_shared.tracing import new_traceparent
from oa_shared.value_text import plural

log = structlog.get_logger()
_OPERATOR = Principal("operator", None, "operator", Role.SERVICE)


@dataclass(frozen=True, slots=True)
class BackfillSettings:
    """The settings of `oa-api backfill`."""

    database_url: str = field(repr=False, metadata={"help": "Postgres connection URL."})


async def run_backfill_command(settings: BackfillSettings, arguments: Sequence[str]) -> None:
    """Start the jobs, run by run, and print how many. Raises ObstacleError, StoreError; the same command continues."""
    options = build_parser().parse_args(arguments)
    backfill_filter = BackfillFilter(options.source, with_history=options.history)
    database = await Database.open(settings.database_url, connections=1)
    try:
        if obstacle := await find_obstacle(database):
            raise ObstacleError(obstacle)
        started = 0
        if not options.dry_run:
            started = await _start_all(database, backfill_filter, limit=options.limit)
        remaining = await count_incomplete(database, backfill_filter)
    finally:
        await database.close()
    outcome = {"started": started, "remaining": remaining}
    text = (
        json.dumps(outcome)
        if options.json
        else f"{plural(started, 'job')} started; results without all files: {remaining:,}"
    )
    sys.stdout.write(text + "\n")


async def _start_all(database: Database, backfill_filter: BackfillFilter, *, limit: int | None) -> int:
    """Start jobs until no result lacks files, or `limit` have started; return their number."""
    requester, total = Requester(_OPERATOR, Lane.WEEKLY, new_traceparent()), 0
    below: int | None = None
    while limit is None or total < limit:
        of_run = RUN_JOBS if limit is None else min(RUN_JOBS, limit - total)
        started = await start_backfills(database, backfill_filter, requester, limit=of_run, below=below)
        if not started.jobs:
            break
        total, below = total + len(started.jobs), started.last_target
        log.info("backfills_started", jobs=len(started.jobs), total=total)
    return total


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(
        prog="oa-api backfill", description="Start jobs that build the missing files of published results."
    )
    parser.add_argument("--source", default="", help="only sources whose names start with this text")
    parser.add_argument("--history", action="store_true", help="also results that newer ones have replaced")
    parser.add_argument("--limit", type=int, help="start at most this number of jobs")
    parser.add_argument("--dry-run", action="store_true", help="start nothing")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser
