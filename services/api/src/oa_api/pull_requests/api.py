"""POST /api/github/event: what GitHub tells us is written down; a background duty does something about it."""

import json

import structlog
from aiohttp import web

from oa_api.db.query_files import load_queries
from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import BadRequestError, InvalidError, NotFoundError, UnauthorizedError
from oa_api.http.request_parsing import raw_body
from oa_api.metrics import GITHUB_EVENTS
from oa_api.pull_requests.events import Ignored, Task, task_of
from oa_api.pull_requests.schemas import GitHubDeliverySchema
from oa_api.pull_requests.signature import HEADER, WebhookSecrets

log = structlog.get_logger()
_SQL = load_queries("pull_requests.queries")
WEBHOOK_SECRETS = web.AppKey("webhook_secrets", WebhookSecrets)
# GitHub sends at most 25 MB; a push of 2,048 commits stays far below this.
MAX_BYTES = 10 * 1024 * 1024
_MAX_HEADER = 100
_WAITING, _IGNORED, _KNOWN = "waiting", "ignored", "known"


async def post_event(request: web.Request) -> web.Response:
    """Take an event. Raises UnauthorizedError before anything is read out of a body that GitHub did not sign."""
    body = await _signed_body(request)
    delivery, event = _header(request, "X-GitHub-Delivery"), _header(request, "X-GitHub-Event")
    structlog.contextvars.bind_contextvars(delivery=delivery, github_event=event)
    wanted = task_of(event, _decoded(body), repository=request.app[SETTINGS].github_repository)
    values = {"id": delivery, "event": event, **_remembered(wanted)}
    is_new = await request.app[DATABASE].execute(_SQL["record_delivery"], values)
    state = values["state"] if is_new else _KNOWN
    GITHUB_EVENTS.labels(state).inc()
    log.info("github_event_taken", state=state, reason=values["reason"])
    told = {"delivery": delivery, "state": state, "reason": values["reason"] if is_new else "it came before"}
    return web.json_response(GitHubDeliverySchema().dump(told))


async def _signed_body(request: web.Request) -> bytes:
    secrets, signature = request.app[WEBHOOK_SECRETS], request.headers.get(HEADER, "")
    if not secrets:
        raise NotFoundError("GitHub is not set up here; docs/github.md says how it is")
    if not signature:
        raise UnauthorizedError(f"the header {HEADER} is missing: give the webhook its secret")
    body = await raw_body(request, limit=MAX_BYTES)
    if not secrets.verify(signature, body):
        raise UnauthorizedError(f"{HEADER} does not fit the body: compare the webhook's secret with ours")
    return body


def _header(request: web.Request, name: str) -> str:
    text = request.headers.get(name, "")
    if not (0 < len(text) <= _MAX_HEADER and text.isascii() and text.isprintable()):
        raise InvalidError(f"{name} is 1 to {_MAX_HEADER} printable characters", fields={name: ["Send it."]})
    return text


def _decoded(body: bytes) -> object:
    """Return the payload. It holds words of strangers, of which none is kept: any text will do."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        text = "the body is not JSON: choose application/json as the webhook's content type"
        raise BadRequestError(text) from error


def _remembered(wanted: Task | Ignored) -> dict[str, str | None]:
    if isinstance(wanted, Ignored):
        return {"state": _IGNORED, "reason": wanted.reason, "task": None}
    return {"state": _WAITING, "reason": "", "task": json.dumps(wanted.as_json())}
