"""`oa data`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from oa_cli.client import Api, RejectedError
from oa_cli.output import datasets_table, history_table, table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option

_LAYER = click.Choice(["addresses", "parcels", "buildings", "centerlines"])
_Command = Callable[..., None]


def _selection(command: _Command) -> _Command:
    """Add the options that choose datasets."""
    for option in (
        click.option("--failing", is_flag=True, default=None, help="Whose latest job did not publish."),
        click.option("--point", metavar="LON,LAT", help="Whose bounds hold this."),
        click.option("--bbox", metavar="W,S,E,N", help="Whose bounds touch these."),
        click.option("--after", metavar="TIME", help="Published at or after this moment (RFC 3339)."),
        click.option("--before", metavar="TIME", help="Published before this moment."),
        click.option("--name", help="Of this entry."),
        click.option("--layer", type=_LAYER, help="Of this layer."),
        click.option("--source", help="Of this source; `us/ca/`, with a slash at the end, is all below."),
    ):
        command = option(command)
    return command


@click.group()
def data() -> None:
    """Look at what is published, and get it."""


@data.command("list", epilog=EXIT_STATUSES)
@_selection
@click.option("--newest", is_flag=True, help="What was published last comes first.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def data_list(limit: int, *, newest: bool, as_json: bool, **chosen: Any) -> None:
    """List what is published."""

    async def work(api: Api) -> int:
        sort = "updated_at" if newest else None
        found = await api.get("/api/data", limit=limit, sort=sort, **chosen)
        answer(found["data"], datasets_table(found["data"], found), as_json=as_json)
        return 0

    call(work)


@data.command("show", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def data_show(number: int, *, as_json: bool) -> None:
    """Show one dataset: its files, its licence, how full its fields are."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/data/{number}")
        fills = [[name, f"{fill['filled']:,}", f"{fill['rate']:.0%}"] for name, fill in found["fields"].items()]
        files = [[item["name"], f"{item['size_bytes'] or 0:,}", item["sha256"]] for item in found["files"]]
        latest = found["latest_job"]
        newer = (
            [f"job {latest['id']} came after it and ended as {latest['status']}: {latest['error']}"] if latest else []
        )
        answer(
            found,
            datasets_table([found]),
            *newer,
            "",
            table("fields", ("field", "filled", ""), fills),
            "",
            table("files", ("file", "bytes", "SHA-256"), files),
            *(api.url + item["latest"] for item in found["files"]),
            as_json=as_json,
        )
        return 0

    call(work)


@data.command("history", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def data_history(number: int, limit: int, *, as_json: bool) -> None:
    """List each time that a dataset was published, newest first."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/data/{number}/history", limit=limit)
        answer(found["publications"], history_table(found["publications"], found), as_json=as_json)
        return 0

    call(work)


@data.command("get", epilog=EXIT_STATUSES)
@click.argument("source")
@click.argument("layer", type=_LAYER)
@click.argument("name")
@click.argument("file", default="source.parquet")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to; else the file's name, here.")
@json_option
def data_get(source: str, layer: str, name: str, file: str, out: Path | None, *, as_json: bool) -> None:
    """Get the newest FILE of a dataset, and check it against its SHA-256."""

    async def work(api: Api) -> int:
        rows = (await api.get("/api/data", source=source, layer=layer, name=name))["data"]
        if not rows:
            raise RejectedError(f"nothing is published of {source} {layer} {name}")
        found = _file_of(rows[0], file)
        path = out or Path(file)
        await api.download(found["url"], path, sha256=found["sha256"])
        told = {"path": str(path), "job": rows[0]["job"], "sha256": found["sha256"], "size_bytes": found["size_bytes"]}
        answer(told, f"{path}: {found['size_bytes'] or 0:,} bytes of job {rows[0]['job']}", as_json=as_json)
        return 0

    call(work)


@data.command("attribution", epilog=EXIT_STATUSES)
@_selection
@json_option
def data_attribution(*, as_json: bool, **chosen: Any) -> None:
    """Print the credits that go with a selection of data."""

    async def work(api: Api) -> int:
        if as_json:
            answer((await api.get("/api/attribution", format="json", **chosen))["datasets"], as_json=True)
        else:
            click.echo(await api.text("/api/attribution", **chosen), nl=False)
        return 0

    call(work)


@data.command("licenses", epilog=EXIT_STATUSES)
@json_option
def data_licenses(*, as_json: bool) -> None:
    """List the licences of what is published."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/licenses"))["licenses"]
        rows = [[f"{use['datasets']:,}", f"{use['features']:,}", use["attribution"]] for use in found]
        answer(found, table("licences", ("datasets", "features", "licence"), rows), as_json=as_json)
        return 0

    call(work)


def _file_of(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = next((item for item in row["files"] if item["name"] == name), None)
    if found is None:
        there = ", ".join(item["name"] for item in row["files"])
        raise RejectedError(f"it has no {name}: it has {there}")
    return found
