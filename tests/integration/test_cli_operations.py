"""`oa schedule`, `oa health`, `oa cleanup` and `oa upload` against the API."""

from pathlib import Path

import pytest

from support.command_line import oa
from support.finished_jobs import fail, make_jobs, succeed
from support.running_api import RunningApi


async def test_schedule_trigger_starts_a_run_once_per_period_and_list_shows_it(api: RunningApi) -> None:
    ended = await oa(api, "schedule", "trigger", "fabric", "--period", "p1")
    assert ended.status == 0
    assert ended.out.strip() == "schedule run 1: fabric p1: Waiting; `oa schedule list` shows the progress"
    again = await oa(api, "schedule", "trigger", "fabric", "--period", "p1", "--json")
    assert again.json["id"] == 1
    listed = await oa(api, "schedule", "list")
    assert "cleanup" in listed.out
    assert "p1" in listed.out
    assert (await oa(api, "schedule", "list", "--type", "sources", "--json")).json["schedule_runs"] == []
    assert (await oa(api, "schedule", "trigger", "close")).status == 2


async def test_health_prints_counts_and_failures(api: RunningApi) -> None:
    good, bad = await make_jobs(api, "us/a", "us/b")
    await succeed(api, good)
    await fail(api, bad)
    shown = await oa(api, "health")
    assert shown.out.startswith("1 healthy, 0 stale, 0 failing, 1 never")
    assert "source.not_found: gone" in shown.out
    found = (await oa(api, "health", "--state", "healthy,stale", "--prefix", "us/", "--json")).json
    assert [item["source_name"] for item in found["sources"]] == ["us/a"]
    rejected = await oa(api, "health", "--state", "ill")
    assert rejected.status == 4
    assert "state" in rejected.err


async def test_cleanup_previews_without_the_option_remove(api: RunningApi) -> None:
    preview = await oa(api, "cleanup", "--dry-run")
    assert preview.status == 0
    assert "unpublished" in preview.out
    assert (await api.get("/api/schedule"))["schedule_runs"] == []
    started = await oa(api, "cleanup", "--remove")
    assert "schedule run 1 removes it" in started.out
    assert (await api.get("/api/schedule"))["schedule_runs"][0]["type"] == "cleanup"


@pytest.mark.parametrize(("body", "status"), [(b"NO,ST\n1,Main\n", 0), (b"\x00\x01", 1)])
async def test_upload_prints_the_url_or_the_reason_for_rejection(
    api: RunningApi, tmp_path: Path, body: bytes, status: int
) -> None:
    (tmp_path / "a.csv").write_bytes(body)
    ended = await oa(api, "upload", str(tmp_path / "a.csv"))
    assert ended.status == status
    if status:
        assert ended.out.startswith("rejected: ")
        return
    path = "/upload/" + ended.out.strip().partition("/upload/")[2]
    assert await (await api.client.get(path)).read() == body


async def test_upload_by_a_form_goes_to_the_object_store(on_aws: RunningApi, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"NO,ST\n1,Main\n")
    sent = (await oa(on_aws, "upload", str(tmp_path / "a.csv"), "--json")).json
    assert sent["state"] == "Ready"
    assert sent["size_bytes"] == 13
