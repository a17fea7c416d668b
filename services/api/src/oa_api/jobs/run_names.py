"""Names of runs: what a run is for, in a few words."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from oa_shared.job_kinds import JobKind
from oa_shared.product_plans import ProductPlan

_MAX_NAME = 200


def name_of_jobs(sources: Sequence[str]) -> str:
    """Return the name of a run of jobs of these sources: `us/ca/berkeley and 3 more`; empty without sources."""
    distinct = list(dict.fromkeys(sources))
    if not distinct:
        return ""
    others = f" and {len(distinct) - 1:,} more" if len(distinct) > 1 else ""
    return distinct[0][: _MAX_NAME - len(others)] + others


def name_of_trial(source: str) -> str:
    """Return the name of the run that tries a definition."""
    return f"Trial of {source}"[:_MAX_NAME]


def name_of_proposal(source: str, host: str | None) -> str:
    """Return the name of the run that proposes a definition: for a source, else for the data of a host."""
    return f"Proposal for {source or host or 'a new source'}"[:_MAX_NAME]


def name_of_pull_request(origin: Mapping[str, object], *, live: bool, is_sample: bool) -> str:
    """Return the name of a run for a commit: of a pull request, or of a branch that publishes."""
    pull = origin.get("pull")
    if pull is None:
        return f"Commit {str(origin.get('sha', ''))[:7]}".rstrip()
    if live:
        return f"Merge of pull request #{pull}"
    return f"Pull request #{pull}{' (samples)' if is_sample else ''}"


def name_of_products(plans: Sequence[ProductPlan]) -> str:
    """Return the name of a run that builds these products, which are all of one kind."""
    first = plans[0]
    match first.kind:
        case JobKind.EXPORT:
            name = f"Export of {first.title}"
        case JobKind.COLLECTION:
            name = f"Collection {first.title}"
        case JobKind.FABRIC:
            name = "Fabric"
        case JobKind.BACKFILL | JobKind.SOURCE:
            name = "Backfill"
        case _:
            assert_never(first.kind)
    return name[:_MAX_NAME]
