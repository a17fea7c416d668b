"""`cache.zip`: the raw input, kept so that a later job can use it when the server has nothing new."""

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

_FASTEST = 1


def write_raw_cache(raws: Sequence[Path], target: Path) -> None:
    """Keep the raw files: a single zip as it came, anything else packed, several with their place before the name."""
    if len(raws) == 1 and zipfile.is_zipfile(raws[0]):
        shutil.copyfile(raws[0], target)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST) as archive:
        for place, raw in enumerate(raws, start=1):
            archive.write(raw, raw.name if len(raws) == 1 else f"{place}-{raw.name}")
