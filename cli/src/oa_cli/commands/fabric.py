"""`oa fabric`."""

import click

from oa_cli.client import Api
from oa_cli.output import moment, table
from oa_cli.products import files_of, reason
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option


@click.group()
def fabric() -> None:
    """Build and find the map of all that is published, one file a layer."""


@fabric.command("show", epilog=EXIT_STATUSES)
@json_option
def fabric_show(*, as_json: bool) -> None:
    """Show the newest map of each layer."""

    async def work(api: Api) -> int:
        layers = (await api.get("/api/fabric"))["layers"]
        columns = ("layer", "features", "bytes", "built (UTC)", "latest build")
        rows = [
            [
                *(item[key] for key in ("layer", "count", "size")),
                moment(item["built_at"]),
                f"job {item['build']['job']} {item['build']['status']}" if item["build"] else "none",
            ]
            for item in layers
        ]
        links = [line for item in layers for line in files_of(api, item)]
        answer(layers, table("fabric", columns, rows), *links, as_json=as_json)
        return 0

    call(work)


@fabric.command("build", epilog=EXIT_STATUSES)
@click.option("--force", is_flag=True, help="Build even when nothing has changed.")
@json_option
def fabric_build(*, force: bool, as_json: bool) -> None:
    """Build the map of each layer whose data has changed."""

    async def work(api: Api) -> int:
        made = (await api.post("/api/fabric", {"force": force}))["layers"]
        answer(made, *(f"{item['layer']}: {reason(item)}" for item in made), as_json=as_json)
        return 0

    call(work)
