"""Counts of deletions."""

from dataclasses import dataclass


@dataclass(slots=True)
class DeletionStats:
    """How many attempts, rows or objects a rule deletes, and their size."""

    count: int = 0
    size_bytes: int = 0

    def add(self, count: int, size_bytes: int = 0) -> None:
        """Add to the counts."""
        self.count += count
        self.size_bytes += size_bytes

    def as_fields(self) -> dict[str, int]:
        """Return the fields of a response."""
        return {"count": self.count, "size_bytes": self.size_bytes}
