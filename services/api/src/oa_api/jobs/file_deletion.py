"""Which files of an attempt retention has deleted, or is about to: checked before serving or publishing them."""

from dataclasses import dataclass
from datetime import datetime

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries

_SQL = load_queries("jobs.file_deletion")
_FILES, _LOG = "files", "log"
# In place of a rule, for the files of a dataset that an admin deleted.
DATASET_DELETED = "dataset_deleted"


@dataclass(frozen=True, slots=True)
class FileDeletion:
    """When a retention rule marked the files of an attempt for deletion."""

    marked_at: datetime
    rule: str

    @property
    def reason(self) -> str:
        """Return when and why the files were deleted."""
        day = f"{self.marked_at:%Y-%m-%d}"
        if self.rule == DATASET_DELETED:
            return f"deleted on {day} with its dataset"
        return f"deleted on {day} by the rule `{self.rule}`: see GET /api/cleanup"


async def find_deletion(
    reader: Database | Transaction, *, job: int, attempt: int, log_only: bool = False
) -> FileDeletion | None:
    """Return the deletion of an attempt's files, or with `log_only` that of its log, which outlives the others.

    None while they are kept.
    """
    parts = [_LOG] if log_only else [_FILES, _LOG]
    return await reader.first(
        _SQL["file_deletion"], {"job": job, "attempt": attempt, "parts": parts}, into=FileDeletion
    )
