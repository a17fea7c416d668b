"""`oa data retire`, `delete` and `restore`."""

from typing import TypedDict

import click

from oa_cli.client import Api
from oa_cli.confirmation import confirm
from oa_cli.runner import json_option, print_answer, run

_REASON = click.option("--reason", required=True, help="The reason, for the audit log and the feed.")


class ChangedDataset(TypedDict):
    """POST /api/data/<dataset>/state."""

    data: int
    state: str


@click.command()
@click.argument("number", type=int)
@_REASON
@json_option
def retire(number: int, *, reason: str, as_json: bool) -> None:
    """Remove a dataset from lists and /latest (admin).

    Its files stay at their permanent URLs; new results are not published. `oa data restore` offers it again.
    """
    run(lambda api: _change(api, number, "retire", reason, as_json=as_json))


@click.command()
@click.argument("number", type=int)
@_REASON
@json_option
def restore(number: int, *, reason: str, as_json: bool) -> None:
    """Offer a retired dataset again (admin).

    A deleted one is offered with its next result.
    """
    run(lambda api: _change(api, number, "restore", reason, as_json=as_json))


@click.command()
@click.argument("number", type=int)
@_REASON
@click.option("--yes", is_flag=True, help="Skip confirmation.")
@json_option
def delete(number: int, *, reason: str, yes: bool, as_json: bool) -> None:
    """Delete the files of a retired dataset (admin).

    This deletes the files of every version and cannot be undone.
    """
    if not yes:
        confirm(f"This deletes the files of every version of dataset {number} and cannot be undone.")
    run(lambda api: _change(api, number, "delete", reason, as_json=as_json))


async def _change(api: Api, number: int, action: str, reason: str, *, as_json: bool) -> int:
    answer = await api.post(f"/api/data/{number}/state", ChangedDataset, {"action": action, "reason": reason})
    lines = (f"dataset {answer['data']}: {answer['state']}", f"{api.url}/data/{number}")
    print_answer(answer, *lines, as_json=as_json)
    return 0
