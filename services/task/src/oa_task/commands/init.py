"""The command `oa-task init`: a definition for data that has none, and a line for each guess."""

import asyncio
import errno
import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from oa_shared.definition_address import is_data_address
from oa_shared.public_http import Guard
from oa_task.commands.console import print_indented_json, print_json, run_command
from oa_task.commands.progress_display import display_progress
from oa_task.proposal.definition_proposal import DefinitionProposal, ProposalOptions, propose_definition
from oa_task.proposal.inspection import describe_source
from oa_task.row_preview.views import longest_text, shorten
from oa_task.runtime.allowed_hosts import read_allowed_hosts
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_COLORS = {"high": "green", "medium": "yellow", "low": "red"}


def propose(address: str, options: ProposalOptions, sandbox: Sandbox, *, out: Path | None, as_json: bool) -> int:
    """Print the proposal of a definition, or write it to `out`, and return the exit status.

    The guesses go to standard error, so that standard output has the definition alone.
    """

    def work(console: Console) -> None:
        with display_progress(console) as on_progress:
            guard = Guard(read_allowed_hosts())
            described = describe_source(address, sandbox, layer=options.layer, guard=guard, on_progress=on_progress)
            proposal = propose_definition(asyncio.run(described), options)
        if out is not None:
            text = json.dumps(proposal.definition, ensure_ascii=False, indent=4)
            _write(out, f"{text}\n")
        if as_json:
            guesses = [guess.as_json() for guess in proposal.guesses]
            print_json({"definition": proposal.definition, "guesses": guesses, "remarks": proposal.remarks})
            return
        _print_guesses(console, proposal)
        if out is None:
            print_indented_json(proposal.definition)
        _print_next_step(console, address, out)

    return run_command(work, as_json=as_json)


def _write(path: Path, text: str) -> None:
    """Write the definition; no part of it stays on a full disk. Raises TaskFailure, click.BadParameter."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        text = f"cannot write {path}: {error.strerror}"
        if error.errno in _FULL:
            path.unlink(missing_ok=True)
            raise TaskFailure("resource.disk_full", text) from error
        raise click.BadParameter(text, param_hint="--out") from error


def _print_guesses(console: Console, proposal: DefinitionProposal) -> None:
    longest = longest_text(console)
    table = Table("", "guess", "confidence", "reason", "example", box=None, pad_edge=False)
    for guess in proposal.guesses:
        example = "" if guess.example is None else shorten(guess.example, longest)
        confidence = Text(guess.confidence, style=_COLORS[guess.confidence])
        value = shorten(guess.value_text, longest)
        table.add_row(Text(guess.key), Text(value), confidence, Text(guess.reason), Text(example))
    console.print(table)
    for remark in proposal.remarks:
        console.print(f"- {remark}", markup=False, highlight=False)


def _print_next_step(console: Console, address: str, out: Path | None) -> None:
    """Print commands that work as printed: the definition of a local file has no URL yet, so `--data` names it."""
    if out is None:
        text = "Next: write it to a file with `--out FILE`; `oa check --data FILE` then compares it with the data."
    elif not is_data_address(address):
        text = f"Next: `oa try {out} --data {address}` shows the first features."
    else:
        text = (
            f"Next: `oa check --data {out}` compares the rules with the data; `oa try {out}` shows the first features."
        )
    console.print(text, style="dim", markup=False, highlight=False)
