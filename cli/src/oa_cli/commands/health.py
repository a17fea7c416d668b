"""`oa health`."""

import click

from oa_cli.client import Api
from oa_cli.output import table
from oa_cli.runner import EXIT_STATUSES, answer, call, json_option

_STATES = ("healthy", "stale", "failing", "never")


@click.command(epilog=EXIT_STATUSES)
@click.option("--state", help=f"In these states, with commas: {', '.join(_STATES)}.")
@click.option("--prefix", help="Of sources whose name begins so, as us/ca/.")
@click.option("--layer", type=click.Choice(["addresses", "buildings", "parcels", "centerlines"]))
@click.option("--limit", default=25, show_default=True, type=click.IntRange(1, 100))
@json_option
def health(state: str | None, prefix: str | None, layer: str | None, limit: int, *, as_json: bool) -> None:
    """Show how the datasets of the live runs stand."""

    async def work(api: Api) -> int:
        found = await api.get("/api/health/sources", state=state, prefix=prefix, layer=layer, limit=limit)
        counts = ", ".join(f"{found['counts'][name]:,} {name}" for name in _STATES)
        rows = [
            [item["source_name"], item["layer"], item["name"], item["state"], item["failing_since"], _words(item)]
            for item in found["sources"]
        ]
        columns = ("source", "layer", "name", "state", "failing since", "what happened")
        answer(found, counts, "", table("datasets", columns, rows), as_json=as_json)
        return 0

    call(work)


def _words(dataset: dict[str, str | None]) -> str:
    return f"{dataset['error_code']}: {dataset['error_message'] or ''}" if dataset["error_code"] else ""
