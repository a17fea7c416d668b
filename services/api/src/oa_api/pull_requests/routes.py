"""The routes of pull requests."""

from oa_api.http.routing import JSON_BODY, post
from oa_api.pull_requests import api
from oa_api.pull_requests.schemas import GitHubDeliverySchema, GitHubHeadersSchema
from oa_shared.roles import Role

API = (
    post(
        "/api/github/event",
        api.post_event,
        "Receive a GitHub event",
        operation_id="receiveGitHubEvent",
        response=GitHubDeliverySchema,
        body=JSON_BODY,
        headers=GitHubHeadersSchema,
        tag="github",
        description=(
            "For webhooks: the header X-Hub-Signature-256 proves that the body comes from GitHub, and "
            "X-GitHub-Delivery makes repeated deliveries harmless. A background worker processes the event; the "
            "response does not wait for it."
        ),
        refusals=(400, 401, 404, 408, 413, 422),
        role=Role.ANYONE,
    ),
)
ROUTES = API
