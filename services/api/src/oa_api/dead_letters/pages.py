"""The page of dead letters: decoded, redriven or discarded one by one or by filter, and what was done of late."""

from typing import Any

from aiohttp import web

from oa_api.db.query_files import load_queries
from oa_api.dead_letters.api import apply, letters, pair_of
from oa_api.dead_letters.schemas import DeadLettersFormSchema, DeadLettersQuerySchema
from oa_api.http.app_keys import DATABASE, QUEUES
from oa_api.http.forms import form
from oa_api.http.request_parsing import query
from oa_api.ui import flash
from oa_api.ui.rendering import render

_AUDIT = load_queries("identity.audit_log")
PATH = "/dead-letters"
_SHOWN = 50
_DEEDS = 15
_DONE = {"redrive": "sent back to the queue", "discard": "thrown away"}


async def show_dead_letters(request: web.Request) -> web.Response:
    """Show what lies dead on a queue."""
    asked = await query(request, DeadLettersQuerySchema())
    queues = [name for name, pair in request.app[QUEUES].items() if pair.dead]
    chosen = asked["queue"] or (queues[0] if queues else "")
    found, total = await _letters(request, chosen, asked) if chosen else ([], None)
    values = {"actions": ["queue.redrive", "queue.discard"], "limit": _DEEDS}
    return render(
        request,
        "dead_letters/list.html",
        asked={**asked, "queue": chosen},
        queues=queues,
        letters=found[:_SHOWN],
        total=total,
        entries=await request.app[DATABASE].all(_AUDIT["latest_entries"], values),
        filters={name: asked[name] for name in ("kind", "reason_contains", "job") if asked[name] is not None},
    )


async def _letters(request: web.Request, name: str, asked: dict[str, Any]) -> tuple[list[dict[str, Any]], Any]:
    _, dead = pair_of(request, name)
    return await letters(dead, asked)


async def post_dead_letters(request: web.Request) -> web.Response:
    """Redrive or discard, and go back."""
    asked = await form(request, DeadLettersFormSchema())
    name = request.match_info["queue"]
    wanted = {**asked, "messages": [asked["message"]] if asked["message"] else None}
    done, _ = await apply(request, name, asked["action"], wanted)
    letters_done = f"{done.done} letter{'s' * (done.done != 1)}"
    kind = "good" if done.done else "warn"
    words = f"{letters_done} {_DONE[asked['action']]}." if done.done else "Nothing of that lies there any more."
    return flash.see_other(request, f"{PATH}?queue={name}", words, kind=kind)
