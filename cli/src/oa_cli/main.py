"""`oa`: everything that a person does, through the API."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from oa_cli.client import Api, RefusedError, UnreachableError, open_api
from oa_cli.following import follow
from oa_cli.output import console, errors, jobs_table, show_json, table
from oa_cli.submission import element

JOB_FAILED, UNREACHABLE, REFUSED = 1, 3, 4
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON lines, for scripts")
Work = Callable[[Api], Awaitable[int]]


def call(work: Work) -> None:
    """Run against the API and end with the exit status that says what happened."""

    async def session() -> int:
        async with open_api() as api:
            return await work(api)

    try:
        sys.exit(asyncio.run(session()))
    except UnreachableError as error:
        errors.print(error.detail, style="red", markup=False)
        sys.exit(UNREACHABLE)
    except RefusedError as error:
        errors.print(error.detail, style="red", markup=False)
        _tell_refusals(error.fields.get("jobs", []))
        sys.exit(REFUSED)


@click.group()
@click.version_option(package_name="oa-cli")
def main() -> None:
    """OpenAddresses Batch from the command line.

    The API is that of OA_API_URL and OA_SHARED_SECRET, or of the stack that `make up` runs in this folder.

    Exit status: 0 done, 1 a job failed, 2 wrong usage, 3 the API does not answer, 4 the API refused.
    """


@main.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--layer", help="only this layer")
@click.option("--name", help="only this entry")
@click.option("--live", is_flag=True, help="publish what succeeds")
@click.option("--follow", "is_followed", is_flag=True, help="wait for the end and show progress")
@_JSON
def submit(
    sources: tuple[str, ...], layer: str | None, name: str | None, *, live: bool, is_followed: bool, as_json: bool
) -> None:
    """Run SOURCES, files or URLs of source definitions, as one run."""
    elements = [element(source, layer, name) for source in sources]

    async def work(api: Api) -> int:
        run = (await api.post("/api/run", {"live": live}))["id"]
        answer = await api.post(f"/api/run/{run}/jobs", {"jobs": elements})
        await api.patch(f"/api/run/{run}", {"closed": True})
        _tell_refusals(answer["errors"])
        if not is_followed:
            _answer(answer, f"run {run}: {len(answer['jobs'])} jobs", as_json=as_json)
            return JOB_FAILED if answer["errors"] else 0
        jobs = await follow(api, run, as_json=as_json)
        is_bad = answer["errors"] or any(job["status"] != "Success" for job in jobs)
        return JOB_FAILED if is_bad else 0

    call(work)


@main.group()
def run() -> None:
    """Look at runs."""


@run.command("list")
@click.option("--limit", default=25, type=click.IntRange(1, 100))
@_JSON
def run_list(limit: int, *, as_json: bool) -> None:
    """List the latest runs."""

    async def work(api: Api) -> int:
        runs = (await api.get("/api/run", limit=limit))["runs"]
        rows = [
            [
                r["id"],
                r["status"],
                r["live"],
                r["jobs"]["total"],
                r["jobs"]["Success"],
                r["jobs"]["Fail"],
                r["created_at"],
            ]
            for r in runs
        ]
        columns = ("run", "status", "live", "jobs", "success", "fail", "created")
        _answer(runs, table(f"{len(rows)} runs", columns, rows), as_json=as_json)
        return 0

    call(work)


@run.command("show")
@click.argument("number", type=int)
@_JSON
def run_show(number: int, *, as_json: bool) -> None:
    """Show a run and its latest jobs."""

    async def work(api: Api) -> int:
        jobs = (await api.get(f"/api/run/{number}/jobs", limit=100))["jobs"]
        about = await api.get(f"/api/run/{number}")
        _answer({**about, "latest_jobs": jobs}, jobs_table(jobs), as_json=as_json)
        return 0

    call(work)


@run.command("watch")
@click.argument("number", type=int)
@_JSON
def run_watch(number: int, *, as_json: bool) -> None:
    """Show a run until all its jobs have ended."""

    async def work(api: Api) -> int:
        jobs = await follow(api, number, as_json=as_json)
        return JOB_FAILED if any(job["status"] == "Fail" for job in jobs) else 0

    call(work)


@main.group()
def job() -> None:
    """Look at jobs and act on them."""


@job.command("list")
@click.option("--status", help="one or more statuses, with commas")
@click.option("--source", help="source name")
@click.option("--layer")
@click.option("--limit", default=25, type=click.IntRange(1, 100))
@_JSON
def job_list(status: str | None, source: str | None, layer: str | None, limit: int, *, as_json: bool) -> None:
    """List the latest jobs."""

    async def work(api: Api) -> int:
        jobs = (await api.get("/api/job", status=status, source=source, layer=layer, limit=limit))["jobs"]
        _answer(jobs, jobs_table(jobs), as_json=as_json)
        return 0

    call(work)


@job.command("show")
@click.argument("number", type=int)
@_JSON
def job_show(number: int, *, as_json: bool) -> None:
    """Show a job, its attempts and its files."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/job/{number}")
        columns = ("attempt", "status", "tier", "error_code", "error_message", "ended_at")
        attempts = table("attempts", columns, [[a[column] for column in columns] for a in found["attempts"]])
        _answer(found, jobs_table([found]), attempts, as_json=as_json)
        if not as_json:
            for link in found["output"].values():
                console.print(api.url + link, markup=False, soft_wrap=True)
        return 0

    call(work)


@job.command("log")
@click.argument("number", type=int)
def job_log(number: int) -> None:
    """Print the log lines of the latest attempt."""

    async def work(api: Api) -> int:
        click.echo(await api.text(f"/api/job/{number}/log"), nl=False)
        return 0

    call(work)


def _action(verb: str, words: str) -> None:
    @job.command(verb, help=words)
    @click.argument("number", type=int)
    @_JSON
    def act(number: int, *, as_json: bool) -> None:
        async def work(api: Api) -> int:
            answer = await api.post(f"/api/job/{number}/{verb}")
            _answer(answer, f"job {number}: {verb} done", as_json=as_json)
            return 0

        call(work)


for _verb, _words in (
    ("rerun", "Run an ended job again."),
    ("cancel", "Cancel a job that has not ended."),
    ("confirm", "Publish a job that the quality gate holds back."),
    ("reject", "Reject a job that the quality gate holds back."),
):
    _action(_verb, _words)


@main.group()
def queue() -> None:
    """Look at queues."""


@queue.command("list")
@_JSON
def queue_list(*, as_json: bool) -> None:
    """Show how much waits on each queue."""

    async def work(api: Api) -> int:
        queues = (await api.get("/api/queue"))["queues"]
        rows = [[q["name"], q["visible"], q["in_flight"], q["delayed"]] for q in queues]
        _answer(queues, table("queues", ("queue", "waiting", "in hand", "delayed"), rows), as_json=as_json)
        return 0

    call(work)


def _answer(value: Any, *shown: Any, as_json: bool) -> None:
    if as_json:
        show_json(value)
        return
    for item in shown:
        console.print(item, markup=False)


def _tell_refusals(refusals: Any) -> None:
    for refusal in refusals if isinstance(refusals, list) else []:
        if isinstance(refusal, dict):
            line = f"{refusal['source']} {refusal['pointer']} {refusal['code']}: {refusal['message']}"
            errors.print(line, style="red", markup=False, soft_wrap=True)
