"""What can go wrong between us and GitHub."""

from oa_shared.errors import OaError


class GitHubError(OaError):
    """GitHub did not do what was asked."""

    code = "github.error"
    title = "GitHub did not do it."
    pause_s = 0.0


class GitHubUnavailableError(GitHubError):
    """GitHub cannot be reached, failed, or asks for a pause of `pause_s` seconds."""

    code = "github.away"
    title = "GitHub does not answer now."
    retryable = True

    def __init__(self, detail: str = "", *, pause_s: float = 0) -> None:
        super().__init__(detail)
        self.pause_s = pause_s


class GitHubRefusedError(GitHubError):
    """GitHub understood and said no; asking again would not help."""

    code = "github.refused"
    title = "GitHub refused the request."

    def __init__(self, detail: str = "", *, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status
