"""The commands for operators: bulk actions, pauses, events, failures and dead letters."""

import asyncio
import json
import os
import sys
from pathlib import Path

from oa_api.bulk_actions.bulk_actions import run_step
from oa_shared.queue import OutgoingMessage
from support.command_line import oa
from support.programs import start_program
from support.running_api import INTERNAL, SECRET, RunningApi, definition

FAIL = "UPDATE job SET status = 'Fail', rank = 9, ended_at = now(), error_code = 'upstream.timeout'"


async def fail_jobs(api: RunningApi, *names: str) -> None:
    await api.post_jobs(await api.run(), {"source": definition(*names), "source_name": "xx/a"})
    await api.database.execute(FAIL)


async def carry_out(api: RunningApi) -> None:
    while (await run_step(api.database)) is None:  # noqa: ASYNC110 - until the program has started the action
        await asyncio.sleep(0.05)
    while await run_step(api.database) is not None:
        pass


async def test_bulk_without_yes_prints_the_matches_and_changes_nothing(api: RunningApi) -> None:
    await fail_jobs(api, *"ab")
    ended = await oa(api, "bulk", "rerun", "--error", "upstream")
    assert ended.status == 2
    assert "matching jobs: 2; rerun 2 of them? Use --yes to confirm." in " ".join(ended.err.replace("│", " ").split())
    assert await api.count("bulk_action") == 0


async def test_bulk_with_yes_and_wait_exits_when_all_are_done(api: RunningApi) -> None:
    await fail_jobs(api, *"abc")
    words = ("bulk", "rerun", "--error", "upstream", "--source", "xx/", "--yes", "--wait", "--reason", "it is back")
    ended, _ = await asyncio.gather(oa(api, *words), carry_out(api))
    assert ended.status == 0
    assert ended.out.strip() == "bulk action 1: 3 of 3 done, 0 skipped"
    assert "it is back" in (await oa(api, "bulk", "list")).out
    assert (await oa(api, "bulk", "show", "1", "--json")).json["done"] == 3


async def test_bulk_without_a_match_changes_nothing(api: RunningApi) -> None:
    ended = await oa(api, "bulk", "cancel", "--run", "7")
    assert ended.status == 0
    assert ended.out.strip() == "no matching jobs"


async def test_pause_is_created_listed_and_resumed(api: RunningApi) -> None:
    ended = await oa(api, "pause", "host", "gis.example.org", "--reason", "they asked us", "--hours", "2")
    assert ended.out.strip() == "pause 1: host gis.example.org; `oa resume 1` ends it"
    listed = await oa(api, "pause")
    assert "they asked us" in listed.out
    assert (await oa(api, "resume", "1")).out.strip() == "host gis.example.org resumed, 0 jobs queued"
    assert (await oa(api, "resume", "1")).status == 4
    assert (await oa(api, "pause", "--json")).json == []
    assert (await oa(api, "pause", "all")).status == 2


async def test_failures_are_listed_with_their_next_step(api: RunningApi) -> None:
    await fail_jobs(api, *"ab")
    ended = await oa(api, "failures")
    assert "upstream.timeout" in ended.out
    assert "may help" in ended.out
    assert (await oa(api, "failures", "--by", "host", "--json")).json[0]["key"] == "x"


async def test_events_prints_the_latest_and_follows_new_ones(api: RunningApi) -> None:
    job = await api.job()
    listed = await oa(api, "events")
    assert f"job {job['id']} of run 1 xx/a addresses/a: job.created Pending" in listed.out
    async with start_program(
        *(Path(sys.executable).with_name("oa"), "events", "--follow", "--json"),
        env={"PATH": os.environ["PATH"], "OA_API_URL": str(api.client.make_url("")), "OA_SHARED_SECRET": SECRET},
        stdout=asyncio.subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        first = json.loads(await program.stdout.readline())
        await api.client.post(f"/api/job/{job['id']}/cancel", headers=INTERNAL)
        async with asyncio.timeout(60):
            second = json.loads(await program.stdout.readline())
    assert first["kind"] == "job.created"
    assert second["kind"] == "api.cancel"


async def test_dead_letters_are_selected_by_their_content(api: RunningApi) -> None:
    dead = api.queues["jobs"].dead
    assert dead is not None
    await dead.send_batch([OutgoingMessage(json.dumps({"kind": "job.submit", "job": job})) for job in (1, 2, 3)])
    redriven = await oa(api, "queue", "redrive", "jobs", "--job", "1", "--reason", "fixed")
    assert redriven.out.strip() == "1 redriven to jobs, 2 left"
    assert "`oa queue show jobs` lists messages that fail again" in redriven.err
    discarded = await oa(api, "queue", "discard", "jobs", "--job", "2", "--reason", "invalid")
    assert discarded.out.strip() == "1 discarded, 1 left in jobs"
    assert (await oa(api, "queue", "discard", "jobs", "--reason", "x")).status == 2
    assert [letter["job"] for letter in (await oa(api, "queue", "show", "jobs", "--json")).json] == [3]
