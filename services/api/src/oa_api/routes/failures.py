"""What failed and why, and what is held back."""

from oa_api.handlers import failures, moderation
from oa_api.routes.route import Route
from oa_api.schemas.answers import Settled
from oa_api.schemas.failures import FailureFilter, FailureList
from oa_api.schemas.moderation import Decision, HeldBackCount, HeldBackFilter, HeldBackList, HeldBackSelection
from oa_shared.roles import Role

FAILURES = (
    Route(
        *("GET", "/api/failure", failures.list_failures, "Failures by their cause", FailureList, "jobs"),
        description=(
            "By code, host of the data or place: how many jobs stand failed, whether more do than before, since when, "
            "with examples, and whether running them again can help. Of the last days, or of a run beside those before."
        ),
        query=FailureFilter,
        refusals=(404,),
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/job/error", moderation.list_errors, "Jobs that are held back", HeldBackList, "jobs"),
        description="What the quality gate has against each, and its figures beside what is published.",
        query=HeldBackFilter,
        role=Role.ANYONE,
    ),
    Route(
        *("GET", "/api/job/error/count", moderation.count_errors, "How many are held back", HeldBackCount, "jobs"),
        query=HeldBackSelection,
        role=Role.ANYONE,
    ),
    Route(
        *("POST", "/api/job/error/{job}", moderation.post_error, "Decide on a held-back job", Settled, "jobs"),
        body=Decision,
        refusals=(409,),
        role=Role.MODERATOR,
    ),
)
