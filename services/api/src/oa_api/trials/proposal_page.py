"""The page of a trial that proposes a definition: progress, then the definition with its guesses, or the reason."""

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from oa_api.http.app_keys import SETTINGS
from oa_api.jobs.pages.files import read_json
from oa_api.trials.examination import review_text
from oa_api.trials.github_links import new_file_url
from oa_api.trials.outcome import TrialOutcome, read_outcome
from oa_api.trials.proposals import ProposalView, read_proposal
from oa_api.trials.remarks import Remark, quote_lines
from oa_api.trials.requests import NewSourceForm, TrialForm
from oa_api.trials.rows import TrialRow
from oa_api.ui.navigation import MENU_PATH
from oa_api.ui.rendering import render
from oa_shared.proposal_request import PROPOSAL_FILE, ProposalRequest

PATH = "/new-source"


def form_address(asked: ProposalRequest) -> str:
    """Return the address of the form with the values of a request."""
    values = {"url": asked.url, "layer": asked.layer, "source_name": asked.source}
    return f"{PATH}?{urlencode({name: value for name, value in values.items() if value})}"


async def show_proposal(request: web.Request, trial: TrialRow, asked: ProposalRequest) -> web.Response:
    """Show the progress of the job; then what it proposes, with the remarks of the check, or why it failed."""
    outcome = await read_outcome(request, trial)
    proposal = await find_proposal(request, outcome)
    remarks = await _check(request, proposal)
    request[MENU_PATH] = PATH
    text = proposal.text if proposal else ""
    return render(
        request,
        "trials/proposal.html",
        trial=trial,
        asked=asked,
        outcome=replace(outcome, edit_url=new_file_url(request.app[SETTINGS], trial.source_name, text)),
        proposal=proposal,
        form=TrialForm(definition=text, source_name=trial.source_name),
        new_source=NewSourceForm(url=asked.url, layer=asked.layer or "", source_name=trial.source_name),
        entries=[],
        remarks=remarks,
        excerpts=await asyncio.to_thread(quote_lines, proposal.text, remarks) if proposal else [],
    )


async def find_proposal(request: web.Request, outcome: TrialOutcome) -> ProposalView | None:
    """Return what the job of a trial proposes, None as long as it runs and if it failed."""
    if outcome.job is None or not outcome.has_ended:
        return None
    document = await read_json(request, outcome.job, PROPOSAL_FILE)
    proposal = await asyncio.to_thread(read_proposal, document)
    if proposal is None or outcome.sample is None:
        return proposal
    readers = {column.name: column.attributes for column in outcome.sample.columns}
    columns = [replace(column, attributes=readers.get(column.name, [])) for column in proposal.columns]
    return replace(proposal, columns=columns)


async def _check(request: web.Request, proposal: ProposalView | None) -> list[Remark]:
    """Return the remarks of the check about a proposed definition, in the order of their lines."""
    if proposal is None:
        return []
    review = await review_text(request.app, proposal.text)
    return sorted(review.remarks, key=lambda remark: remark.line)
