"""The review of all definitions that a pull request or a merge changes, file by file, with a budget."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from oa_api.definitions.examiner import Examiner
from oa_api.pull_requests.changed_sources import SourceChange, read_changes, source_paths
from oa_api.pull_requests.definition_review import Finding, Review
from oa_api.pull_requests.examination import review_change
from oa_api.pull_requests.repository import Comparison, Pull, Repository
from oa_shared.supervision import record_progress

MAX_ENTRIES = 500
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReviewBudget:
    """How much is read for one review, the texts of both commits together, and how much of it is kept for jobs."""

    read_bytes: int
    kept_bytes: int
    entries: int | None = None


# Anyone can open a pull request; what is merged, a collaborator has seen.
PULL_BUDGET = ReviewBudget(read_bytes=64 * _MIB, kept_bytes=16 * _MIB, entries=MAX_ENTRIES)
MERGE_BUDGET = ReviewBudget(read_bytes=512 * _MIB, kept_bytes=64 * _MIB)


class Reviewer:
    """Reviews the definitions of a repository; `web_url` is the base URL of its pages."""

    def __init__(self, repository: Repository, examiner: Examiner, *, web_url: str) -> None:
        self._repository = repository
        self._examiner = examiner
        self._web_url = web_url

    async def review_pull(self, pull: Pull) -> Review:
        """Review the changes of a pull request, which gets no jobs if it exceeds its budget. Raises GitHubError."""
        comparison = await self._repository.compare(pull.base_sha, pull.head_sha)
        paths = source_paths(comparison.paths)
        if len(paths) > MAX_ENTRIES:
            return Review(findings=[_too_many(paths[0], f"{len(paths):,} definitions change; limit {MAX_ENTRIES}")])
        return await self._review(paths, base=comparison.merge_base, head=pull.head_sha, budget=PULL_BUDGET)

    async def review_merge(self, comparison: Comparison, head: str) -> Review:
        """Review what a merge or a push changes. Raises GitHubError."""
        paths = source_paths(comparison.paths)
        return await self._review(paths, base=comparison.merge_base, head=head, budget=MERGE_BUDGET)

    async def _review(self, paths: Sequence[str], *, base: str, head: str, budget: ReviewBudget) -> Review:
        total, read_bytes, kept_bytes = Review(), 0, 0
        async with aclosing(read_changes(self._repository, paths, base=base, head=head)) as changes:
            async for change in changes:
                read_bytes += _size(change.before) + _size(change.after)
                if read_bytes > budget.read_bytes:
                    return _refuse(total, change, f"the definitions exceed {budget.read_bytes:,} bytes together")
                reviewed = await self._review_change(change, head)
                record_progress()
                total.add(reviewed)
                kept_bytes += _size(change.after) if reviewed.jobs else 0
                if kept_bytes > budget.kept_bytes:
                    return _refuse(total, change, f"the definitions exceed {budget.kept_bytes:,} bytes together")
                if budget.entries is not None and len(total.jobs) > budget.entries:
                    return _refuse(total, change, f"more than {budget.entries} entries change")
        return total

    async def _review_change(self, change: SourceChange, head: str) -> Review:
        url = f"{self._web_url}/{self._repository.name}/blob/{head}/{change.path}"
        return await review_change(self._examiner, change, url=url)


def _size(text: str | None) -> int:
    return len(text.encode()) if text is not None else 0


def _refuse(total: Review, change: SourceChange, reason: str) -> Review:
    """Return a review without jobs: half of a change would be tried, and half of it published."""
    return Review(findings=[_too_many(change.path, reason), *total.findings])


def _too_many(path: str, reason: str) -> Finding:
    return Finding(path, 1, f"{reason}: split the pull request, or ask an operator")
