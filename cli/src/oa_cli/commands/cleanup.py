"""`oa cleanup`."""

import click

from oa_cli.client import Api
from oa_cli.output import table
from oa_cli.session import EXIT_STATUSES, answer, call, json_option


@click.command(epilog=EXIT_STATUSES)
@click.option("--dry-run/--remove", default=True, show_default=True, help="Only say what would go, or remove it.")
@json_option
def cleanup(*, dry_run: bool, as_json: bool) -> None:
    """Say what the retention rules would remove, or set that going."""

    async def work(api: Api) -> int:
        found = await api.post("/api/cleanup", {"dry_run": dry_run})
        if not dry_run:
            words = f"schedule run {found['schedule_run']['id']} deletes it; see `oa schedule list --type cleanup`"
            answer(found, words, as_json=as_json)
            return 0
        rows = [[name, f"{tally['count']:,}", f"{tally['size_bytes']:,}"] for name, tally in found["removed"].items()]
        note = "" if found["is_complete"] else "the store was not looked at to its end: there may be more orphans"
        answer(found, table("would be removed", ("rule", "count", "bytes"), rows), note, as_json=as_json)
        return 0

    call(work)
