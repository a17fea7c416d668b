"""Zips of products: members one after another, the same bytes for the same content, as large as it takes (ZIP64)."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_DATE = (1980, 1, 1, 0, 0, 0)
_COPY_BYTES = 1 << 20
_FASTEST = 1


class ZipWriter:
    """A zip that is being written."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", allowZip64=True)
        self._names: set[str] = set()

    @contextmanager
    def member(self, name: str, *, is_packed: bool = True) -> Iterator[IO[bytes]]:
        """Give a file to write a member's bytes to; a name that is taken gets a number."""
        about = zipfile.ZipInfo(self._free(name), _DATE)
        about.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        about._compresslevel = _FASTEST  # type: ignore[attr-defined]  # noqa: SLF001 - no public name before 3.13
        about.external_attr = 0o644 << 16
        with self._zip.open(about, "w", force_zip64=True) as file:
            yield file

    def add(self, name: str, path: Path, *, is_packed: bool = True) -> None:
        """Add a file."""
        with path.open("rb") as source, self.member(name, is_packed=is_packed) as target:
            shutil.copyfileobj(source, target, _COPY_BYTES)

    def close(self) -> None:
        """Finish the zip."""
        self._zip.close()

    def _free(self, name: str) -> str:
        stem, dot, ending = name.rpartition(".")
        number, free = 1, name
        while free.casefold() in self._names:
            number += 1
            free = f"{stem}-{number}{dot}{ending}"
        self._names.add(free.casefold())
        return free


def safe_path(parts: Iterable[str]) -> str:
    """Return a member's name that every system can unpack where it is told to, whatever strangers call things."""
    kept = ["".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in part) for part in parts]
    return "/".join(part.strip(". ")[:100] or "_" for part in kept)
