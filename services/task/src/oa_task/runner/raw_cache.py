"""`cache.zip`: the raw input, for a later job to use while the server has nothing newer.

The same files give the same bytes: members have no time and no permissions of the machine.
"""

import shutil
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from isal import isal_zlib

from oa_task.results.zip_members import NO_DATE, PLAIN_FILE

_COPY_BYTES = 1 << 20
_FASTEST = 1
_SAMPLE_BYTES = 1 << 18
_MUCH = 0.95
"""The share of a file's start that its compression has to leave at most, to be worth compressing."""


def write_raw_cache(raws: Sequence[Path], target: Path) -> None:
    """Write the raw files to a zip; copy a single zip unchanged. Several files get their number as a prefix.

    Files that are compressed are not compressed again.
    """
    if len(raws) == 1 and zipfile.is_zipfile(raws[0]):
        shutil.copyfile(raws[0], target)
        return
    with zipfile.ZipFile(target, "w", compresslevel=_FASTEST) as archive:
        for number, raw in enumerate(raws, start=1):
            _add(archive, raw, raw.name if len(raws) == 1 else f"{number}-{raw.name}")


def _add(archive: zipfile.ZipFile, raw: Path, name: str) -> None:
    """Add a file, compressed by ISA-L, which takes a quarter of zlib's time."""
    member = zipfile.ZipInfo(name, NO_DATE)
    member.file_size = raw.stat().st_size  # zipfile decides by it whether the member needs ZIP64
    member.external_attr = PLAIN_FILE
    member.compress_type = zipfile.ZIP_DEFLATED if _shrinks(raw) else zipfile.ZIP_STORED
    with raw.open("rb") as source, archive.open(member, "w") as file:
        if member.compress_type == zipfile.ZIP_DEFLATED:
            # zipfile has no way to name a compressor; without this attribute it would use zlib.
            file._compressor = isal_zlib.compressobj(  # type: ignore[attr-defined] # noqa: SLF001 - see above
                _FASTEST, isal_zlib.DEFLATED, -zlib.MAX_WBITS
            )
        shutil.copyfileobj(source, file, _COPY_BYTES)


def _shrinks(raw: Path) -> bool:
    with raw.open("rb") as file:
        start = file.read(_SAMPLE_BYTES)
    return len(isal_zlib.compress(start, _FASTEST)) < len(start) * _MUCH
