"""The fields of responses of GitHub's REST API that this system reads: https://docs.github.com/en/rest."""

from typing import NotRequired, TypedDict


class CommitResponse(TypedDict):
    """A commit."""

    sha: str


class UserResponse(TypedDict):
    """An account."""

    login: NotRequired[str]


class RepositoryResponse(TypedDict):
    """GET /repos/{repository}."""

    default_branch: str


class BranchResponse(TypedDict):
    """GET /repos/{repository}/branches/{branch}."""

    commit: CommitResponse


class BaseResponse(TypedDict):
    """The base branch of a pull request."""

    sha: str
    ref: str
    repo: RepositoryResponse


class PullResponse(TypedDict):
    """GET /repos/{repository}/pulls/{number}; the account of the author may be deleted."""

    head: CommitResponse
    base: BaseResponse
    user: UserResponse | None
    author_association: NotRequired[str]
    state: str
    merged: bool | None
    updated_at: str


class FileResponse(TypedDict):
    """A file of a comparison."""

    filename: NotRequired[str]
    previous_filename: NotRequired[str]


class ComparisonResponse(TypedDict):
    """GET /repos/{repository}/compare/{base}...{head}."""

    merge_base_commit: CommitResponse
    files: list[FileResponse]


class TreeItemResponse(TypedDict):
    """A file or directory."""

    path: str
    type: str
    sha: str


class TreeResponse(TypedDict):
    """GET /repos/{repository}/git/trees/{sha}."""

    tree: list[TreeItemResponse]
    truncated: NotRequired[bool]


class CheckOutputResponse(TypedDict):
    """What a check run shows."""

    annotations_count: NotRequired[int | None]


class CheckRunResponse(TypedDict):
    """A check run."""

    id: int
    external_id: NotRequired[str | None]
    output: CheckOutputResponse


class AppResponse(TypedDict):
    """A GitHub App."""

    id: NotRequired[int]


class CommentResponse(TypedDict):
    """A comment; `performed_via_github_app` is None for those of users."""

    id: int
    body: NotRequired[str | None]
    performed_via_github_app: NotRequired[AppResponse | None]


class InstallationResponse(TypedDict):
    """GET /repos/{repository}/installation."""

    id: int


class AccessTokenResponse(TypedDict):
    """POST /app/installations/{installation}/access_tokens."""

    token: str
    expires_at: str
