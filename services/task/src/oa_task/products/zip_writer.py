"""Zips of products: of any size (ZIP64), and with the same bytes for the same content."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from oa_task.results.zip_members import NO_DATE, PLAIN_FILE

_COPY_BYTES = 1 << 20
_FASTEST = 1


class ZipWriter:
    """Writes a zip, one member after another."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", allowZip64=True)
        self._names: set[str] = set()

    @contextmanager
    def member(self, name: str, *, is_packed: bool = True) -> Iterator[IO[bytes]]:
        """Yield a file for the bytes of a member; a duplicate name gets a number."""
        info = zipfile.ZipInfo(self._unique(name), NO_DATE)
        info.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        info._compresslevel = _FASTEST  # type: ignore[attr-defined]  # noqa: SLF001 - no public name before 3.13
        info.external_attr = PLAIN_FILE
        with self._zip.open(info, "w", force_zip64=True) as file:
            yield file

    def add(self, name: str, path: Path, *, is_packed: bool = True) -> None:
        """Add a file."""
        with path.open("rb") as source, self.member(name, is_packed=is_packed) as target:
            shutil.copyfileobj(source, target, _COPY_BYTES)

    def close(self) -> None:
        """Finish the zip."""
        self._zip.close()

    def _unique(self, name: str) -> str:
        stem, dot, ending = name.rpartition(".")
        number, unique = 1, name
        while unique.casefold() in self._names:
            number += 1
            unique = f"{stem}-{number}{dot}{ending}"
        self._names.add(unique.casefold())
        return unique


def safe_path(parts: Iterable[str]) -> str:
    """Return the name of a member that every system can unpack, whatever the parts of the untrusted name are."""
    cleaned = ["".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in part) for part in parts]
    return "/".join(part.strip(". ")[:100] or "_" for part in cleaned)
