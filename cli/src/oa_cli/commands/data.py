"""`oa data`."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import click

from oa_cli.api_errors import RejectedError
from oa_cli.client import Api
from oa_cli.commands.data_state import delete, restore, retire
from oa_cli.conversions import CONVERTED_FILES, prepare_file
from oa_cli.datasets import Dataset, DatasetPage, PublicationPage, PublishedFile, datasets_table, history_table
from oa_cli.file_transfer import indent_json, show_transfer
from oa_cli.options import LAYER, SOURCE, Command, limit_option
from oa_cli.output import show_text, table
from oa_cli.runner import json_option, print_answer, run

_DEFINITION, _PUBLISHED = "definition.json", "published"


class Attributions(TypedDict):
    """GET /api/attribution as JSON."""

    datasets: list[Mapping[str, object]]


class LicenseEntry(TypedDict):
    """A license and the data published under it."""

    datasets: int
    features: int
    attribution: str


class LicenseList(TypedDict):
    """GET /api/licenses."""

    licenses: list[LicenseEntry]


def _selection(command: Command) -> Command:
    """Add the options that select datasets."""
    for option in (
        click.option("--failing", is_flag=True, default=None, help="Only if the latest job was not published."),
        click.option("--point", metavar="LON,LAT", help="Only datasets whose bounds contain this point."),
        click.option("--bbox", metavar="W,S,E,N", help="Only datasets whose bounds touch this box."),
        click.option("--after", metavar="TIME", help="Published at or after (RFC 3339)."),
        click.option("--before", metavar="TIME", help="Published before (RFC 3339)."),
        click.option("--name", help="Only this entry."),
        click.option("--layer", type=LAYER, help="Only this layer."),
        click.option("--search", "q", metavar="TEXT", help="Only if the source name contains this text."),
        click.option("--source", help=SOURCE),
    ):
        command = option(command)
    return command


@click.group()
def data() -> None:
    """List, download and withdraw published data."""


for _command in (retire, delete, restore):
    data.add_command(_command)


@data.command("list")
@_selection
@click.option("--newest", "sort", flag_value="updated_at", help="Sort by time of publication, newest first.")
@click.option("--largest", "sort", flag_value="count", help="Sort by number of features, most first.")
@limit_option(25)
@json_option
def data_list(limit: int, *, sort: str | None, as_json: bool, **selection: object) -> None:
    """List published datasets."""

    async def work(api: Api) -> int:
        page = await api.get("/api/data", DatasetPage, limit=limit, sort=sort, **selection)
        print_answer(page["data"], datasets_table(page["data"], page), as_json=as_json)
        return 0

    run(work)


@data.command("show")
@click.argument("number", type=int)
@json_option
def data_show(number: int, *, as_json: bool) -> None:
    """Show a dataset: files, license and attribute coverage."""

    async def work(api: Api) -> int:
        dataset = await api.get(f"/api/data/{number}", Dataset)
        fills = [[name, f"{fill['filled']:,}", f"{fill['rate']:.0%}"] for name, fill in dataset["fields"].items()]
        files = [[item["name"], f"{item['size_bytes'] or 0:,}", item["sha256"]] for item in dataset["files"]]
        latest = dataset["latest_job"]
        newer = [f"newer job {latest['id']}: {latest['status']}: {latest['error']}"] if latest else []
        state = dataset.get("state", _PUBLISHED)
        withdrawn = [] if state == _PUBLISHED else [f"{state}: {api.url}/data/{number} has the reason"]
        print_answer(
            dataset,
            datasets_table([dataset]),
            *withdrawn,
            *newer,
            "",
            table("fields", ("field", "filled", ""), fills),
            "",
            table("files", ("file", "bytes", "SHA-256"), files),
            *(api.url + item["latest"] for item in dataset["files"]),
            as_json=as_json,
        )
        return 0

    run(work)


@data.command("history")
@click.argument("number", type=int)
@limit_option(25)
@json_option
def data_history(number: int, limit: int, *, as_json: bool) -> None:
    """List the publications of a dataset, newest first."""

    async def work(api: Api) -> int:
        page = await api.get(f"/api/data/{number}/history", PublicationPage, limit=limit)
        print_answer(page["publications"], history_table(page["publications"], page), as_json=as_json)
        return 0

    run(work)


@data.command("get")
@click.argument("source")
@click.argument("layer", type=LAYER)
@click.argument("name")
@click.argument("file", default="source.parquet")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Output path (default: ./FILE).")
@click.option("--raw", is_flag=True, help="Keep the published bytes of definition.json, which are one line.")
@json_option
def data_get(source: str, layer: str, name: str, file: str, out: Path | None, *, raw: bool, as_json: bool) -> None:
    """Download the latest FILE of a dataset and verify it.

    FILE is source.parquet unless given; source.csv.gz and source.gpkg are written on request, which may take minutes.
    The SHA-256 must match. definition.json is indented after that, for editing.
    """

    async def work(api: Api) -> int:
        datasets = (await api.get("/api/data", DatasetPage, source=source, layer=layer, name=name))["data"]
        if not datasets:
            # A retired or deleted dataset is in no list; its URL answers with the state.
            await api.text(f"/latest/{quote(source)}/{layer}/{quote(name, safe='')}/{quote(file, safe='')}")
            raise RejectedError(f"no published data for {source} {layer} {name}")
        job, published = await _find_file(api, datasets[0]["id"], file)
        path = out or Path(file)
        with show_transfer(path.name, published["size_bytes"]) as on_bytes:
            await api.download(str(published["url"]), path, sha256=published["sha256"], on_bytes=on_bytes)
        is_indented = file == _DEFINITION and not raw
        if is_indented:
            await asyncio.to_thread(indent_json, path)
        size_bytes, form = published["size_bytes"], ", indented" if is_indented else ""
        answer = {"path": str(path), "job": job, "sha256": published["sha256"], "size_bytes": size_bytes}
        print_answer(answer, f"{path}: {size_bytes or 0:,} bytes of job {job}{form}", as_json=as_json)
        return 0

    run(work)


@data.command("attribution")
@_selection
@json_option
def data_attribution(*, as_json: bool, **selection: object) -> None:
    """Print the attribution text of a selection of data."""

    async def work(api: Api) -> int:
        if as_json:
            answer = await api.get("/api/attribution", Attributions, format="json", **selection)
            print_answer(answer["datasets"], as_json=True)
        else:
            show_text(await api.text("/api/attribution", **selection))
        return 0

    run(work)


@data.command("licenses")
@json_option
def data_licenses(*, as_json: bool) -> None:
    """List the licenses of published data."""

    async def work(api: Api) -> int:
        licenses = (await api.get("/api/licenses", LicenseList))["licenses"]
        rows = [[f"{use['datasets']:,}", f"{use['features']:,}", use["attribution"]] for use in licenses]
        print_answer(licenses, table("licenses", ("datasets", "features", "license"), rows), as_json=as_json)
        return 0

    run(work)


async def _find_file(api: Api, data: int, name: str) -> tuple[int | None, PublishedFile]:
    """Return the job that wrote a file, and the file; one that is written on request is."""
    dataset = await api.get(f"/api/data/{data}", Dataset)
    for item in dataset["files"]:
        if item["name"] == name:
            return dataset["job"], item
    if name in CONVERTED_FILES:
        return await prepare_file(api, data, name)
    names = ", ".join([*(item["name"] for item in dataset["files"]), *CONVERTED_FILES])
    raise RejectedError(f"dataset has no file {name}; it has {names}")
