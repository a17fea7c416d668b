"""`oa fabric`."""

from typing import TypedDict

import click

from oa_cli.answers import ProductFileLink
from oa_cli.client import Api
from oa_cli.output import moment, table
from oa_cli.products import BuildStart, describe_build, file_lines
from oa_cli.runner import json_option, print_answer, run


class LayerBuild(TypedDict):
    """A build of the fabric of a layer."""

    job: int | None
    status: str


class FabricLayer(TypedDict):
    """The fabric of a layer."""

    layer: str
    count: int | None
    size: int
    built_at: str | None
    build: LayerBuild | None
    files: list[ProductFileLink]


class Fabric(TypedDict):
    """GET /api/fabric."""

    layers: list[FabricLayer]


class StartedLayerBuild(BuildStart):
    """The build of a layer."""

    layer: str


class StartedFabric(TypedDict):
    """POST /api/fabric."""

    layers: list[StartedLayerBuild]


@click.group()
def fabric() -> None:
    """Build and find the vector tiles of all published data."""


@fabric.command("show")
@json_option
def fabric_show(*, as_json: bool) -> None:
    """Show the latest tiles of each layer."""

    async def work(api: Api) -> int:
        layers = (await api.get("/api/fabric", Fabric))["layers"]
        columns = ("layer", "features", "bytes", "built", "latest build")
        rows = [
            [
                *(item["layer"], item["count"], item["size"], moment(item["built_at"])),
                f"job {item['build']['job']} {item['build']['status']}" if item["build"] else "none",
            ]
            for item in layers
        ]
        lines = [line for item in layers for line in file_lines(api, item["files"])]
        print_answer(layers, table("fabric", columns, rows), *lines, as_json=as_json)
        return 0

    run(work)


@fabric.command("build")
@click.option("--force", is_flag=True, help="Build even if nothing has changed.")
@json_option
def fabric_build(*, force: bool, as_json: bool) -> None:
    """Build the tiles of each layer whose data has changed."""

    async def work(api: Api) -> int:
        layers = (await api.post("/api/fabric", StartedFabric, {"force": force}))["layers"]
        print_answer(layers, *(f"{item['layer']}: {describe_build(item)}" for item in layers), as_json=as_json)
        return 0

    run(work)
