"""`oa collection`."""

from collections.abc import Sequence
from typing import TypedDict

import click
from rich.table import Table

from oa_cli.answers import ErrorAnswer, MessageAnswer, ProductFileLink
from oa_cli.client import Api
from oa_cli.options import LAYER, limit_option
from oa_cli.output import fields_table, moment, table
from oa_cli.products import BuildStart, describe_build, file_lines
from oa_cli.runner import json_option, print_answer, run
from oa_cli.watch import watch_job
from oa_shared.json_types import JsonObject
from oa_shared.products import COLLECTION_FORMATS

FORMATS = click.Choice([item.value for item in COLLECTION_FORMATS])


class CollectionBuild(TypedDict):
    """A build of a collection."""

    id: int
    job: int | None
    status: str
    created_at: str | None
    inputs: int
    skipped: str | None
    error: ErrorAnswer | None
    is_newest: bool


class Collection(TypedDict):
    """A collection with its newest files."""

    id: int
    name: str
    display_name: str
    sources: list[str]
    layer: str | None
    formats: list[str]
    deduplicate: bool
    job: int | None
    count: int | None
    size: int
    built_at: str | None
    build: CollectionBuild | None
    files: list[ProductFileLink]


class CollectionList(TypedDict):
    """GET /api/collections."""

    collections: list[Collection]


class CollectionBuildList(TypedDict):
    """GET /api/collections/<collection>/builds."""

    builds: list[CollectionBuild]


@click.group()
def collection() -> None:
    """Manage collections, which bundle many sources."""


@collection.command("list")
@limit_option(100)
@json_option
def collection_list(limit: int, *, as_json: bool) -> None:
    """List collections with their latest build."""

    async def work(api: Api) -> int:
        collections = (await api.get("/api/collections", CollectionList, limit=limit))["collections"]
        columns = ("collection", "name", "display name", "sources", "features", "bytes", "built", "latest build")
        rows = [
            [
                *(
                    item["id"],
                    item["name"],
                    item["display_name"],
                    " ".join(item["sources"]),
                    item["count"],
                    item["size"],
                ),
                moment(item["built_at"]),
                item["build"]["status"] if item["build"] else "",
            ]
            for item in collections
        ]
        print_answer(collections, table("collections", columns, rows), as_json=as_json)
        return 0

    run(work)


@collection.command("show")
@click.argument("number", type=int)
@json_option
def collection_show(number: int, *, as_json: bool) -> None:
    """Show a collection with its files and builds."""

    async def work(api: Api) -> int:
        answer = await api.get(f"/api/collections/{number}", Collection)
        builds = (await api.get(f"/api/collections/{number}/builds", CollectionBuildList, limit=10))["builds"]
        tables, lines = (_fields(answer), _builds(builds)), file_lines(api, answer["files"])
        print_answer({**answer, "builds": builds}, *tables, *lines, as_json=as_json)
        return 0

    run(work)


@collection.command("create")
@click.argument("name")
@click.option("--display-name", required=True, help="Display name.")
@click.option("--source", "sources", required=True, multiple=True, help="A glob like us/ne/**; repeatable.")
@click.option("--layer", type=LAYER, help="Only this layer.")
@click.option("--format", "formats", multiple=True, type=FORMATS, help="A format; repeatable (default: all).")
@click.option("--deduplicate", is_flag=True, help="Also build a version without repeated addresses.")
@json_option
def collection_create(
    name: str,
    display_name: str,
    sources: tuple[str, ...],
    layer: str | None,
    formats: tuple[str, ...],
    *,
    deduplicate: bool,
    as_json: bool,
) -> None:
    """Create a collection called NAME, which is part of its URLs."""
    body: JsonObject = {"name": name, "display_name": display_name, "sources": list(sources), "layer": layer}
    body |= {"deduplicate": deduplicate, **({"formats": list(formats)} if formats else {})}

    async def work(api: Api) -> int:
        created = await api.post("/api/collections", Collection, body)
        line = f"collection {created['id']} created; `oa collection build {created['id']}` builds it"
        print_answer(created, line, as_json=as_json)
        return 0

    run(work)


@collection.command("build")
@click.argument("number", type=int)
@click.option("--force", is_flag=True, help="Build even if nothing has changed.")
@click.option("--follow", is_flag=True, help="Wait until it is built.")
@json_option
def collection_build(number: int, *, force: bool, follow: bool, as_json: bool) -> None:
    """Build a collection unless nothing has changed."""

    async def work(api: Api) -> int:
        started = await api.post(f"/api/collections/{number}/build", BuildStart, {"force": force})
        print_answer(started, describe_build(started), as_json=as_json)
        return await watch_job(api, started["job"]) if follow and started["job"] else 0

    run(work)


@collection.command("delete")
@click.argument("number", type=int)
@json_option
def collection_delete(number: int, *, as_json: bool) -> None:
    """Delete a collection; its jobs stay."""

    async def work(api: Api) -> int:
        answer = await api.delete(f"/api/collections/{number}", MessageAnswer)
        print_answer(answer, answer["message"], as_json=as_json)
        return 0

    run(work)


def _fields(collection: Collection) -> Table:
    fields: JsonObject = {
        "name": collection["name"],
        "display name": collection["display_name"],
        "layer": collection["layer"],
        "deduplicated version": "yes" if collection["deduplicate"] else "no",
        "sources": " ".join(collection["sources"]),
        "formats": " ".join(collection["formats"]),
    }
    if collection["job"]:
        fields |= {"features": collection["count"], "built": moment(collection["built_at"])}
    return fields_table(f"collection {collection['id']}", fields)


def _builds(builds: Sequence[CollectionBuild]) -> Table:
    columns = ("build", "job", "status", "requested", "datasets", "result")
    rows = [
        [
            *(item["id"], item["job"], item["status"], moment(item["created_at"]), item["inputs"]),
            item["skipped"]
            or (item["error"]["message"] if item["error"] else "")
            or ("current" if item["is_newest"] else ""),
        ]
        for item in builds
    ]
    return table("builds", columns, rows)
