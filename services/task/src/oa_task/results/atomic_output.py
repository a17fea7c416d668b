"""Files that appear together when all are done: until then they lie in a folder of their own beside their place."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oa_task.results.files import MANIFEST_FILE


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """Give a folder beside the files to come, on the same file system; it is gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def commit(folder: Path, out: Path) -> None:
    """Move everything into place, the manifest last; an earlier manifest goes first, as it would be wrong by then."""
    (out / MANIFEST_FILE).unlink(missing_ok=True)
    for path in sorted(folder.iterdir(), key=lambda item: item.name == MANIFEST_FILE):
        path.replace(out / path.name)
