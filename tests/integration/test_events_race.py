"""Writers that commit in any order, readers that reconnect: each receives every event once, in order."""

import asyncio
import random

import pytest

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from support.event_stream import open_stream
from support.running_api import RunningApi, running_api

_INSERT = load_queries("jobs.publishing")["record_decision"]
_WRITERS, _TRANSACTIONS = 8, 25
_LAST = "last"


class _WithdrawnError(Exception):
    """A writer rolls back."""


def chance_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same chance each time


def _change_mind(chance: random.Random) -> None:
    if chance.random() < 0.2:
        raise _WithdrawnError


async def write(database: Database, job: int, chance: random.Random) -> None:
    """Commit some transactions of one to three events, with pauses; every fifth is rolled back."""
    for _ in range(_TRANSACTIONS):
        try:
            async with database.transaction() as transaction:
                for _ in range(chance.randint(1, 3)):
                    await transaction.execute(_INSERT, {"job": job, "kind": "race", "detail": "{}"})
                    await asyncio.sleep(chance.choice((0, 0, 0.002, 0.02, 0.06)))
                _change_mind(chance)
        except _WithdrawnError:
            continue


async def stream_ids(api: RunningApi, chance: random.Random, start: str) -> list[str]:
    """Return the IDs that a client receives that reconnects every few events, up to the last event."""
    ids: list[str] = []
    last_id, is_over = start, False
    while not is_over:
        async with open_stream(api.client, last_id=last_id) as opened:
            for _ in range(chance.randint(1, 30)):
                event = await opened.next("job", "reset")
                assert event.name == "job", event
                ids.append(event.data["id"])
                is_over = event.data["kind"] == _LAST
                if is_over:
                    break
            last_id = opened.last_id
        await asyncio.sleep(chance.choice((0, 0.01, 0.1)))
    return ids


async def page(api: RunningApi, chance: random.Random, start: str) -> list[str]:
    """Return the IDs that a client receives that polls for new events."""
    seen: list[str] = []
    after, kind = start, ""
    while kind != _LAST:
        events = (await api.get(f"/api/events?after={after}&limit={chance.randint(1, 50)}"))["events"]
        seen += [event["id"] for event in events]
        after, kind = (events[-1]["id"], events[-1]["kind"]) if events else (after, kind)
        await asyncio.sleep(chance.choice((0, 0.01, 0.05)))
    return seen


@pytest.mark.parametrize("seed", range(3))
async def test_readers_of_the_feed_miss_nothing_however_writers_commit(database_url: str, seed: int) -> None:
    async with running_api(database_url, connections=4) as api:
        job = (await api.job())["id"]
        start = (await api.get("/api/events?limit=1"))["events"][0]["id"]
        writing = await Database.open(database_url, connections=_WRITERS)
        try:
            async with asyncio.TaskGroup() as group:
                readers = [group.create_task(stream_ids(api, chance_of(seed * 10 + n), start)) for n in range(4)]
                readers.append(group.create_task(page(api, chance_of(seed), start)))
                async with asyncio.TaskGroup() as writers:
                    for n in range(_WRITERS):
                        writers.create_task(write(writing, job, chance_of(seed * 100 + n)))
                await writing.execute(_INSERT, {"job": job, "kind": _LAST, "detail": "{}"})
        finally:
            await writing.close()
        rows = await api.database.all(
            "SELECT xid || '-' || id AS event FROM job_event WHERE kind IN ('race', 'last') ORDER BY xid, id"
        )
    written = [row["event"] for row in rows]
    assert len(written) > _WRITERS * _TRANSACTIONS
    for reader in readers:
        assert reader.result() == written


async def test_writers_commit_out_of_the_order_of_their_ids(api: RunningApi) -> None:
    """The race above is real: a reader that goes by row ID would miss events that commit late."""
    job = (await api.job())["id"]
    async with api.database.transaction() as late:
        await late.execute(_INSERT, {"job": job, "kind": "race", "detail": "{}"})
        await api.database.execute(_INSERT, {"job": job, "kind": "race", "detail": "{}"})
        seen = await api.database.first("SELECT max(id) AS id FROM job_event")
    row = await api.database.first("SELECT count(*) AS missed FROM job_event WHERE kind = 'race' AND id < %(id)s", seen)
    assert row == {"missed": 1}
