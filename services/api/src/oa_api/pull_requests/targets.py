"""What an action is about: the head of a pull request, or a commit of the default branch."""

from dataclasses import dataclass

from oa_shared.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class PullHead:
    """The head commit of a pull request."""

    repository: str
    pull: int
    head_sha: str

    @property
    def origin(self) -> JsonObject:
        """Return what a run records as its origin."""
        return {"repository": self.repository, "pull": self.pull, "sha": self.head_sha}


@dataclass(frozen=True, slots=True)
class BranchCommit:
    """A commit of the default branch; for a merge with the pull request and its head."""

    repository: str
    sha: str
    pull: int | None = None
    head_sha: str | None = None

    @property
    def origin(self) -> JsonObject:
        """Return what a run records as its origin."""
        return {"repository": self.repository, "pull": self.pull, "sha": self.sha}
