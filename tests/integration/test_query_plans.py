"""Frequent queries on tables with enough rows read no full table, and the tally equals the number of rows."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from oa_api.datasets.queries import list_parameters, select_parameters
from oa_api.datasets.requests import DatasetFilter, DatasetSelection, SourceListFilter
from oa_api.datasets.source_list import source_parameters
from oa_api.db import counting
from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.events.cursor import Cursor
from oa_api.events.event_filter import EventFilter
from oa_api.events.feed import feed_end, feed_parameters
from oa_api.jobs import filters
from oa_api.jobs.requests import JobFilter, RunChangeKind, RunFilter
from oa_local.postgres import Postgres

pytestmark = pytest.mark.asyncio(loop_scope="module")
JOBS = 60_000
BIG = frozenset({"job", "job_attempt", "outbox", "inbox", "job_event", "job_tally", "batch_exit"})
BIG |= {
    "data",
    "publication",
    "conversion",
    "withdrawal",
    "webhook_delivery",
    "collection_build",
    "export",
    "github_delivery",
    "github_check",
}
BIG |= {"account", "api_token", "session", "audit", "failure_count", "bulk_action_job", "trial"}
FILL = Path(__file__).with_name("query_plans.sql")


@pytest.fixture(scope="module")
def filled_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    yield postgres.create("plans", template=migrated_template)
    postgres.drop("plans")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def database(filled_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(filled_url, connections=2)
    for statement in FILL.read_text().split(";"):
        if statement.strip():
            await opened.execute(statement, {"jobs": JOBS})
    # a separate statement, because VACUUM cannot run in a transaction
    async with opened._cursor_after("VACUUM ANALYZE"):
        pass
    yield opened
    await opened.close()


async def fully_scanned_tables(
    database: Database, sql: str, values: dict[str, Any], *, stops_after: float = math.inf
) -> set[str]:
    """Return the big tables that a plan reads completely; a scan below a limit may stop early and is not one."""
    async with database.transaction() as transaction:
        row = await transaction.first(f"EXPLAIN (FORMAT JSON) {sql}", values)
    plan = row["QUERY PLAN"] if row else []
    found: set[str] = set()

    def visit(node: dict[str, Any]) -> None:
        is_full_scan = node["Node Type"] == "Seq Scan" and node["Plan Rows"] < stops_after
        if is_full_scan and node["Relation Name"] in BIG:
            found.add(node["Relation Name"])
        for child in node.get("Plans", []):
            visit(child)

    for tree in plan if isinstance(plan, list) else json.loads(plan):
        visit(tree["Plan"])
    return found


LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "of a run": {"run": 150},
    "by status": {"status": ["Fail"]},
    "unended, as the dispatcher asks": {"status": ["Submitted", "Running"]},
    "of a run by status": {"run": 150, "status": ["Fail"]},
    "of a source": {"source": "xx/17"},
    "of a layer": {"layer": "parcels"},
    "of a layer that nobody has": {"layer": "centerlines"},
    "of a kind": {"kind": "export"},
    "of the usual kind": {"kind": "source"},
    "of sources below a place": {"source": "xx/1/"},
    "that ended with a code": {"error": ["source.schema"]},
    "that ended with a code nobody has": {"error": ["infra.queue"]},
    "before": {"before": datetime(2001, 1, 1, tzinfo=UTC)},
    "after": {"after": datetime(2999, 1, 1, tzinfo=UTC)},
    "of a bulk action": {"bulk": 7},
    "live": {"live": True},
    "of a run, rerun": {"run": 150, "rerun": True},
    "acknowledged": {"acknowledged": True},
    "failed lately with a code": {
        "status": ["Fail"],
        "error": ["source.schema"],
        "ended_after": datetime(2999, 1, 1, tzinfo=UTC),
    },
    "of a run, not acknowledged": {"run": 150, "status": ["Fail"], "acknowledged": False},
    "newly failed": {"run": 150, "change": RunChangeKind.NEWLY_FAILED},
    "still failed": {"run": 150, "change": RunChangeKind.STILL_FAILED},
    "fixed": {"run": 150, "change": RunChangeKind.FIXED},
    "gone": {"run": 150, "change": RunChangeKind.GONE},
}


def _other_run(name: str) -> dict[str, int]:
    """Return the run that a filter by change compares with."""
    return {"other_run": 149} if "change" in LISTS[name] else {}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("cursor", [None, JOBS // 2])
@pytest.mark.parametrize("name", LISTS)
async def test_list_of_jobs_reads_no_full_table(database: Database, name: str, cursor: int | None, order: str) -> None:
    job_filter = JobFilter(limit=25, cursor=cursor, order=order, **LISTS[name])
    sql = load_queries("jobs.reads")[f"jobs_by_{filters.sort_key(job_filter)}_{order}"]
    values = {**filters.job_parameters(job_filter), **_other_run(name)}
    assert await fully_scanned_tables(database, sql, values) == set()


@pytest.mark.parametrize("name", [name for name in LISTS if name != "live"])
async def test_count_of_jobs_reads_no_full_table(database: Database, name: str) -> None:
    values = {**filters.job_parameters(JobFilter(limit=25, **LISTS[name])), **_other_run(name)}
    sql = load_queries("jobs.reads")["tallied_jobs" if set(LISTS[name]) <= {"run", "status"} else "count_jobs"]
    found = await fully_scanned_tables(database, sql, values, stops_after=counting.COUNTED_ROWS)
    assert found <= ({"job_tally"} if "run" not in LISTS[name] else set())


@pytest.mark.parametrize("parameters", [{}, {"live": True}, {"status": ["Fail"]}, {"run": 7}, {"cursor": 100}])
async def test_list_of_runs_reads_no_full_table(database: Database, parameters: dict[str, Any]) -> None:
    run_filter = RunFilter(limit=25, **parameters)
    sql = load_queries("jobs.reads")[f"runs_by_{filters.sort_key(run_filter)}_{run_filter.order}"]
    assert await fully_scanned_tables(database, sql, filters.run_parameters(run_filter)) == set()


DATA = {
    "all": {},
    "of a source": {"source": "xx/17"},
    "below a place": {"source": "xx/17/"},
    "of one entry": {"source": "xx/17", "layer": "parcels", "name": "city"},
    "of sources below a place": {"source": "xx/1/"},
    "of a layer": {"layer": "parcels"},
    "of entries of a name": {"name": "city"},
    "before": {"before": datetime(2001, 1, 1, tzinfo=UTC), "sort": "updated_at"},
    "after": {"after": datetime(2999, 1, 1, tzinfo=UTC), "sort": "updated_at"},
    "in a box": {"bbox": [-120.5, -20.5, -120.1, -20.1]},
    "at a point": {"point": [-120.5, -20.5]},
    "across the date line": {"bbox": [179.5, -20.5, -179.5, -20.1]},
    "newest": {"sort": "updated_at"},
    "with most features": {"sort": "count"},
}


@pytest.mark.parametrize("cursor", [None, 2000])
@pytest.mark.parametrize("name", DATA)
async def test_list_of_data_reads_no_full_table(database: Database, name: str, cursor: int | None) -> None:
    dataset_filter = DatasetFilter(limit=25, cursor=cursor, **DATA[name])
    sql = load_queries("datasets.queries")[f"by_{dataset_filter.sort}"]
    assert await fully_scanned_tables(database, sql, list_parameters(dataset_filter)) == set()


async def test_list_of_failing_data_reads_jobs_by_index(database: Database) -> None:
    sql = load_queries("datasets.queries")["by_source"]
    assert await fully_scanned_tables(database, sql, list_parameters(DatasetFilter(limit=25, failing=True))) == set()


SOURCES: dict[str, dict[str, Any]] = {
    "all": {},
    "after one": {"cursor": "xx/2000"},
    "one": {"source": "xx/17"},
    "below a place": {"source": "xx/1/"},
    "at a point": {"point": [-120.5, -20.5]},
}


@pytest.mark.parametrize("name", SOURCES)
async def test_list_of_sources_reads_no_full_table(database: Database, name: str) -> None:
    values = source_parameters(SourceListFilter(limit=50, **SOURCES[name]))
    sql = load_queries("datasets.source_list")
    assert await fully_scanned_tables(database, sql["by_source"], values) == set()
    assert await fully_scanned_tables(database, sql["entries"], {**values, "sources": ["xx/17", "xx/18"]}) == set()


@pytest.mark.parametrize("query", ["count", "by_rank", "regions"])
async def test_numbers_of_sources_read_datasets_only(database: Database, query: str) -> None:
    values = source_parameters(SourceListFilter(limit=50, sort="count", q="7"))
    sql = load_queries("datasets.source_list")[query]
    assert await fully_scanned_tables(database, sql, values) <= {"data"}


PAGES_OF_SOURCES: dict[str, dict[str, Any]] = {
    "exists": {"source": "xx/17", "below": "xx/17/%"},
    "definition": {"source": "xx/17"},
    "newest_job": {"source": "xx/17"},
    "origins": {"jobs": [7, 77]},
    "withdrawn": {"source": "xx/17"},
    "publications": {"source": "xx/17", "limit": 20},
    "tiled": {"source": "xx/17", "limit": 4},
    "numbered": {"id": 77},
    "dataset": {"source": "xx/17", "layer": "parcels", "name": None},
    "datasets_in_boxes": {"boxes": ["((-120.5,-20.5),(-120.1,-20.1))"]},
}


@pytest.mark.parametrize("query", PAGES_OF_SOURCES)
async def test_page_of_a_source_and_search_read_no_full_table(database: Database, query: str) -> None:
    sql = load_queries("sources.queries")[query]
    assert await fully_scanned_tables(database, sql, PAGES_OF_SOURCES[query]) == set()


@pytest.mark.parametrize("query", ["related_to_job", "related_to_run"])
async def test_what_a_job_or_run_belongs_to_reads_no_full_table(database: Database, query: str) -> None:
    sql = load_queries("jobs.reads")[query]
    assert await fully_scanned_tables(database, sql, {"job": 777, "run": 77}) == set()


SPANS = {
    "newest": (EventFilter(), "desc"),
    "oldest": (EventFilter(), "asc"),
    "of a run": (EventFilter(run=150), "asc"),
    "of a run, newest": (EventFilter(run=150), "desc"),
    "of a job": (EventFilter(job=7), "asc"),
    "of a kind that nothing has": (EventFilter(kinds=frozenset({"job.rejected"})), "desc"),
}


@pytest.mark.parametrize("name", SPANS)
async def test_page_of_the_feed_reads_no_full_table(database: Database, name: str) -> None:
    event_filter, order = SPANS[name]
    values = feed_parameters(event_filter, limit=100)
    assert await fully_scanned_tables(database, load_queries("events.queries")[f"events_{order}"], values) == set()


async def test_tail_of_the_feed_reads_no_full_table(database: Database) -> None:
    end = await feed_end(database)
    values = {
        **feed_parameters(EventFilter(), after=end, until=Cursor(end.xid + 9, 0), limit=1000),
        "max_behind": 10_000,
    }
    for name in ("events_asc", "is_pending", "resumable"):
        assert await fully_scanned_tables(database, load_queries("events.queries")[name], values) == set(), name


PRODUCT = {"source_name": "xx/7", "kind": "fabric", "sha256": "0"}
_AUDIT_FILTER: dict[str, Any] = {**dict.fromkeys(("actor", "action", "subject", "cursor")), "limit": 26}
SPENT = {"after_job": JOBS // 2, "after_attempt": 1, "limit": 500, "keep_last": 3}
_COUNTED: dict[str, Any] = {"keys": ["xx/1/"], "uncounted": [datetime.now(UTC).date()]}
_FEED = dict.fromkeys(("source", "source_like", "contains", "layer", "name", "area", "other_area", "cursor"))
HOT: dict[str, dict[str, Any]] = {
    "products.queries.builds": {"collection": 7, "cursor": None, "limit": 26},
    "products.queries.collection": {"collection": 7},
    "products.queries.collections": {"cursor": None, "limit": 26},
    "products.queries.exports": {"cursor": None, "status": None, "format": None, "limit": 26},
    "products.queries.export": {"export": 7},
    "products.queries.fabric_layers": {"layers": ["addresses", "parcels"]},
    "products.queries.running_job": PRODUCT,
    "products.queries.collection_built": {"job": 7},
    "products.queries.export_built": {"job": 30_000},
    "identity.queries.principal_of_token": {"digest": b"0" * 32},
    "identity.queries.expiry_of_token": {"digest": b"0" * 32},
    "identity.queries.principal_of_session": {"digest": b"0" * 32},
    "identity.queries.account_by_email": {"email": "ada@example.org"},
    "identity.audit_log.latest_of_subject": {"subject": "job/7"},
    "identity.audit_log.entries": {**_AUDIT_FILTER, "cursor": JOBS // 2},
    "jobs.reads.run": {"run": 7},
    "jobs.run_changes.count_failed": {"run": 150, "other_run": 149},
    "jobs.run_changes.count_missing": {"run": 149, "other_run": 150},
    "jobs.run_changes.causes": {"run": 150},
    "jobs.run_changes.reruns": {"run": 150},
    "jobs.reads.job": {"job": 7},
    "jobs.reads.attempt_state": {"job": 7},
    "jobs.reads.attempts": {"job": 7},
    "jobs.reads.events": {"job": 7},
    "jobs.reads.definition": {"job": 7},
    "reporting.source_health.states": {
        "state": None,
        "layer": None,
        "prefix": None,
        "stale_days": 30,
        "cursor": None,
        "limit": 26,
    },
    "jobs.run_statistics.uses_of_job": {"job": 7},
    "jobs.run_statistics.moved_of_job": {"job": 7},
    "jobs.run_statistics.uses_of_run": {"run": 7},
    "jobs.run_statistics.moved_of_run": {"run": 7},
    "jobs.run_statistics.phases": {"run": None, "limit": 500},
    "jobs.run_statistics.throughput": {"run": 7, "limit": 500},
    "jobs.run_statistics.backlog": {"run": None},
    "jobs.results.lock_jobs": {"jobs": list(range(1, 51))},
    "jobs.results.apply_reports": {
        "kind": "job.status",
        "duplicate": "duplicate",
        "jobs": list(range(1, 51)),
        "runs": [1] * 50,
        "attempts": [1] * 50,
        "tokens": ["0" * 32] * 50,
        "seqs": [1] * 50,
        "statuses": ["Running"] * 50,
        "ranks": [2] * 50,
        "moves": [True] * 50,
        "progress": [None] * 50,
    },
    "jobs.outbox_relay.claim_unsent": {"limit": 100},
    "jobs.outbox_relay.oldest_unsent": {},
    "jobs.outbox_relay.stalled": {},
    "jobs.outbox_relay.ahead": {"most": 500, "within_s": 900},
    "jobs.outbox_relay.postpone_refused": {"ids": list(range(100)), "longest_s": 300},
    "jobs.outbox_relay.delete_messages": {"ids": list(range(100))},
    "jobs.outbox_relay.mark_sent": {"ids": list(range(100))},
    "jobs.results.lock_job": {"job": 7},
    "jobs.results.record_message": {"job": 7, "attempt": 1, "token": "t", "seq": 2},
    "jobs.results.earlier_codes": {"job": 7, "attempt": 2},
    "jobs.results.due_batch_exits": {},
    "jobs.publishing.unpublished_of_run": {"run": 7},
    "failures.queries.groups_of_days": {"by": "code", "days": 7, "live": None, "limit": 200},
    "failures.queries.groups_of_run": {"by": "host", "run": 150, "limit": 200},
    "datasets.queries.version": {},
    "datasets.queries.extents": {
        **select_parameters(DatasetSelection()),
        "after_size": 0.5,
        "after_id": 7,
        "limit": 1000,
    },
    "failures.queries.uncounted_days": {"days": 7},
    "failures.queries.trend_of_codes": {"by": "code", "days": 7, **_COUNTED},
    "failures.queries.trend_of_days": {"by": "place", "days": 7, **_COUNTED},
    "failures.queries.acknowledged_by_day": {"by": "code", "days": 7, **_COUNTED},
    "jobs.sweep.count_failures": {"days": 180},
    "jobs.sweep.delete_counted_failures": {"days": 180},
    "failures.queries.trend_of_runs": {"by": "code", "runs": [148, 149, 150]},
    "failures.review.open_jobs": {
        **dict.fromkeys(("code", "run", "layer", "source", "source_like", "cursor")),
        "limit": 26,
    },
    "status.queries.running_jobs": {"limit": 8},
    "status.system.oldest_pending": {"most": 2000},
    "status.system.usual_waits": {"most": 2000},
    "status.system.in_hand": {"most": 2000},
    "status.system.oldest_sent": {"most": 2000},
    "status.queries.open_jobs_by_status": {},
    "status.queries.ended_jobs_by_hour": {"latest": 2000},
    "jobs.reads.previous_publication": {"source_name": "xx/17", "layer": "parcels", "name": "city", "job": 5000},
    "jobs.results.attempts_at_places": {"arrays": [7], "places": [1], "tokens": ["0" * 8]},
    "jobs.reads.published_job": {"source_name": "xx/17", "layer": "parcels", "name": "city"},
    "pauses.queries.notices": {"limit": 1000},
    "pauses.queries.pause_of_job": {"job": 7},
    "pauses.queries.release_messages": {"limit": 2000},
    "bulk_actions.queries.claim_bulk_action": {},
    "jobs.sweep.republish_stale": {"after_s": 900, "created_at": None},
    "jobs.lost_results.kept_results": {"after": 7, "limit": 5},
    "jobs.lost_results.find": {"job": 7, "attempt": 1},
    "jobs.sweep.past_deadline": {"deadline_s": 172_800},
    "retention.queries.deletable_unpublished": {**SPENT, "keep_days": 60},
    "retention.queries.deletable_pull_request": {**SPENT, "keep_days": 30},
    "retention.queries.deletable_logs": {**SPENT, "keep_days": 365},
    "retention.queries.mark_unpublished": {"jobs": [7, 8], "attempts": [1, 1], "locked": [7, 8], "keep_days": 60},
    "retention.queries.known_attempts": {"jobs": [7, 8], "attempts": [1, 1]},
    "retention.queries.old_events": {"after": JOBS // 2, "limit": 500, "keep_days": 400},
    "jobs.file_deletion.file_deletion": {"job": 7, "attempt": 1, "parts": ["files"]},
    "retention.queries.unfinished": {"limit": 100},
    "schedules.queries.claim": {"lease": "l", "lease_s": 120},
    "schedules.queries.schedule_runs": {"type": None, "cursor": None, "limit": 26},
    "uploads.queries.newest": {"account": None, "cursor": None, "limit": 26},
    "reporting.health_digest.changes": {"schedule_run": 1, "limit": 500},
    "pull_requests.queries.claim_delivery": {"lease_s": 300},
    "pull_requests.queries.claim_check": {"lease_s": 300},
    "pull_requests.queries.checks_to_rerun": {"repository": "a/b", "pull": None, "head_sha": "9"},
    "pull_requests.queries.entries_of_check": {"sample_run": 150, "full_run": 151},
    "pull_requests.queries.due_entries": {"sample_run": 150, "full_run": 151, "sample_timeout_s": 75},
    "pull_requests.queries.failed_jobs": {"sample_run": 150, "full_run": None},
    "pull_requests.queries.lock_unended_jobs": {"runs": [150, 151]},
    "pull_requests.queries.live_entries": {"source_name": ["xx/17"], "layer": ["parcels"], "name": ["city"]},
    "pull_requests.queries.lock_trial_runs": {"sha256": ["9"], "repository": "a/b"},
    "pull_requests.queries.trial_jobs": {"runs": [150, 151]},
    "jobs.runs.count_jobs": {"run": 150},
    "datasets.queries.one": {"data": 7, "fields": "all"},
    "webhooks.queries.claim": {"lease_s": 60, "each": 5},
    "webhooks.queries.deliveries": {"webhook": 7, "state": None, "cursor": None, "limit": 26, "offset": 0},
    "webhooks.queries.delete_old_deliveries": {},
    "webhooks.queries.list": {"cursor": None, "limit": 26, "offset": 0},
    "datasets.queries.history": {"data": 7, "cursor": None, "limit": 26, "offset": 0},
    "datasets.queries.between": {"data": 7, "after": 100, "last": 2000, "limit": 500},
    "datasets.queries.publication": {"data": 7, "publication": 1000},
    "datasets.queries.version_before": {"data": 7, "days": 7},
    "datasets.queries.withdrawal": {"data": 7},
    "datasets.queries.recent_withdrawals": {**_FEED, "first": 0, "limit": 100},
    "datasets.withdrawals.mark_files": {"data": 7, "rule": "x"},
    "products.conversions.convertible": {"data": 7},
    "products.conversions.of_publications": {"publications": [1, 2, 3]},
    "products.conversions.publication_of_dataset": {"data": 7},
    "products.conversions.unended": {},
    "products.conversions.usual_seconds": {},
    "datasets.queries.latest_file": {"source": "xx/17", "layer": "parcels", "name": "city", "file": "a"},
    "jobs.publishing.converted_dataset": {"job": 7},
    "jobs.publishing.published_file": {"job": 7, "attempt": 1, "file": "a"},
    "datasets.queries.recent_publications": {**_FEED, "limit": 101},
}


@pytest.mark.parametrize("name", HOT)
async def test_hot_query_reads_no_full_table(database: Database, name: str) -> None:
    topic, _, statement = name.rpartition(".")
    assert await fully_scanned_tables(database, load_queries(topic)[statement], HOT[name]) == set()


async def _tally_counts(database: Database) -> dict[tuple[int, str], int]:
    rows = await database.all(
        "SELECT run_id, status, sum(jobs)::bigint AS jobs FROM job_tally GROUP BY 1, 2 HAVING sum(jobs) <> 0"
    )
    return {(row["run_id"], row["status"]): row["jobs"] for row in rows}


async def _job_counts(database: Database) -> dict[tuple[int, str], int]:
    rows = await database.all("SELECT run_id, status, count(*) AS jobs FROM job GROUP BY 1, 2")
    return {(row["run_id"], row["status"]): row["jobs"] for row in rows}


async def test_tally_after_concurrent_moves_and_folds_equals_the_count(database: Database) -> None:
    async def move(job: int, status: str) -> None:
        await database.execute("UPDATE job SET status = %(status)s WHERE id = %(job)s", {"job": job, "status": status})

    fold = load_queries("jobs.sweep")["fold_tally"]
    moves = [move(job, ("Warn", "Canceled")[job % 2]) for job in range(1, 41)]
    await asyncio.gather(*moves[:20], database.execute(fold), database.execute(fold), *moves[20:])
    await database.execute("DELETE FROM batch_exit WHERE job_id = 50")
    assert await _tally_counts(database) == await _job_counts(database)
    await database.execute(fold)
    assert await _tally_counts(database) == await _job_counts(database)
    row = await database.first("SELECT count(*) AS rows FROM job_tally WHERE NOT folded")
    assert row == {"rows": 0}


@pytest.mark.parametrize(
    "parameters",
    [{"actor": "person-7"}, {"actor": "nobody"}, {"action": "job.rerun"}, {"action": "no.such"}, {"subject": "job/7"}],
)
async def test_list_of_audit_entries_reads_no_full_table(database: Database, parameters: dict[str, Any]) -> None:
    assert (
        await fully_scanned_tables(
            database, load_queries("identity.audit_log")["entries"], {**_AUDIT_FILTER, **parameters}
        )
        == set()
    )


TRIALS = {
    "use": {"account": "7", "ended": 9},
    "one": {"trial": "0" * 32},
    "newest": {"account": "7", "limit": 10},
    "is_known": {"source": "xx/17"},
}


@pytest.mark.parametrize("name", TRIALS)
async def test_query_of_trials_reads_no_full_table(database: Database, name: str) -> None:
    assert await fully_scanned_tables(database, load_queries("trials.queries")[name], TRIALS[name]) == set()


@pytest.mark.parametrize("name", ["count_old_trials", "delete_trials"])
async def test_cleanup_of_trials_reads_no_full_table(database: Database, name: str) -> None:
    assert await fully_scanned_tables(database, load_queries("retention.queries")[name], {"keep_days": 30}) == set()
