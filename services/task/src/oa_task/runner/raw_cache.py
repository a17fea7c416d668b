"""`cache.zip`: the raw input, for a later job to use while the server has nothing newer."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

_FASTEST = 1


def write_raw_cache(raws: Sequence[Path], target: Path) -> None:
    """Write the raw files to a zip; copy a single zip as it is. Several files get their number as a prefix."""
    if len(raws) == 1 and zipfile.is_zipfile(raws[0]):
        shutil.copyfile(raws[0], target)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST) as archive:
        for number, raw in enumerate(raws, start=1):
            archive.write(raw, raw.name if len(raws) == 1 else f"{number}-{raw.name}")
