"""POST /api/github/event: an event becomes a row, which a background worker processes."""

import structlog
from aiohttp import web

from oa_api.http.app_keys import DATABASE, SETTINGS
from oa_api.http.errors import BadRequestError, InvalidError, NotFoundError, TooLargeError, UnauthorizedError
from oa_api.http.request_parsing import raw_body
from oa_api.metrics import GITHUB_EVENTS
from oa_api.pull_requests.deliveries import record_delivery
from oa_api.pull_requests.events import read_event
from oa_api.pull_requests.schemas import GitHubDeliverySchema
from oa_api.pull_requests.signature import HEADER, WebhookSecrets
from oa_shared.large_bodies import TooManyValuesError, decode_json, run_by_size

log = structlog.get_logger()
WEBHOOK_SECRETS = web.AppKey("webhook_secrets", WebhookSecrets)
# GitHub sends at most 25 MB; a push of 2,048 commits stays far below this.
MAX_BYTES = 10 * 1024 * 1024
_MAX_HEADER = 100


async def post_event(request: web.Request) -> web.Response:
    """Record an event. Raises UnauthorizedError before anything is read from a body that GitHub did not sign."""
    body = await _signed_body(request)
    delivery_id, event = _header(request, "X-GitHub-Delivery"), _header(request, "X-GitHub-Event")
    structlog.contextvars.bind_contextvars(delivery=delivery_id, github_event=event)
    task = read_event(event, await _decode(body), repository=request.app[SETTINGS].github_repository)
    delivery = await record_delivery(request.app[DATABASE], delivery_id, event, task)
    GITHUB_EVENTS.labels(delivery.state).inc()
    log.info("github_event_received", state=delivery.state, reason=delivery.reason)
    return web.json_response(GitHubDeliverySchema().dump(delivery))


async def _signed_body(request: web.Request) -> bytes:
    secrets, signature = request.app[WEBHOOK_SECRETS], request.headers.get(HEADER, "")
    if not secrets:
        raise NotFoundError("no webhook secret is configured; see docs/github.md")
    if not signature:
        raise UnauthorizedError(f"the header {HEADER} is missing: set the secret of the webhook on GitHub")
    if not secrets.could_verify(signature):
        raise UnauthorizedError(f"{HEADER} must be `sha256=` and 64 hexadecimal digits")
    body = await raw_body(request, limit=MAX_BYTES)
    if not await run_by_size(len(body), secrets.verify, signature, body):
        raise UnauthorizedError(f"{HEADER} does not match the body: compare the secrets of the webhook and this server")
    return body


def _header(request: web.Request, name: str) -> str:
    text = request.headers.get(name, "")
    if not (0 < len(text) <= _MAX_HEADER and text.isascii() and text.isprintable()):
        raise InvalidError(
            f"{name} must be 1 to {_MAX_HEADER} printable ASCII characters", fields={name: ["Required."]}
        )
    return text


async def _decode(body: bytes) -> object:
    """Return the payload. None of its untrusted text is stored, so any text is accepted."""
    try:
        return await decode_json(body)
    except (ValueError, RecursionError) as error:
        text = "the body is not JSON: set the content type of the webhook to application/json"
        raise BadRequestError(text) from error
    except TooManyValuesError as error:
        raise TooLargeError(f"the event has too many values: {error.detail}") from error
