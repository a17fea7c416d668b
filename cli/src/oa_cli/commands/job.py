"""`oa job`."""

from typing import NotRequired, TypedDict

import click
from rich.table import Table

from oa_cli.answers import JobAnswer, JobPage
from oa_cli.client import Api
from oa_cli.hints import failure_hint, job_page
from oa_cli.options import LAYER, SOURCE, STATUSES, limit_option, live_option, reason_option
from oa_cli.output import describe_job, errors, fields_table, jobs_table, moment, show_text, table
from oa_cli.runner import json_option, print_answer, run
from oa_shared.job_kinds import JobKind


class Attempt(TypedDict):
    """An attempt of a job."""

    attempt: int
    status: str
    tier: str
    error_code: str | None
    error_message: str | None
    ended_at: str | None


class Concern(TypedDict):
    """Why a job needs review."""

    message: str
    state: str


class PauseOfJob(TypedDict):
    """The pause that keeps a job from starting."""

    id: int
    label: str
    reason: str
    actor: str
    created_at: str
    until: str | None


class JobDetailAnswer(JobAnswer):
    """GET /api/job/<job>; an earlier version of the API has no `pause`."""

    pause: NotRequired[PauseOfJob | None]

    attempts: list[Attempt]
    review_reasons: list[Concern]
    output: dict[str, str]


class ActionResult(TypedDict):
    """The answer to an action: the new attempt or the new status."""

    job: int
    attempt: NotRequired[int]
    status: NotRequired[str]


@click.group()
def job() -> None:
    """List, show, rerun and review jobs."""


@job.command("list")
@click.option("--status", help=STATUSES)
@click.option("--run", "run_id", type=int, help="Only this run.")
@click.option("--source", help=SOURCE)
@click.option("--error", help="Comma-separated failure codes or classes.")
@click.option("--layer", type=LAYER, help="Only this layer.")
@click.option("--kind", type=click.Choice([kind.value for kind in JobKind]), help="Job kind.")
@live_option
@limit_option(25)
@json_option
def job_list(run_id: int | None, limit: int, *, as_json: bool, **filters: object) -> None:
    """List jobs, newest first."""

    async def work(api: Api) -> int:
        page = await api.get("/api/job", JobPage, run=run_id, limit=limit, **filters)
        print_answer(page["jobs"], jobs_table(page["jobs"], page), as_json=as_json)
        return 0

    run(work)


@job.command("show")
@click.argument("number", type=int)
@json_option
def job_show(number: int, *, as_json: bool) -> None:
    """Show a job, its attempts and its files."""

    async def work(api: Api) -> int:
        answer = await api.get(f"/api/job/{number}", JobDetailAnswer)
        columns = ("attempt", "status", "tier", "error", "message", "ended")
        rows = [
            [
                *(item["attempt"], item["status"], item["tier"], item["error_code"], item["error_message"]),
                moment(item["ended_at"]),
            ]
            for item in answer["attempts"]
        ]
        concerns = [f"needs review: {item['message']} ({item['state']})" for item in answer["review_reasons"]]
        links = [job_page(api, number), *(api.url + link for link in answer["output"].values())]
        hint = failure_hint(answer["error"]["code"]) if answer["error"] else ""
        steps = [f"next step: {hint}"] if hint else []
        attempts = table("attempts", columns, rows)
        print_answer(answer, _fields(answer), "", attempts, *concerns, *steps, *links, as_json=as_json)
        return 0

    run(work)


def _fields(answer: JobDetailAnswer) -> Table:
    fields = {
        "source name": answer["source_name"],
        "layer": answer["layer"],
        "name": answer["name"],
        "status": answer["status"],
        "attempt": answer["attempt"],
        "run": answer["run"],
        "tier": answer["tier"],
        "lane": answer["lane"],
        "batch job": answer["batch_job"],
        "source URL": answer["source_url"],
        "created": moment(answer["created_at"]) or None,
        "started": moment(answer["started_at"]) or None,
        "ended": moment(answer["ended_at"]) or None,
        "result": describe_job(answer),
        "waits for": _describe_pause(pause) if (pause := answer.get("pause")) else None,
    }
    return fields_table(f"job {answer['id']}", fields)


def _describe_pause(pause: PauseOfJob) -> str:
    until = f" until {moment(pause['until'])}" if pause["until"] else ""
    return f"pause {pause['id']} of {pause['label']}, by {pause['actor']}{until}: {pause['reason']}"


@job.command("log")
@click.argument("number", type=int)
@json_option
def job_log(number: int, *, as_json: bool) -> None:
    """Print the log of the latest attempt."""

    async def work(api: Api) -> int:
        lines = await api.text(f"/api/job/{number}/log", format="json" if as_json else "text")
        show_text(lines)
        if not lines:
            errors.print(f"job {number}: no log lines yet")
        return 0

    run(work)


def _add_action(verb: str, description: str) -> None:
    @job.command(verb, help=description)
    @click.argument("number", type=int)
    @reason_option
    @json_option
    def act(number: int, *, reason: str, as_json: bool) -> None:
        async def work(api: Api) -> int:
            answer = await api.post(f"/api/job/{number}/{verb}", ActionResult, {"reason": reason} if reason else None)
            state = answer.get("status") or f"attempt {answer.get('attempt')} created"
            print_answer(answer, f"job {answer['job']}: {state}", as_json=as_json)
            return 0

        run(work)


_add_action("rerun", "Rerun a job that has ended; it writes new files.")
_add_action("cancel", "Cancel a job that has not ended.")
_add_action("confirm", "Publish a job that needs review.")
_add_action("reject", "Reject a job that needs review.")
