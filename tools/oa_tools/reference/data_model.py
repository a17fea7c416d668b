"""docs/data-model.md, from the migrations of `oa_api` and the statements that write each table."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from oa_tools.reference.schema import Column, Table, read_tables, read_writers

_HEAD = """# Data model

Generated from the migrations and the `.sql` files of `oa_api` by `make docs`; do not edit. Edit the comments of a
migration, or `tools/oa_tools/reference/data_model.py`.

Postgres holds the state of the system; only `oa_api` accesses it. S3 holds the files of attempts and uploads. *Written
by* lists the rooms of [oa_api](code-map.md) with an INSERT, UPDATE or DELETE of the table, and the triggers of the
schema. *Kept* names the [retention rule](maintenance.md#retention), or the time after which a worker deletes rows. The
table `migration` is the ledger of applied migrations, with the SHA-256 of each file: a changed file stops the start.

## Diagram

A solid line is a foreign key, a dotted line a reference without a constraint. The diagram shows keys only.
"""
# For tables without a comment in the migration, and in place of comments about more than the table.
_PURPOSES = {
    "data": "Published and withdrawn datasets. Each row copies the accepted result; later attempts of the job do not "
    "change it.",
    "session": "Browser sessions. `digest` is that of the cookie; `client` is the user agent.",
    "bulk_action_job": "The jobs of a bulk action: `is_done` is null until the worker has handled the job; "
    "`skip_reason` states why a job was skipped.",
}
_PERMANENTLY = "permanently"
_KEPT: Mapping[str, str] = {
    "run": _PERMANENTLY,
    "source": f"{_PERMANENTLY}, once per text",
    "job": _PERMANENTLY,
    "job_tally": "permanently; the sweep folds the changes of a run into one row per status",
    "job_attempt": "permanently; the files by the rules `pull_request`, `exports`, `unpublished`, `superseded`, "
    "`conversions`, `logs`",
    "failure_day": "180 days, or until an attempt of the day is recorded or corrected; the sweep then counts it again",
    "failure_count": "as long as its day",
    "run_refusal": "as long as its run",
    "batch_array": "30 days",
    "array_child": "as long as its array",
    "array_container": "as long as its array",
    "unfinished_take": "until the process lets go of the item; after its death a week",
    "batch_exit": "until `due_at`, when the sweep applies or drops it",
    "outbox": "30 days after `sent_at`, if the job has ended; an unsent message until its job ends",
    "inbox": "30 days",
    "job_event": "rule `events`, for ended jobs; publications are kept",
    "review_reason": _PERMANENTLY,
    "data": _PERMANENTLY,
    "publication": _PERMANENTLY,
    "collection": "until it is deleted",
    "collection_build": "as long as its collection",
    "export": "permanently; the files by the rule `exports` after `expires_at`",
    "fabric": "permanently, one row per layer",
    "conversion": "as long as its publication; the files by the rule `conversions`",
    "withdrawal": _PERMANENTLY,
    "github_delivery": "30 days",
    "github_check": _PERMANENTLY,
    "github_pull": _PERMANENTLY,
    "account": "permanently; a disabled account keeps its row",
    "api_token": "30 days after `expires_at`, or until it is revoked",
    "session": "14 days after the last visit, at most 60 days",
    "sign_in_request": "1 hour",
    "sign_in_link": "until it is used or expires",
    "sign_in_state": "until it is used or expires",
    "audit": _PERMANENTLY,
    "bulk_action": _PERMANENTLY,
    "bulk_action_job": _PERMANENTLY,
    "pause": _PERMANENTLY,
    "acknowledgement": _PERMANENTLY,
    "heartbeat": "permanently; written by versions before `process_heartbeat` only",
    "process_heartbeat": "until its process stops, or for five minutes after its last report (a day without another)",
    "idempotency": "rule `idempotency`",
    "schedule_run": _PERMANENTLY,
    "schedule_source": _PERMANENTLY,
    "dataset_health": "permanently, one row per dataset",
    "dataset_health_change": _PERMANENTLY,
    "retention_rule": _PERMANENTLY,
    "file_deletion": "permanently, as the record of the deletion; the rule `orphans` deletes objects that have no row",
    "lost_result": "until its files are back or another result replaces it",
    "import": _PERMANENTLY,
    "import_step": _PERMANENTLY,
    "imported_row": "permanently: a later import compares with it, and retention leaves the files alone",
    "import_finding": _PERMANENTLY,
    "backfill": "permanently, as long as its job",
    "trial": "rule `trials`",
    "upload": "permanently; an upload that was not completed or was refused becomes `Deleted` by the rule `uploads`",
    "webhook": "until it is deleted",
    "webhook_delivery": "30 days after `ended_at`, or as long as its webhook",
}
# References that no constraint checks, by the name of the column.
_SOFT = {"job_id": "job", "run_id": "run", "account_id": "account", "data_id": "data", "paused_by": "pause"}


def page() -> str:
    """Return the page. Raises KeyError for a table without an entry in `_KEPT`."""
    tables, writers = read_tables(), read_writers()
    sections = [_section(name, list(group), writers) for name, group in groupby(tables.values(), lambda t: t.section)]
    return "\n".join([_HEAD, *_diagram(list(tables.values())), "", *sections])


def _section(name: str, tables: list[Table], writers: Mapping[str, list[str]]) -> str:
    return "\n".join([f"## {name}", "", *(_table(table, writers.get(table.name, [])) for table in tables)])


def _table(table: Table, writers: list[str]) -> str:
    columns = ", ".join(_column(table, column) for column in table.columns)
    unique = [f"; unique: {', '.join(f'`{name}`' for name in names)}" for names in table.unique]
    lines = [
        f"### `{table.name}`",
        "",
        _PURPOSES.get(table.name, table.purpose),
        "",
        f"- Columns: {columns}{''.join(unique)}",
        f"- Written by: {_join_writers(writers)}",
        f"- Kept: {_KEPT[table.name]}",
        "",
    ]
    return "\n".join(lines)


def _join_writers(writers: list[str]) -> str:
    names = [writer if writer == "triggers" else f"`{writer}`" for writer in writers]
    return ", ".join(names) or "the previous version only"


def _column(table: Table, column: Column) -> str:
    key = " (key)" if column.name in table.primary_key else ""
    reference = f" → `{column.references}`" if column.references else ""
    return f"`{column.name}` {column.type}{key}{reference}"


def _diagram(tables: Sequence[Table]) -> Iterator[str]:
    yield "```mermaid"
    yield "erDiagram"
    for table in tables:
        for column in table.columns:
            target = column.references or _soft_reference(table, column)
            if target:
                line = "--" if column.references else ".."
                yield f"    {target} ||{line}o{{ {table.name} : {column.name}"
    for table in tables:
        yield f"    {table.name} {{"
        yield from (f"        {_diagram_type(item)} {item.name}{_marks(table, item)}" for item in _keys(table))
        yield "    }"
    yield "```"


def _keys(table: Table) -> list[Column]:
    named = {*table.primary_key, *(name for names in table.unique for name in names)}
    keys = [column for column in table.columns if column.name in named or column.references]
    return keys or list(table.columns[:2])


def _marks(table: Table, column: Column) -> str:
    in_unique = any(column.name in names for names in table.unique)
    marks = [
        mark
        for mark, holds in (
            ("PK", column.name in table.primary_key),
            ("FK", column.references is not None),
            ("UK", in_unique),
        )
        if holds
    ]
    return f" {', '.join(marks)}" if marks else ""


def _diagram_type(column: Column) -> str:
    return column.type.replace("[]", "_list")


def _soft_reference(table: Table, column: Column) -> str | None:
    target = _SOFT.get(column.name)
    return target if target != table.name else None
