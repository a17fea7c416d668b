"""`oa submit`."""

from typing import TypedDict

import click

from oa_cli.answers import RefusalAnswer, RunAnswer
from oa_cli.api_errors import RejectedError
from oa_cli.client import Api
from oa_cli.hints import run_page
from oa_cli.options import LAYER
from oa_cli.runner import ExitStatus, json_option, print_answer, print_error, print_refusals, run
from oa_cli.submission import definition_files, find_refusals, read_element
from oa_cli.watch import watch_run
from oa_shared.value_text import plural


class CreatedRun(TypedDict):
    """POST /api/run."""

    id: int


class CreatedJobs(TypedDict):
    """POST /api/run/<run>/jobs."""

    run: int
    jobs: list[int]
    errors: list[RefusalAnswer]
    different: list[int]


@click.command()
@click.argument("sources", metavar="FILE_OR_URL...", nargs=-1, required=True)
@click.option("--layer", type=LAYER, help="Only this layer.")
@click.option("--name", help="Only the entry with this name.")
@click.option("--live", is_flag=True, help="Publish the results.")
@click.option("--force", is_flag=True, help="Write new files even if a source is unchanged.")
@click.option("--follow", is_flag=True, help="Wait for the end and show the progress.")
@json_option
def submit(
    sources: tuple[str, ...],
    layer: str | None,
    name: str | None,
    *,
    live: bool,
    force: bool,
    follow: bool,
    as_json: bool,
) -> None:
    """Run source definitions from files or URLs.

    Each entry of each layer becomes a job of one new run; --layer and --name select entries. On a terminal, oa asks
    which entry to run if a file has several. `-` is a definition from standard input.
    """
    elements = [read_element(source, layer, name) for source in sources]
    refusals, files = find_refusals(elements), definition_files(sources, elements)

    async def work(api: Api) -> int:
        if refusals:
            # No run without jobs: it would stay in the list of runs for nothing.
            print_error("no jobs were created: every definition was refused")
            print_refusals(refusals, files)
            return ExitStatus.REJECTED
        run_id = (await api.post("/api/run", CreatedRun, {"live": live, **({"force": True} if force else {})}))["id"]
        try:
            created = await api.post(f"/api/run/{run_id}/jobs", CreatedJobs, {"jobs": elements})
        except RejectedError:
            await api.patch(f"/api/run/{run_id}", RunAnswer, {"closed": True})
            print_error(f"run {run_id} keeps the reasons: {run_page(api, run_id)}")
            raise
        await api.patch(f"/api/run/{run_id}", RunAnswer, {"closed": True})
        print_refusals(created["errors"], files)
        for job in created["different"]:
            print_error(f"job {job} runs the first of several definitions of its source, layer and name")
        is_incomplete = bool(created["errors"] or created["different"])
        page = run_page(api, run_id)
        if follow:
            if not as_json:
                print_answer(created, page, as_json=False)
            status = await watch_run(api, run_id, as_json=as_json)
            return ExitStatus.JOB_FAILED if is_incomplete else status
        line = f"run {run_id}: {plural(len(created['jobs']), 'job')}; `oa run watch {run_id}` shows the progress"
        print_answer({**created, "page": page}, line, page, as_json=as_json)
        return ExitStatus.JOB_FAILED if is_incomplete else ExitStatus.DONE

    run(work, files)
