"""`oa run`."""

import click

from oa_cli.client import Api
from oa_cli.output import jobs_table, runs_table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option
from oa_cli.watch import follow


@click.group()
def run() -> None:
    """Look at runs."""


@run.command("list", epilog=EXIT_STATUSES)
@click.option("--status", help="In these statuses, or with jobs in them; with commas.")
@click.option("--live/--not-live", default=None, help="Live runs only, or the others only.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def run_list(status: str | None, limit: int, *, live: bool | None, as_json: bool) -> None:
    """List the latest runs."""

    async def work(api: Api) -> int:
        found = await api.get("/api/run", status=status, live=live, limit=limit)
        answer(found["runs"], runs_table(found["runs"], found), as_json=as_json)
        return 0

    call(work)


@run.command("show", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--status", help="Only the jobs in these statuses, with commas.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100))
@json_option
def run_show(number: int, status: str | None, limit: int, *, as_json: bool) -> None:
    """Show a run and its latest jobs."""

    async def work(api: Api) -> int:
        about = await api.get(f"/api/run/{number}")
        found = await api.get(f"/api/run/{number}/jobs", status=status, limit=limit)
        shown = (runs_table([about]), "", jobs_table(found["jobs"], found))
        answer({**about, "latest_jobs": found["jobs"]}, *shown, as_json=as_json)
        return 0

    call(work)


@run.command("watch", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def run_watch(number: int, *, as_json: bool) -> None:
    """Show a run until all its jobs have ended."""

    async def work(api: Api) -> int:
        return await follow(api, number, as_json=as_json)

    call(work)
