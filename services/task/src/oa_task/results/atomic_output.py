"""Files that appear together when all are complete: they are written to a staging folder first."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oa_task.results.files import MANIFEST_FILE


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """Yield a folder inside `out`, so on the same file system; remove it at the end in any case."""
    folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def commit(folder: Path, out: Path) -> None:
    """Move all files into `out`, the manifest last. Removes an earlier manifest first: it no longer describes `out`."""
    (out / MANIFEST_FILE).unlink(missing_ok=True)
    for path in sorted(folder.iterdir(), key=lambda item: item.name == MANIFEST_FILE):
        path.replace(out / path.name)
