"""The way of a file from the folder of the child to the folder of a result.

The child decides what its folder contains. Only regular files with a name from a list leave it, and links do not.
"""

import stat
from collections.abc import Set as AbstractSet
from pathlib import Path

from oa_task.runtime.failure import TaskFailure


def accept_files(source: Path, target: Path, names: AbstractSet[str]) -> None:
    """Move the files of `source`, whose process has ended, to `target`, a folder of the same file system.

    Raises TaskFailure bug.crash for a name that is not in `names`, a link, or anything else that is not a regular file.
    """
    for path in sorted(source.iterdir()):
        if path.name not in names:
            raise _refusal(path, "is not a file of a result")
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise _refusal(path, "is not a regular file")
        if status.st_nlink != 1:
            raise _refusal(path, "has several names")
        path.rename(target / path.name)


def _refusal(path: Path, reason: str) -> TaskFailure:
    text = f"the process that reads the data left {path.name[:100]!r}, which {reason}; the data may be hostile"
    return TaskFailure("bug.crash", text)
