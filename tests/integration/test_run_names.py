"""Runs get their names where they are created; the migration names the runs of earlier versions in the same way."""

from pathlib import Path

import pytest

from integration.test_schedules import tasks_for, trigger, write
from oa_api.identity.principal import Principal
from oa_api.products.builds import Product, Requester, start_jobs
from oa_api.pull_requests import runs as pull_request_runs
from oa_api.schedules.worker import schedule_once
from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan
from oa_shared.roles import Role
from support.running_api import RunningApi, definition

_MIGRATIONS = Path(pull_request_runs.__file__).parents[1] / "db/migrations"
_MODERATOR = Principal("service", None, "test", Role.SERVICE)
_KINDS = (JobKind.EXPORT, JobKind.COLLECTION, JobKind.FABRIC, JobKind.BACKFILL)


async def _names(api: RunningApi) -> list[str]:
    return await api.database.all("SELECT name FROM run ORDER BY id", into=str)


async def _start_product(api: RunningApi, kind: JobKind) -> None:
    plan = ProductPlan(kind=kind, title="us/ca addresses", formats=(), inputs=(), layer="addresses")
    await api.database.run(lambda transaction: start_jobs(transaction, [Product("us/ca", plan)], Requester(_MODERATOR)))


async def _start_pull_request(api: RunningApi, *, live: bool, sample: int | None) -> None:
    origin = {"repository": "a/b", "pull": 123, "sha": "0a1b2c3d"}
    await api.database.run(
        lambda transaction: pull_request_runs.create_run(transaction, origin, [], live=live, sample=sample)
    )


@pytest.fixture
async def named(api: RunningApi, tmp_path: Path) -> RunningApi:
    """Return an API with a run of each kind."""
    write(tmp_path, "us/a", definition("city"))
    await trigger(api, period="2026-W48")
    await schedule_once(api.database, tasks_for(api, tmp_path))
    await _start_pull_request(api, live=False, sample=100)
    await _start_pull_request(api, live=False, sample=None)
    await _start_pull_request(api, live=True, sample=None)
    for kind in _KINDS:
        await _start_product(api, kind)
    return api


async def test_each_way_to_create_a_run_names_it(named: RunningApi) -> None:
    assert await _names(named) == [
        "Weekly 2026-W48",
        "Pull request #123 (samples)",
        "Pull request #123",
        "Merge of pull request #123",
        "Export of us/ca addresses",
        "Collection us/ca addresses",
        "Fabric",
        "Backfill",
    ]


async def test_migration_gives_runs_of_earlier_versions_the_same_names(named: RunningApi, database_url: str) -> None:
    names = await _names(named)
    await named.database.execute("UPDATE run SET name = ''")
    (path,) = _MIGRATIONS.glob("*_add_run_names.sql")
    statements = [part for part in path.read_text("utf-8").split(";") if "UPDATE run" in part]
    assert len(statements) == 3
    for statement in statements:
        await named.database.execute(statement)
    assert await _names(named) == names


async def test_run_is_named_after_the_sources_of_its_first_jobs(api: RunningApi) -> None:
    run = await api.run()
    assert (await api.get(f"/api/run/{run}"))["name"] == ""
    elements = [{"source": definition("city"), "source_name": f"us/ca/{name}"} for name in ("b", "a")]
    await api.post_jobs(run, *elements)
    assert (await api.get(f"/api/run/{run}"))["name"] == "us/ca/b and 1 more"
    await api.post_jobs(run, {"source": definition("city"), "source_name": "us/ca/c"})
    assert (await api.get(f"/api/run/{run}"))["name"] == "us/ca/b and 1 more"
