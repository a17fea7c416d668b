"""The endpoint that GitHub calls."""

from oa_api.handlers import github
from oa_api.routes.route import Route
from oa_api.schemas.github import GitHubDelivery
from oa_shared.roles import Role

GITHUB = (
    Route(
        *("POST", "/api/github/event", github.post_event, "Take an event of GitHub", GitHubDelivery, "github"),
        description=(
            "For webhooks: the header X-Hub-Signature-256 proves that the body comes from GitHub, X-GitHub-Delivery "
            "makes a repeated one harmless. What is to be done is done later; the answer does not wait for it."
        ),
        refusals=(400, 401, 404, 408, 413, 422),
        role=Role.ANYONE,
    ),
)
