"""Files that match the name in `conform.file`: by path first, then by folder, then by base name."""

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

_PACKED_SUFFIXES = (".zip", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".kmz")
Parts = tuple[str, ...]


def best_matches(paths: Sequence[Path], name: str, *, only_files: bool = False) -> list[Path]:
    """Return the files that match a name best, none if no file does.

    In this order: paths that end in the name, with and without its suffix; files in the folder of that name
    (unless `only_files`); files of its base name. Case and the form of Unicode matter only between equal matches, and
    the path closest to the root comes first.
    """
    expected = _parts(name)
    if not expected:
        return []
    for matches in _rules(expected, only_files=only_files):
        found = [path for path in paths if matches(_parts(path.as_posix()))]
        if found:
            return _closest(found, name)
    return []


def _rules(expected: Parts, *, only_files: bool) -> list[Callable[[Parts], bool]]:
    def in_folder(parts: Parts) -> bool:
        size = len(expected)
        return any(_same(parts[end - size : end], expected) for end in range(size, len(parts)))

    rules = [
        lambda parts: parts[-len(expected) :] == expected,
        lambda parts: _same(parts[-len(expected) :], expected),
        in_folder,
        lambda parts: parts[-1] == expected[-1],
        lambda parts: _same(parts[-1:], expected[-1:]),
    ]
    return [rule for rule in rules if not (only_files and rule is in_folder)]


def _same(parts: Parts, expected: Parts) -> bool:
    """Return whether a path is the one that a name means, without the suffixes of its last part and of archives."""
    if len(parts) != len(expected):
        return False
    folders = zip(parts[:-1], expected[:-1], strict=True)
    if any(part != name and _without_packing(part) != _without_packing(name) for part, name in folders):
        return False
    last, name = parts[-1], expected[-1]
    return name in {last, _stem(last), _without_packing(last), _stem(_without_packing(last))} or (
        name.endswith(".gdb") and _stem(name) in {last, _without_packing(last)}
    )


def _closest(found: list[Path], name: str) -> list[Path]:
    """Return the matches in the letters of the name if there are any, and of these the ones closest to the root."""
    letters = name.replace("\\", "/").strip("/").removeprefix("./")
    exact = [path for path in found if path.as_posix().endswith(f"/{letters}") or path.as_posix() == letters]
    return sorted(exact or found, key=lambda path: len(path.parts))


def _parts(path: str) -> Parts:
    text = unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()
    return tuple(part for part in text.split("/") if part not in {"", "."})


def _stem(name: str) -> str:
    stem, dot, _suffix = name.rpartition(".")
    return stem if dot and stem else name


def _without_packing(name: str) -> str:
    for suffix in _PACKED_SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            return _without_packing(name[: -len(suffix)])
    return name
