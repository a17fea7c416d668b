"""Acknowledged failures: muted in groups, on the overview and in the digest; shown again by day, cause or decision."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from oa_api.reporting import health_digest
from support.command_line import oa
from support.finished_jobs import fail, make_jobs, post
from support.running_api import INTERNAL, RunningApi


@cache
def tomorrow() -> str:
    """Return the same day to all tests of this module, which follow each other."""
    return str(datetime.now(UTC).date() + timedelta(days=1))


async def acknowledge(api: RunningApi, source: str = "xx/a", **changes: Any) -> Any:
    body = {"source": source, "code": "source.not_found", "note": "the county moves", "until": tomorrow(), **changes}
    return await post(api, "/api/acknowledgement", **body)


async def groups(api: RunningApi) -> dict[str, tuple[int, int]]:
    failures = (await api.get("/api/failure"))["failures"]
    return {group["key"]: (group["jobs"], group["acknowledged"]) for group in failures}


async def test_acknowledged_cause_of_a_source_is_muted_and_another_cause_is_not(api: RunningApi) -> None:
    first, second = await make_jobs(api, "xx/a", "xx/b")
    await fail(api, first)
    await fail(api, second)
    created = await acknowledge(api, owner="ada", issue_url="https://example.org/1")
    assert (created["owner"], created["until"], created["ended_at"]) == ("ada", tomorrow(), None)
    assert await groups(api) == {"source.not_found": (2, 1)}
    (third,) = await make_jobs(api, "xx/a")
    await fail(api, third, "source.empty")
    assert await groups(api) == {"source.not_found": (2, 1), "source.empty": (1, 0)}
    await acknowledge(api, "xx/b")
    page = await (await api.client.get("/errors")).text()
    assert "by ada until " + tomorrow() in page
    assert 'rel="noopener nofollow" href="https://example.org/1"' in page
    assert 'data-label="Cause" class="wide"><div>Data not found' not in page, "all jobs of the group are acknowledged"
    job = await (await api.client.get(f"/jobs/{first}")).text()
    assert "by ada until " + tomorrow() in job
    overview = await (await api.client.get("/overview")).text() + await (await api.client.get("/")).text()
    assert "Data not found at the URL" not in overview


async def test_acknowledgement_ends_by_decision_and_after_its_day(api: RunningApi) -> None:
    (job,) = await make_jobs(api, "xx/a")
    await fail(api, job)
    created = await acknowledge(api)
    response = await api.client.delete(f"/api/acknowledgement/{created['id']}", json={}, headers=INTERNAL)
    assert (await response.json())["ended_at"] is not None
    again = await api.client.delete(f"/api/acknowledgement/{created['id']}", json={}, headers=INTERNAL)
    assert again.status == 409
    assert await groups(api) == {"source.not_found": (1, 0)}
    second = await acknowledge(api)
    assert await groups(api) == {"source.not_found": (1, 1)}
    await api.database.execute("UPDATE acknowledgement SET until = until - 3 WHERE ended_at IS NULL")
    assert await groups(api) == {"source.not_found": (1, 0)}
    listed = await api.get("/api/acknowledgement?ended=true")
    assert [item["id"] for item in listed["acknowledgements"]] == [second["id"], created["id"]]
    third = await acknowledge(api, note="still")
    assert [item["id"] for item in (await api.get("/api/acknowledgement"))["acknowledgements"]] == [third["id"]]
    audit = await api.database.all("SELECT action FROM audit WHERE action LIKE 'acknowledgement.%%' ORDER BY id")
    assert [row["action"].partition(".")[2] for row in audit] == ["create", "end", "create", "create"]


@pytest.mark.parametrize(
    "changes",
    [{"until": "2001-01-01"}, {"code": "source.nothing"}, {"issue_url": "javascript:alert(1)"}, {"note": ""}],
)
async def test_acknowledgement_with_a_bad_value_is_refused(api: RunningApi, changes: dict[str, str]) -> None:
    body = {"source": "xx/a", "code": "source.not_found", "note": "x", "until": tomorrow(), **changes}
    response = await api.client.post("/api/acknowledgement", json=body, headers=INTERNAL)
    assert response.status == 422


async def test_digest_lists_an_acknowledged_failure_apart(api: RunningApi) -> None:
    for job in await make_jobs(api, "xx/a", "xx/b"):
        await fail(api, job)
    await acknowledge(api, owner="ada")
    run = await api.database.first(
        "INSERT INTO schedule_run (type, period, traceparent) VALUES ('report', '2026-W48', '') RETURNING id", {}
    )
    assert run is not None
    await api.database.run(lambda transaction: health_digest.assign_changes(transaction, run["id"]))
    period = health_digest.DigestPeriod(run["id"], "2026-W48", datetime.now(UTC))
    digest = await health_digest.read_digest(api.database, period, stale_days=30)
    assert ([change.source_name for change in digest.broke], digest.counts.broke) == (["xx/b"], 1)
    assert [change.source_name for change in digest.acknowledged] == ["xx/a"]
    for text in (health_digest.as_text(digest, "https://x"), health_digest.as_html(digest, "https://x")):
        assert f"(acknowledged by ada until {tomorrow()})" in text


async def test_command_line_adds_lists_and_ends_acknowledgements(api: RunningApi) -> None:
    options = ("--note", "known", "--until", tomorrow(), "--issue", "https://example.org/1")
    added = await oa(api, "ack", "add", "xx/a", "source.empty", *options)
    assert "`oa ack end 1` ends it" in added.out
    assert [item["issue_url"] for item in (await oa(api, "ack", "list", "--json")).json] == ["https://example.org/1"]
    assert (await oa(api, "ack", "end", "1")).out.strip() == "source.empty of xx/a shows again"
    assert (await oa(api, "ack", "list", "--json")).json == []
