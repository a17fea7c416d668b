"""`oa collection`."""

from collections.abc import Mapping
from typing import Any

import click

from oa_cli.client import Api
from oa_cli.output import moment, table
from oa_cli.products import files_of, reason, wait_for
from oa_cli.session import EXIT_STATUSES, answer, call, json_option

FORMATS = click.Choice(["geojson", "parquet", "pmtiles"])
LAYERS = click.Choice(["addresses", "parcels", "buildings", "centerlines"])


@click.group()
def collection() -> None:
    """Make, build and find collections: sources that are offered together."""


@collection.command("list", epilog=EXIT_STATUSES)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100))
@json_option
def collection_list(limit: int, *, as_json: bool) -> None:
    """List collections with their newest build."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/collections", limit=limit))["collections"]
        columns = ("collection", "name", "for people", "sources", "features", "bytes", "built (UTC)", "latest")
        rows = [
            [
                *(item[key] for key in ("id", "name", "display_name")),
                " ".join(item["sources"]),
                item["count"],
                item["size"],
                moment(item["built_at"]),
                item["build"]["status"] if item["build"] else "",
            ]
            for item in found
        ]
        answer(found, table("collections", columns, rows), as_json=as_json)
        return 0

    call(work)


@collection.command("show", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def collection_show(number: int, *, as_json: bool) -> None:
    """Show a collection, its files and its builds."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/collections/{number}")
        builds = (await api.get(f"/api/collections/{number}/builds", limit=10))["builds"]
        answer({**found, "builds": builds}, _facts(found), _builds(builds), *files_of(api, found), as_json=as_json)
        return 0

    call(work)


@collection.command("create", epilog=EXIT_STATUSES)
@click.argument("name")
@click.option("--display-name", required=True, help="Its name for people.")
@click.option("--source", "sources", required=True, multiple=True, help="A glob like us/ne/**; may be given again.")
@click.option("--layer", type=LAYERS, help="Only this layer.")
@click.option("--format", "formats", multiple=True, type=FORMATS, help="All of them when left out.")
@click.option("--deduplicate", is_flag=True, help="Make a variant without repeated addresses too.")
@json_option
def collection_create(formats: tuple[str, ...], *, as_json: bool, **asked: Any) -> None:
    """Make a collection called NAME; `oa collection build` builds it."""

    async def work(api: Api) -> int:
        body = {**asked, "sources": list(asked["sources"]), **({"formats": list(formats)} if formats else {})}
        made = await api.post("/api/collections", body)
        answer(made, f"collection {made['id']} is made", as_json=as_json)
        return 0

    call(work)


@collection.command("build", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--force", is_flag=True, help="Build even when nothing has changed.")
@click.option("--follow", is_flag=True, help="Wait until it is built.")
@json_option
def collection_build(number: int, *, force: bool, follow: bool, as_json: bool) -> None:
    """Build a collection now, unless nothing has changed."""

    async def work(api: Api) -> int:
        made = await api.post(f"/api/collections/{number}/build", {"force": force})
        answer(made, reason(made), as_json=as_json)
        return await wait_for(api, made["job"]) if follow and made["job"] else 0

    call(work)


@collection.command("delete", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def collection_delete(number: int, *, as_json: bool) -> None:
    """Delete a collection; the jobs that built it stay."""

    async def work(api: Api) -> int:
        said = await api.delete(f"/api/collections/{number}")
        answer(said, said["message"], as_json=as_json)
        return 0

    call(work)


def _facts(found: Mapping[str, Any]) -> Any:
    rows = [[key, found[key]] for key in ("name", "display_name", "layer", "deduplicate") if found[key] is not None]
    rows += [[key, " ".join(found[key])] for key in ("sources", "formats")]
    rows += [["features", found["count"]], ["built (UTC)", moment(found["built_at"])]] if found["job"] else []
    made = table(f"collection {found['id']}", ("", ""), rows)
    made.show_header = False
    return made


def _builds(builds: list[Any]) -> Any:
    columns = ("build", "job", "status", "asked (UTC)", "datasets", "what happened")
    rows = [
        [
            *(item[key] for key in ("id", "job", "status")),
            moment(item["created_at"]),
            item["inputs"],
            item["skipped"] or (item["error"] or {}).get("message") or ("offered now" if item["is_newest"] else ""),
        ]
        for item in builds
    ]
    return table("builds", columns, rows)
