"""The pages of trials: the form, and the result of a trial."""

import asyncio
import re
from dataclasses import dataclass, replace
from http import HTTPStatus

from aiohttp import hdrs, web

from oa_api.definitions.fetcher import FETCHER, FetchError
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import ApiError, ConflictError, InvalidError, NotFoundError, TooManyRequestsError
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import read_query
from oa_api.identity.principal import PRINCIPAL
from oa_api.jobs import queries
from oa_api.jobs.definition_view import readable_text
from oa_api.jobs.files import set_file_headers
from oa_api.jobs.pages.files import read_json
from oa_api.trials import trials
from oa_api.trials.examination import review_text
from oa_api.trials.outcome import locate_failure, read_outcome
from oa_api.trials.places import sample_places
from oa_api.trials.proposal_page import find_proposal, form_address, show_proposal
from oa_api.trials.proposals import find_request
from oa_api.trials.remarks import Remark, quote_lines
from oa_api.trials.requests import TrialForm
from oa_api.trials.rows import TrialRow
from oa_api.trials.sample_view import read_rows
from oa_api.trials.schemas import TrialFormSchema, TrialQuerySchema
from oa_api.trials.typed_text import MAX_TEXT_BYTES, check_typed_text, name_in_url, restore_line_ends
from oa_api.ui.rendering import render
from oa_shared.job_kinds import JobKind
from oa_shared.media_types import MEDIA_TYPES

PATH = "/try"
_NOT_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class FixedJob:
    """The failed job whose definition fills in the form."""

    id: int
    code: str
    message: str


async def show_form(request: web.Request) -> web.Response:
    """Show the form; with `job` of the query, the definition of that job, with what is wrong with it."""
    job = (await read_query(request, TrialQuerySchema())).job
    if job is None:
        return await _render_form(request, TrialForm())
    return await _show_definition_of(request, job)


async def _show_definition_of(request: web.Request, job_id: int) -> web.Response:
    database = request.app[DATABASE]
    job = await queries.get_job(database, job_id)
    if job.kind != JobKind.SOURCE:
        raise ConflictError(f"job {job_id} is a job of kind {job.kind}, which has no definition to try")
    text = await queries.get_definition(database, job_id)
    asked = find_request(text)
    if asked is not None:
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: form_address(asked)})
    form = TrialForm(
        definition=await asyncio.to_thread(readable_text, text),
        url=job.source_url or "",
        source_name=job.source_name,
        entry=f"{job.layer}/{job.name}",
    )
    fixed = FixedJob(job.id, job.error.code, job.error.message or "") if job.error else None
    if len(form.definition) > MAX_TEXT_BYTES:
        error = InvalidError(f"its definition is larger than {MAX_TEXT_BYTES:,} bytes: try it with `oa try`")
        return await _render_form(request, replace(form, definition=""), error=error)
    review = await review_text(request.app, form.definition)
    failure = await asyncio.to_thread(locate_failure, form.definition, job, review.entries) if review.entries else []
    remarks = [*review.remarks, *failure]
    return await _render_form(request, form, remarks=remarks, fixed=fixed)


async def post_trial(request: web.Request) -> web.Response:
    """Create a trial and redirect to its page, or show the form again with why not: no typed text is lost."""
    form = await read_form(request, TrialFormSchema())
    form = replace(form, definition=restore_line_ends(form.definition))
    try:
        limits = trials.TrialLimits.of(request.app[SETTINGS])
        await trials.check_hourly_limit(request.app[DATABASE], limits, by=request[PRINCIPAL])
        form = await _complete(request, form)
        trial = await _create(request, form)
    except (InvalidError, TooManyRequestsError) as error:
        return await _render_form(request, form, error=error)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: f"{PATH}/{trial}"})


async def _complete(request: web.Request, form: TrialForm) -> TrialForm:
    """Return the form with the text to try: as typed, or that of its URL. Raises InvalidError."""
    name = form.source_name or name_in_url(form.url)
    text = form.definition or await _fetch(request, form.url)
    check_typed_text(text)
    return replace(form, definition=text, source_name=name)


async def _fetch(request: web.Request, url: str) -> str:
    if not url:
        raise InvalidError("paste a definition, or enter the URL of one")
    try:
        return restore_line_ends(await request.app[FETCHER].fetch(url))
    except FetchError as error:
        raise InvalidError(error.detail) from error


async def _create(request: web.Request, form: TrialForm) -> str:
    review = await review_text(request.app, form.definition)
    new_trial = trials.NewTrial(
        definition=form.definition,
        source_name=form.source_name,
        url=form.url or None,
        review=review,
        entry=review.choose(form.selected),
    )
    limits = trials.TrialLimits.of(request.app[SETTINGS])
    return await trials.create_trial(request.app[DATABASE], new_trial, limits, by=request[PRINCIPAL])


async def _render_form(
    request: web.Request,
    form: TrialForm,
    *,
    remarks: list[Remark] | None = None,
    fixed: FixedJob | None = None,
    error: ApiError | None = None,
) -> web.Response:
    shown = sorted(remarks or [], key=lambda remark: remark.line)
    return render(
        request,
        "trials/form.html",
        status=error.status if error else 200,
        form=form,
        entries=[],
        remarks=shown,
        excerpts=quote_lines(form.definition, shown),
        fixed=fixed,
        error=error,
        newest=await trials.list_newest(request.app[DATABASE], by=request[PRINCIPAL]),
    )


async def show_trial(request: web.Request) -> web.Response:
    """Show a trial: remarks next to their lines, then its sample so far."""
    trial = await _read_trial(request)
    asked = find_request(trial.definition) if trial.job_id is not None else None
    if asked is not None:
        return await show_proposal(request, trial, asked)
    outcome = await read_outcome(request, trial)
    remarks = sorted([*trial.all_remarks, *outcome.remarks], key=lambda remark: remark.line)
    job = outcome.job
    return render(
        request,
        "trials/trial.html",
        trial=trial,
        form=TrialForm(
            definition=trial.definition,
            url=trial.url or "",
            source_name=trial.source_name,
            entry=f"{job.layer}/{job.name}" if job else "",
        ),
        entries=trial.entries,
        remarks=remarks,
        excerpts=await asyncio.to_thread(quote_lines, trial.definition, remarks),
        outcome=outcome,
    )


async def get_definition(request: web.Request) -> web.Response:
    """Return the definition of a trial as a file: as typed, or as proposed."""
    trial = await _read_trial(request)
    text = trial.definition
    if trial.job_id is not None and find_request(text) is not None:
        proposal = await find_proposal(request, await read_outcome(request, trial))
        if proposal is None:
            raise NotFoundError("the job of this trial has proposed no definition: open the page of the trial")
        text = f"{proposal.text}\n"
    response = web.Response(body=text.encode("utf-8", "replace"))
    name = _NOT_IN_FILE_NAME.sub("_", trial.source_name.rpartition("/")[2]) or "definition"
    set_file_headers(response, MEDIA_TYPES[".json"], save_as=f"{name}.json")
    return response


async def get_places(request: web.Request) -> web.Response:
    """Return the sample features of a trial as GeoJSON, for the map."""
    trial = await _read_trial(request)
    sample: object = None
    if trial.job_id is not None:
        sample = await read_json(request, await queries.get_job(request.app[DATABASE], trial.job_id), "sample.json")
    return web.json_response(await asyncio.to_thread(sample_places, read_rows(sample)))


async def _read_trial(request: web.Request) -> TrialRow:
    return await trials.get_trial(request.app[DATABASE], request.match_info["trial"])
