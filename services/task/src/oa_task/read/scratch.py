"""Folders for the files that a reader creates: the sandbox keeps it from changing the folder of the download."""

import atexit
import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path


def scratch_folder(path: Path, purpose: str) -> Path:
    """Return the folder `NAME.PURPOSE` for files derived from a file: one per file in this process."""
    key = hashlib.sha256(bytes(path.absolute())).hexdigest()[:16]
    folder = _base() / key / f"{path.name}.{purpose}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _base() -> Path:
    """Return a new folder for temporary files, which goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="oa-read-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
