"""`oa export`."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from oa_cli.client import Api
from oa_cli.commands.collection import LAYERS
from oa_cli.output import moment, table
from oa_cli.products import files_of, wait_for
from oa_cli.runner import EXIT_STATUSES, JOB_FAILED, answer, call, json_option

FORMATS = click.Choice(["csv", "shapefile", "gpkg", "flatgeobuf", "geojson", "parquet"])
_SIDES = 4


class _Box(click.ParamType[list[float]]):
    name = "W,S,E,N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """Return four numbers."""
        try:
            sides = [float(part) for part in str(value).split(",")]
        except ValueError:
            sides = []
        if len(sides) != _SIDES:
            self.fail(f"{value!r} is not west,south,east,north in degrees", param, ctx)
        return sides


@click.group()
def export() -> None:
    """Get published data, or the result of a job, as one file in a format of your choice."""


@export.command("create", epilog=EXIT_STATUSES)
@click.option("--format", "form", required=True, type=FORMATS)
@click.option("--job", type=int, help="The result of this job.")
@click.option("--source", help="What is published of this source or glob, like us/ne/**.")
@click.option("--layer", type=LAYERS, help="Of a selection, this layer.")
@click.option("--bbox", type=_Box(), help="Only what lies inside; degrees.")
@click.option("--follow", is_flag=True, help="Wait until it is ready.")
@json_option
def export_create(form: str, *, follow: bool, as_json: bool, **asked: Any) -> None:
    """Ask for an export; `oa export get` fetches its file."""
    if (asked["job"] is None) == (asked["source"] is None):
        raise click.UsageError("give --job or --source, one of them")

    async def work(api: Api) -> int:
        made = await api.post("/api/export", {"format": form, **asked})
        status = await wait_for(api, made["job"]) if follow else 0
        shown = await api.get(f"/api/export/{made['id']}") if follow else made
        words = f"export {made['id']}, job {made['job']}, of {made['inputs']:,} datasets"
        answer(shown, words, *files_of(api, shown), as_json=as_json)
        return status

    call(work)


@export.command("list", epilog=EXIT_STATUSES)
@click.option("--status", help="In these statuses, with commas.")
@click.option("--format", type=FORMATS, help="In this format.")
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def export_list(limit: int, *, as_json: bool, **filters: Any) -> None:
    """List the latest exports."""

    async def work(api: Api) -> int:
        found = (await api.get("/api/export", limit=limit, **filters))["exports"]
        columns = ("export", "status", "format", "of", "features", "bytes", "kept until (UTC)")
        rows = [
            [
                *(item[key] for key in ("id", "status", "format")),
                _selection(item["asked"]),
                item["count"],
                item["size"],
                "expired" if item["is_expired"] else moment(item["expiry"]),
            ]
            for item in found
        ]
        answer(found, table("exports", columns, rows), as_json=as_json)
        return 0

    call(work)


@export.command("show", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@json_option
def export_show(number: int, *, as_json: bool) -> None:
    """Show an export and its file."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/export/{number}")
        rows = [["of", _selection(found["asked"])], *([key, found[key]] for key in ("status", "format", "job"))]
        rows += [["features", found["count"]], ["kept until (UTC)", moment(found["expiry"])]] if found["expiry"] else []
        rows += [["what happened", f"{found['error']['code']}: {found['error']['message']}"]] if found["error"] else []
        made = table(f"export {number}", ("", ""), rows)
        made.show_header = False
        answer(found, made, *files_of(api, found), as_json=as_json)
        return 0

    call(work)


@export.command("get", epilog=EXIT_STATUSES)
@click.argument("number", type=int)
@click.option("--follow", is_flag=True, help="Wait until it is ready.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder for the files.")
@json_option
def export_get(number: int, *, follow: bool, out: Path, as_json: bool) -> None:
    """Fetch the file of an export, and the credits that go with it."""

    async def work(api: Api) -> int:
        found = await api.get(f"/api/export/{number}")
        if follow and await wait_for(api, found["job"]):
            return JOB_FAILED
        found = await api.get(f"/api/export/{number}")
        if not found["files"]:
            state = "has expired" if found["is_expired"] else f"is {found['status']}"
            raise click.ClickException(f"export {number} {state}: there is no file to fetch")
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
        saved = {file["name"]: await api.save(file["url"], out / file["name"]) for file in found["files"]}
        lines = [f"{out / name}  {size_bytes:,} bytes" for name, size_bytes in saved.items()]
        answer({"export": number, "files": saved}, *lines, as_json=as_json)
        return 0

    call(work)


def _selection(asked: Mapping[str, Any]) -> str:
    words = [f"job {asked['job']}" if asked.get("job") else str(asked.get("source")), str(asked.get("layer") or "")]
    return " ".join([*words, ",".join(map(str, asked["bbox"])) if asked.get("bbox") else ""]).strip()
