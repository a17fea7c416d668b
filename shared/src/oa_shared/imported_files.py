"""Keys of files that another system wrote and that stay where they are, in a bucket of that system.

In place of a key of the own bucket, such a key is `imported/<bucket>/<key in that bucket>`. Only an import makes one:
results of containers name only files of their attempt (oa_shared.job_result). Adapters of object stores read them
from the bucket that they name, and never write one.
"""

from dataclasses import dataclass

_PREFIX = "imported/"


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """The place of an imported file."""

    bucket: str
    key: str


def imported_key(bucket: str, key: str) -> str:
    """Return the key under which this system knows a file of another bucket."""
    return f"{_PREFIX}{bucket}/{key}"


def parse_imported_key(key: str) -> ImportedFile | None:
    """Return the place of an imported file; None for a key of the own bucket."""
    if not key.startswith(_PREFIX):
        return None
    bucket, _, place = key.removeprefix(_PREFIX).partition("/")
    return ImportedFile(bucket, place) if bucket and place else None
