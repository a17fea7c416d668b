"""Which pull requests run at once, and which wait for a collaborator: anyone can open one, and jobs cost money."""

from dataclasses import dataclass
from enum import StrEnum

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.pull_requests.repository import Pull
from oa_api.pull_requests.rows import CheckRow
from oa_api.pull_requests.targets import PullHead

_SQL = load_queries("pull_requests.queries")
# https://docs.github.com/en/graphql/reference/enums#commentauthorassociation
COLLABORATORS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_KNOWN_AUTHORS = COLLABORATORS | {"CONTRIBUTOR"}


class Hold(StrEnum):
    """Why a pull request waits for a collaborator."""

    NONE = ""
    NEWCOMER = "newcomer"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """Whether authors without a merged pull request need an approval, and how many entries an author gets in a day."""

    newcomers_wait: bool = True
    entries_per_day: int = 1000


async def find_hold(transaction: Transaction, rules: AdmissionRules, pull: Pull, head: PullHead, entries: int) -> Hold:
    """Return why a pull request with this number of entries has to wait, if it does; collaborators never wait."""
    if not entries or pull.association in COLLABORATORS:
        return Hold.NONE
    values = {"repository": head.repository, "pull": head.pull, "author": pull.author}
    await transaction.execute(_SQL["lock_author"], values)
    is_newcomer = rules.newcomers_wait and pull.association not in _KNOWN_AUTHORS
    if is_newcomer and not await transaction.first(_SQL["is_approved"], values, into=bool):
        return Hold.NEWCOMER
    used = await transaction.first(_SQL["entries_of_author"], values, into=int) or 0
    return Hold.QUOTA if rules.entries_per_day and used + entries > rules.entries_per_day else Hold.NONE


async def record_approval(transaction: Transaction, head: PullHead, *, by: str) -> CheckRow | None:
    """Record that a collaborator lets a pull request run, and return its check that waits for this, if any."""
    values = {"repository": head.repository, "pull": head.pull, "by": by}
    await transaction.execute(_SQL["record_approval"], values)
    return await transaction.first(_SQL["held_check"], values, into=CheckRow)


async def release(transaction: Transaction, check: CheckRow, *, findings: str, entries: int) -> None:
    """Let a check run."""
    values = {"check": check.id, "findings": findings, "entry_count": entries}
    await transaction.execute(_SQL["release_check"], values)
