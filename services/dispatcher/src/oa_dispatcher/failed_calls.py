"""What becomes of a message when a call of the API or of Batch fails."""

from typing import assert_never

import structlog

from oa_dispatcher.api_client import ApiRefusedError, ApiUnavailableError
from oa_dispatcher.metrics import SUBMISSIONS
from oa_dispatcher.settings import DispatcherSettings
from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchUnknownError
from oa_shared.outcomes import DeadLetter, DependencyDown, Outcome, RetryAfter

log = structlog.get_logger()
THROTTLED_S, _FORBIDDEN_S = 10, 60
FailedCall = ApiUnavailableError | ApiRefusedError | BatchUnknownError | BatchRefusedError
FAILED_CALLS = (ApiUnavailableError, ApiRefusedError, BatchUnknownError, BatchRefusedError)


def outcome_of(error: FailedCall, settings: DispatcherSettings) -> Outcome:
    """Return what becomes of a message whose handling ended with an error."""
    match error:
        case ApiUnavailableError():
            log.warning("submission_waiting", error=error.detail)
            return DependencyDown(settings.api_retry_s)
        case ApiRefusedError():
            return DeadLetter(error.detail)
        case BatchUnknownError():
            SUBMISSIONS.labels("unknown").inc()
            log.warning("submission_unknown", error=error.detail)
            return DependencyDown(settings.unknown_retry_s)
        case BatchForbiddenError():
            SUBMISSIONS.labels("forbidden").inc()
            log.error("submission_forbidden", error=error.detail)
            return DependencyDown(_FORBIDDEN_S)
        case BatchRefusedError():
            # Only the search for a container ends here: a refusal of the submission fails the job.
            log.warning("container_search_refused", error=error.detail)
            return DependencyDown(THROTTLED_S) if error.throttled else RetryAfter(_FORBIDDEN_S)
        case _:
            assert_never(error)
