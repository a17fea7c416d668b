"""`oa export`."""

import asyncio
from pathlib import Path
from typing import TypedDict

import click

from oa_cli.answers import ErrorAnswer, ProductFileLink
from oa_cli.client import Api
from oa_cli.file_transfer import show_transfer
from oa_cli.options import LAYER, STATUSES, limit_option
from oa_cli.output import describe_error, fields_table, moment, table
from oa_cli.products import file_lines
from oa_cli.runner import ExitStatus, json_option, print_answer, run
from oa_cli.watch import watch_job
from oa_shared.json_types import JsonObject
from oa_shared.products import EXPORT_FORMATS
from oa_shared.value_text import plural

FORMATS = click.Choice([item.value for item in EXPORT_FORMATS])
_SIDES = 4


class ExportRequest(TypedDict, total=False):
    """What an export was requested for."""

    job: int | None
    source: str | None
    layer: str | None
    bbox: list[float] | None


class Export(TypedDict):
    """An export; `expiry` is None until its file is ready."""

    id: int
    status: str
    format: str
    asked: ExportRequest
    job: int
    inputs: int
    count: int | None
    size: int
    expiry: str | None
    is_expired: bool
    files: list[ProductFileLink]
    error: ErrorAnswer | None


class ExportList(TypedDict):
    """GET /api/export."""

    exports: list[Export]


class _Box(click.ParamType[list[float]]):
    name = "W,S,E,N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """Return the four sides."""
        try:
            sides = [float(part) for part in str(value).split(",")]
        except ValueError:
            sides = []
        if len(sides) != _SIDES:
            self.fail(f"{value!r} is not west,south,east,north in degrees", param, ctx)
        return sides


@click.group()
def export() -> None:
    """Export published data or a job's result."""


@export.command("create")
@click.option("--format", "file_format", required=True, type=FORMATS, help="The format of the file.")
@click.option("--job", type=int, help="The result of this job.")
@click.option("--source", help="Published data of this source or glob, like us/ne/**.")
@click.option("--layer", type=LAYER, help="With --source: only this layer.")
@click.option("--bbox", type=_Box(), help="Only features in this box, in degrees.")
@click.option("--follow", is_flag=True, help="Wait until it is ready.")
@json_option
def export_create(
    file_format: str,
    job: int | None,
    source: str | None,
    layer: str | None,
    bbox: list[float] | None,
    *,
    follow: bool,
    as_json: bool,
) -> None:
    """Create an export; `oa export get` downloads its file."""
    if (job is None) == (source is None):
        raise click.UsageError("use either --job or --source")

    async def work(api: Api) -> int:
        body = {"format": file_format, "job": job, "source": source, "layer": layer, "bbox": bbox}
        created = await api.post("/api/export", Export, body)
        status = await watch_job(api, created["job"]) if follow else ExitStatus.DONE
        latest = await api.get(f"/api/export/{created['id']}", Export) if follow else created
        line = f"export {created['id']}, job {created['job']}, {plural(created['inputs'], 'dataset')}"
        print_answer(latest, line, *file_lines(api, latest["files"]), as_json=as_json)
        return status

    run(work)


@export.command("list")
@click.option("--status", help=STATUSES)
@click.option("--format", "file_format", type=FORMATS, help="Only this format.")
@limit_option(25)
@json_option
def export_list(status: str | None, file_format: str | None, limit: int, *, as_json: bool) -> None:
    """List exports, newest first."""

    async def work(api: Api) -> int:
        exports = (await api.get("/api/export", ExportList, limit=limit, status=status, format=file_format))["exports"]
        columns = ("export", "status", "format", "selection", "features", "bytes", "expires")
        rows = [
            [
                *(item["id"], item["status"], item["format"], _selection(item["asked"]), item["count"], item["size"]),
                "expired" if item["is_expired"] else moment(item["expiry"]),
            ]
            for item in exports
        ]
        print_answer(exports, table("exports", columns, rows), as_json=as_json)
        return 0

    run(work)


@export.command("show")
@click.argument("number", type=int)
@json_option
def export_show(number: int, *, as_json: bool) -> None:
    """Show an export and its file."""

    async def work(api: Api) -> int:
        answer = await api.get(f"/api/export/{number}", Export)
        fields: JsonObject = {
            "selection": _selection(answer["asked"]),
            "status": answer["status"],
            "format": answer["format"],
            "job": answer["job"],
        }
        if answer["expiry"]:
            fields |= {"features": answer["count"], "expires": moment(answer["expiry"])}
        if answer["error"]:
            fields["error"] = describe_error(answer["error"]["code"], answer["error"]["message"])
        lines = file_lines(api, answer["files"])
        print_answer(answer, fields_table(f"export {number}", fields), *lines, as_json=as_json)
        return 0

    run(work)


@export.command("get")
@click.argument("number", type=int)
@click.option("--follow", is_flag=True, help="Wait until it is ready.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=".", help="Output folder (default: current)."
)
@json_option
def export_get(number: int, *, follow: bool, out: Path, as_json: bool) -> None:
    """Download the file of an export and its attribution text."""

    async def work(api: Api) -> int:
        answer = await api.get(f"/api/export/{number}", Export)
        if follow and await watch_job(api, answer["job"]):
            return ExitStatus.JOB_FAILED
        answer = await api.get(f"/api/export/{number}", Export)
        if not answer["files"]:
            state = "has expired" if answer["is_expired"] else f"is {answer['status']}"
            raise click.ClickException(f"export {number} {state}: no file to download")
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
        sizes = {}
        for file in answer["files"]:
            with show_transfer(file["name"], file["size_bytes"]) as on_bytes:
                sizes[file["name"]] = await api.download(file["url"], out / file["name"], on_bytes=on_bytes)
        lines = [f"{out / name}  {size_bytes:,} bytes" for name, size_bytes in sizes.items()]
        print_answer({"export": number, "files": sizes}, *lines, as_json=as_json)
        return ExitStatus.DONE

    run(work)


def _selection(request: ExportRequest) -> str:
    parts = [f"job {request['job']}" if request.get("job") else str(request.get("source")), request.get("layer") or ""]
    return " ".join([*parts, ",".join(map(str, request.get("bbox") or ()))]).strip()
