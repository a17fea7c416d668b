"""`oa job`."""

from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import fields_table, jobs_table, table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option


@click.group()
def job() -> None:
    """Look at jobs and act on them."""


@job.command("list", epilog=EXIT_STATUSES)
@click.option("--status", help="In these statuses, with commas.")
@click.option("--run", type=int, help="Of this run.")
@click.option("--source", help="Of this source; `us/ca/`, with a slash at the end, is all below.")
@click.option("--error", help="That ended with these codes or classes, with commas.")
@click.option("--layer", help="Of this layer.")
@click.option("--kind", type=click.Choice(["source", "collection", "export", "fabric"]), help="Making this.")
@click.option("--live/--not-live", default=None, help="Of live runs only, or of the others only.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def job_list(limit: int, *, as_json: bool, **filters: Any) -> None:
    """List the latest jobs."""

    async def work(api: Api) -> int:
        found = await api.get("/api/job", limit=limit, **filters)
        answer(found["jobs"], jobs_table(found["jobs"], found), as_json=as_json)
        return 0

    call(work)


@job.command("show", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def job_show(number: int, *, as_json: bool) -> None:
    """Show a job, its attempts and its files."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/job/{number}")
        columns = ("attempt", "status", "tier", "error_code", "error_message", "ended_at")
        attempts = table("attempts", columns, [[item[column] for column in columns] for item in found["attempts"]])
        concerns = [f"held back: {item['message']} ({item['state']})" for item in found["held_back"]]
        links = [api.url + link for link in found["output"].values()]
        answer(found, fields_table(found), "", attempts, *concerns, *links, as_json=as_json)
        return 0

    call(work)


@job.command("log", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def job_log(number: int, *, as_json: bool) -> None:
    """Print the log lines of the latest attempt."""

    async def work(api: Api) -> int:
        lines = await api.text(f"/api/job/{number}/log", format="json" if as_json else "text")
        click.echo(lines, nl=False)
        if not lines:
            click.echo(f"job {number} has no log yet: it is kept when the attempt ends", err=True)
        return 0

    call(work)


def _action(verb: str, words: str, done: str) -> None:
    @job.command(verb, help=words, epilog=EXIT_STATUSES)
    @click.argument("number", type=int)
    @json_option
    def act(number: int, *, as_json: bool) -> None:
        async def work(api: Api) -> int:
            said = await api.post(f"/api/job/{number}/{verb}")
            answer(said, done.format(**{"job": number, **said}), as_json=as_json)
            return 0

        call(work)


_action("rerun", "Run an ended job again.", "job {job} runs again, attempt {attempt}")
_action("cancel", "Cancel a job that has not ended.", "job {job} is {status}")
_action("confirm", "Publish a job that the quality gate holds back.", "job {job} is {status}")
_action("reject", "Reject a job that the quality gate holds back.", "job {job} is {status}")
