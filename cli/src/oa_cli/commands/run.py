"""`oa run`."""

import click

from oa_cli.answers import JobPage, RunAnswer, RunPage
from oa_cli.client import Api
from oa_cli.options import STATUSES, limit_option, live_option
from oa_cli.output import jobs_table, runs_table
from oa_cli.runner import json_option, print_answer, print_refusals
from oa_cli.runner import run as run_work
from oa_cli.watch import watch_run


@click.group()
def run() -> None:
    """List and watch runs."""


@run.command("list")
@click.option("--status", help="Comma-separated statuses of runs or of their jobs.")
@live_option
@limit_option(25)
@json_option
def run_list(status: str | None, limit: int, *, live: bool | None, as_json: bool) -> None:
    """List runs, newest first."""

    async def work(api: Api) -> int:
        page = await api.get("/api/run", RunPage, status=status, live=live, limit=limit)
        print_answer(page["runs"], runs_table(page["runs"], page), as_json=as_json)
        return 0

    run_work(work)


@run.command("show")
@click.argument("number", type=int)
@click.option("--status", help=STATUSES)
@limit_option(100)
@json_option
def run_show(number: int, status: str | None, limit: int, *, as_json: bool) -> None:
    """Show a run and its latest jobs."""

    async def work(api: Api) -> int:
        answer = await api.get(f"/api/run/{number}", RunAnswer)
        page = await api.get(f"/api/run/{number}/jobs", JobPage, status=status, limit=limit)
        shown = (runs_table([answer]), "", jobs_table(page["jobs"], page))
        print_answer({**answer, "latest_jobs": page["jobs"]}, *shown, as_json=as_json)
        if not as_json:
            print_refusals(answer.get("refusals", []))
        return 0

    run_work(work)


@run.command("watch")
@click.argument("number", type=int)
@json_option
def run_watch(number: int, *, as_json: bool) -> None:
    """Show a run until all its jobs have ended."""

    async def work(api: Api) -> int:
        return await watch_run(api, number, as_json=as_json)

    run_work(work)
