"""The page of dead letters: decoded, redriven or discarded one by one or by filter, and what was done of late."""

from typing import Any

from aiohttp import web

from oa_api.forms import form
from oa_api.handlers.dead_letters import deal, letters, pair_of
from oa_api.pages import flash
from oa_api.pages.rendering import render
from oa_api.requests import query
from oa_api.schemas.queues import DeadLettersForm, DeadLettersQuery
from oa_api.services import DATABASE, QUEUES
from oa_api.store.queries import queries

_AUDIT = queries("audit")
PATH = "/dead-letters"
_SHOWN = 50
_DEEDS = 15
_DONE = {"redrive": "sent back to the queue", "discard": "thrown away"}


async def show_dead_letters(request: web.Request) -> web.Response:
    """Show what lies dead on a queue."""
    asked = await query(request, DeadLettersQuery())
    queues = [name for name, pair in request.app[QUEUES].items() if pair.dead]
    chosen = asked["queue"] or (queues[0] if queues else "")
    found, total = await _letters(request, chosen, asked) if chosen else ([], None)
    values = {"actions": ["queue.redrive", "queue.discard"], "limit": _DEEDS}
    return render(
        request,
        "operators/dead_letters.html",
        asked={**asked, "queue": chosen},
        queues=queues,
        letters=found[:_SHOWN],
        total=total,
        deeds=await request.app[DATABASE].all(_AUDIT["latest_deeds"], values),
        filters={name: asked[name] for name in ("kind", "reason", "job") if asked[name] is not None},
    )


async def _letters(request: web.Request, name: str, asked: dict[str, Any]) -> tuple[list[dict[str, Any]], Any]:
    _, dead = pair_of(request, name)
    return await letters(dead, asked)


async def post_dead_letters(request: web.Request) -> web.Response:
    """Redrive or discard, and go back."""
    asked = await form(request, DeadLettersForm())
    name = request.match_info["queue"]
    wanted = {**asked, "messages": [asked["message"]] if asked["message"] else None}
    done, _ = await deal(request, name, asked["action"], wanted)
    letters_done = f"{done.done} letter{'s' * (done.done != 1)}"
    kind = "good" if done.done else "warn"
    words = f"{letters_done} {_DONE[asked['action']]}." if done.done else "Nothing of that lies there any more."
    return flash.see_other(request, f"{PATH}?queue={name}", words, kind=kind)
