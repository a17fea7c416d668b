"""A job that proposes a definition for data that has none, with its first rows (docs/decisions/0040)."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from oa_shared.carriers import clean_text
from oa_shared.definition_address import is_data_address
from oa_shared.json_types import JsonObject
from oa_shared.proposal_request import PROPOSAL_FILE, ProposalRequest
from oa_shared.public_http import Guard
from oa_shared.source_definition import entries
from oa_task.download.withheld_details import withhold_details
from oa_task.proposal.columns import ColumnFacts, read_columns
from oa_task.proposal.definition_proposal import DefinitionProposal, ProposalOptions, propose_definition
from oa_task.proposal.guesses import DefinitionGuess
from oa_task.proposal.inspection import DescribedData, describe_source
from oa_task.results.files import DEFINITION_FILE
from oa_task.row_preview.preview import Preview, preview_downloaded, preview_rows
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox

MAX_DEFINITION_BYTES = 64 * 1024
_MAX_COLUMNS, _MAX_EXAMPLES, _MAX_TEXT_BYTES = 300, 3, 400


async def run_proposal_job(
    job: TaskJob, request: ProposalRequest, count: int, on_progress: Progress, *, sandbox: Sandbox | None = None
) -> tuple[Preview, list[str]]:
    """Write `proposal.json` to `job.out`; return the first `count` features by the proposed rules, and the remarks.

    It proposes what `oa init` does. Rules that the rows do not pass are a remark, because an author corrects rules;
    data for which there are no rules fails. Raises TaskFailure.
    """
    if not is_data_address(request.url):
        text = f"{request.url[:200]!r} is not the URL of data: use one that starts with https://, ftp:// or s3://"
        raise TaskFailure("source.schema", text)
    guard, options = Guard(job.allowed_hosts), ProposalOptions(request.source, request.layer)
    with sandbox or Sandbox() as child:
        data = await describe_source(request.url, child, layer=request.layer, guard=guard, on_progress=on_progress)
        with withhold_details(guard):
            proposal = await asyncio.to_thread(propose_definition, data, options)
        text = json.dumps(proposal.definition, ensure_ascii=False, indent=4)
        _require_readable(text)
        definition = child.room / DEFINITION_FILE
        await asyncio.to_thread(definition.write_text, text, "utf-8")
        proposed = _job_of(proposal, replace(job, definition=definition))
        preview, remarks = Preview([], {}), list(proposal.remarks)
        try:
            with withhold_details(guard):
                preview = await _preview(proposed, data, count, on_progress, child)
        except TaskFailure as failure:
            remarks.append(f"Correct the rules: the first rows do not pass them. {failure.message}")
    remarks += [problem.message for problem in preview.problems]
    remarks = [clean_text(remark, max_bytes=_MAX_TEXT_BYTES) for remark in remarks]
    columns = read_columns(data.report)
    await asyncio.to_thread(_write, job.out / PROPOSAL_FILE, proposal, remarks, columns)
    return preview, remarks


def _require_readable(text: str) -> None:
    """Raise TaskFailure for a definition that no author reads: its text grows with the names in the data."""
    size_bytes = len(text.encode())
    if size_bytes > MAX_DEFINITION_BYTES:
        reason = f"the proposed definition has {size_bytes:,} bytes, limit {MAX_DEFINITION_BYTES:,} bytes"
        raise TaskFailure("source.too_large", f"{reason}: run `oa init`, or write the rules yourself")


def _job_of(proposal: DefinitionProposal, job: TaskJob) -> TaskJob:
    (entry,) = entries(proposal.definition)
    return replace(job, layer=entry.layer, name=entry.name)


async def _preview(job: TaskJob, data: DescribedData, count: int, on_progress: Progress, described: Sandbox) -> Preview:
    """Return the first features by the proposed rules, of the file that is downloaded already if it is one."""
    if data.raw is None:
        with Sandbox() as sandbox:
            return await preview_rows(job, count, on_progress, sandbox)
    with Sandbox(readable=[described.room]) as sandbox:
        return await preview_downloaded(job, [data.raw], count, sandbox)


def _write(path: Path, proposal: DefinitionProposal, remarks: Sequence[str], columns: Sequence[ColumnFacts]) -> None:
    document: JsonObject = {
        "definition": proposal.definition,
        "guesses": [_shorten(guess) for guess in proposal.guesses],
        "remarks": remarks,
        "columns": [_describe(column) for column in columns[:_MAX_COLUMNS]],
        "columns_in_all": len(columns),
    }
    path.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


def _shorten(guess: DefinitionGuess) -> JsonObject:
    """Return a guess with its value in short, and a bounded example, which is a value of the data."""
    example = None if guess.example is None else clean_text(guess.example, max_bytes=_MAX_TEXT_BYTES)
    text = clean_text(guess.value_text, max_bytes=_MAX_TEXT_BYTES)
    return {**guess.as_json(), "text": text, "example": example}


def _describe(column: ColumnFacts) -> JsonObject:
    examples = [clean_text(text, max_bytes=_MAX_TEXT_BYTES) for text in column.examples[:_MAX_EXAMPLES]]
    return {
        "name": column.name,
        "rows": column.rows,
        "filled": column.filled,
        "distinct": column.distinct,
        "examples": examples,
    }
