"""Folders for the files that a reader creates: the sandbox keeps it from changing the folder of the download."""

import tempfile
from contextlib import ExitStack
from pathlib import Path


def scratch_folder(path: Path, purpose: str, stack: ExitStack) -> Path:
    """Return the new folder `NAME.PURPOSE` for copies or parts of a file; the stack removes it."""
    base = stack.enter_context(tempfile.TemporaryDirectory(prefix="oa-read-"))
    folder = Path(base) / f"{path.name}.{purpose}"
    folder.mkdir()
    return folder
