"""`oa submit`."""

import click

from oa_cli.client import Api, RejectedError
from oa_cli.runner import EXIT_STATUSES, JOB_FAILED, answer, call, json_option, tell_refusals
from oa_cli.submission import element
from oa_cli.watch import follow


@click.command(epilog=EXIT_STATUSES)
@click.argument("sources", metavar="FILE_OR_URL...", nargs=-1, required=True)
@click.option("--layer", help="Only this layer: addresses, parcels, buildings or centerlines.")
@click.option("--name", help="Only the entry of this name.")
@click.option("--live", is_flag=True, help="Publish what succeeds.")
@click.option("--follow", "is_followed", is_flag=True, help="Wait for the end and show the progress.")
@json_option
def submit(
    sources: tuple[str, ...], layer: str | None, name: str | None, *, live: bool, is_followed: bool, as_json: bool
) -> None:
    """Run source definitions, from files or URLs, as one run.

    Every entry of every layer becomes a job, unless --layer and --name choose. On a terminal you are asked when a file
    leaves a choice.
    """
    elements = [element(source, layer, name) for source in sources]

    async def work(api: Api) -> int:
        run = (await api.post("/api/run", {"live": live}))["id"]
        try:
            made = await api.post(f"/api/run/{run}/jobs", {"jobs": elements})
        except RejectedError:
            await api.patch(f"/api/run/{run}", {"closed": True})
            raise
        await api.patch(f"/api/run/{run}", {"closed": True})
        tell_refusals(made["errors"])
        if is_followed:
            ended = await follow(api, run, as_json=as_json)
            return JOB_FAILED if made["errors"] else ended
        jobs = len(made["jobs"])
        told = f"run {run}: {jobs} job{'s' * (jobs != 1)}; `oa run watch {run}` shows the progress"
        answer(made, told, as_json=as_json)
        return JOB_FAILED if made["errors"] else 0

    call(work)
