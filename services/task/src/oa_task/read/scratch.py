"""Folders for the files that a reader makes: the sandbox lets it change nothing in the folder of a downloaded file."""

import atexit
import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path


def scratch_folder(path: Path, purpose: str) -> Path:
    """Return the folder `NAME.PURPOSE` for copies of a file, the same one for each reading of it in this process."""
    key = hashlib.sha256(bytes(path.absolute())).hexdigest()[:16]
    folder = _base() / key / f"{path.name}.{purpose}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def new_scratch_folder() -> Path:
    """Return an empty folder of one reading; its caller removes it."""
    return Path(tempfile.mkdtemp(dir=_base()))


@cache
def _base() -> Path:
    """Return a new folder for temporary files, which goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="oa-read-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
