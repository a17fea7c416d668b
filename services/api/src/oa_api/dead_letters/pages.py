"""The page of dead letters: view, redrive or discard them, one by one or by filter."""

from aiohttp import web

from oa_api.db.counting import Total
from oa_api.dead_letters.actions import act_on_dead_letters, find_queue
from oa_api.dead_letters.dead_letter import DeadLetterFilter
from oa_api.dead_letters.reader import READER, DeadLetterView
from oa_api.dead_letters.requests import DeadLetterAction, DeadLetterPageFilter
from oa_api.dead_letters.schemas import DeadLetterFormSchema, DeadLetterPageFilterSchema
from oa_api.http.app_keys import DATABASE, QUEUES
from oa_api.http.forms import read_form
from oa_api.http.request_parsing import read_query
from oa_api.identity import audit_log
from oa_api.identity.principal import PRINCIPAL
from oa_api.ui import flash
from oa_api.ui.rendering import render
from oa_shared.value_text import plural

PATH = "/dead-letters"
_MAX_SHOWN = 50
_RECENT_ACTIONS = 15
_AFTERWARDS = {
    DeadLetterAction.REDRIVE: " A message that fails again returns here with a new ID.",
    DeadLetterAction.DISCARD: "",
}
_OUTCOMES = {DeadLetterAction.REDRIVE: "redriven", DeadLetterAction.DISCARD: "discarded"}


async def show_dead_letters(request: web.Request) -> web.Response:
    """Show the dead letters of a queue, and recent actions."""
    page_filter = await read_query(request, DeadLetterPageFilterSchema())
    queues = [name for name, pair in request.app[QUEUES].items() if pair.dead]
    queue = page_filter.queue or (queues[0] if queues else "")
    view = await _view(request, queue, page_filter) if queue else DeadLetterView([], Total(0), None, False, "")
    is_part = "HX-Request" in request.headers
    fields = {
        "kind": page_filter.kind,
        "reason_contains": page_filter.reason_contains,
        "job": page_filter.job,
    }
    actions = [f"queue.{action}" for action in DeadLetterAction]
    return render(
        request,
        "dead_letters/list.html",
        queue=queue,
        queues=queues,
        page_filter=page_filter,
        status=503 if view.problem and not view.read_at and not is_part else 200,
        dead_letters=view.messages[:_MAX_SHOWN],
        total=view.total,
        view=view,
        entries=await audit_log.list_latest(request.app[DATABASE], actions, limit=_RECENT_ACTIONS),
        filter_fields={name: value for name, value in fields.items() if value is not None},
    )


async def _view(request: web.Request, queue: str, page_filter: DeadLetterPageFilter) -> DeadLetterView:
    _, dead = find_queue(request.app[QUEUES], queue)
    return await request.app[READER].view(dead, DeadLetterFilter.of_selection(page_filter))


async def post_dead_letters(request: web.Request) -> web.Response:
    """Redrive or discard dead letters, and show the page again."""
    dead_letter_form, name = await read_form(request, DeadLetterFormSchema()), request.match_info["queue"]
    database, queues, action = request.app[DATABASE], request.app[QUEUES], dead_letter_form.action
    command = dead_letter_form.command()
    result, _ = await act_on_dead_letters(database, queues, name, action, command, by=request[PRINCIPAL])
    await request.app[READER].forget(find_queue(queues, name)[1])
    messages = plural(result.done, "message")
    text = (
        f"{messages} {_OUTCOMES[action]}.{_AFTERWARDS[action]}"
        if result.done
        else "No matching messages; the queue has changed."
    )
    return flash.see_other(request, f"{PATH}?queue={name}", text, kind="good" if result.done else "warn")
