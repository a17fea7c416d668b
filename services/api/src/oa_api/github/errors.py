"""Errors of requests to GitHub."""

from oa_shared.errors import OaError


class GitHubError(OaError):
    """GitHub did not do what was requested."""

    code = "github.error"
    title = "The request to GitHub failed."
    pause_s = 0.0


class GitHubUnavailableError(GitHubError):
    """GitHub cannot be reached, failed, or requires a pause of `pause_s` seconds.

    `is_pause_known` is false where GitHub does not state the pause, and the next one has to be longer.
    """

    code = "github.away"
    title = "GitHub is not available."
    retryable = True

    def __init__(self, detail: str = "", *, pause_s: float = 0, is_pause_known: bool = True) -> None:
        super().__init__(detail)
        self.pause_s = pause_s
        self.is_pause_known = is_pause_known


class GitHubRefusedError(GitHubError):
    """GitHub refused the request with `status`; a retry would not help."""

    code = "github.refused"
    title = "GitHub refused the request."

    def __init__(self, detail: str = "", *, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status
