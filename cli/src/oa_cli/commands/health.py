"""`oa health`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.options import LAYER, limit_option
from oa_cli.output import describe_error, table
from oa_cli.runner import json_option, print_answer, run

_STATES = ("healthy", "stale", "failing", "never")


class DatasetHealth(TypedDict):
    """The health of a dataset."""

    source_name: str
    layer: str
    name: str
    state: str
    failing_since: str | None
    error_code: str | None
    error_message: str | None


class HealthList(TypedDict):
    """GET /api/health/sources."""

    counts: dict[str, int]
    sources: list[DatasetHealth]


@click.command()
@click.option("--state", help=f"Comma-separated states: {', '.join(_STATES)}.")
@click.option("--prefix", help="Only sources with this prefix, like us/ca/.")
@click.option("--layer", type=LAYER, help="Only this layer.")
@limit_option(25)
@json_option
def health(state: str | None, prefix: str | None, layer: str | None, limit: int, *, as_json: bool) -> None:
    """Show dataset health."""

    async def work(api: Api) -> int:
        path = "/api/health/sources"
        answer = await api.get(path, HealthList, state=state, prefix=prefix, layer=layer, limit=limit)
        counts = ", ".join(f"{answer['counts'][name]:,} {name}" for name in _STATES)
        columns = ("source", "layer", "name", "state", "failing since", "last error")
        rows = [
            [
                *(item["source_name"], item["layer"], item["name"], item["state"], item["failing_since"]),
                describe_error(item["error_code"], item["error_message"]) if item["error_code"] else "",
            ]
            for item in answer["sources"]
        ]
        print_answer(answer, counts, "", table("datasets", columns, rows), as_json=as_json)
        return 0

    run(work)
