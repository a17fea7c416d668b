"""Selection of the data file among the unpacked files (docs/engine.md, "Reading")."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from oa_shared.failure_details import FaultyPlace
from oa_task.read.content_kind import identify
from oa_task.read.content_match import READABLE
from oa_task.read.content_signatures import ContentKind
from oa_task.read.file_names import best_matches
from oa_task.read.geodatabase import collapse_geodatabases, openable_geodatabase
from oa_task.runtime.failure import TaskFailure

_SUFFIXES = {
    "csv": (".csv", ".txt", ".tsv"),
    "geojson": (".geojson", ".json", ".geojsonl", ".ndjson"),
    "shapefile": (".shp",),
    "shapefile-polygon": (".shp",),
    "gpkg": (".gpkg",),
    "gdb": (".gdb",),
    "xml": (".gml", ".xml"),
}
_TABLES = frozenset({ContentKind.TEXT})
_MAX_IDENTIFIED = 200
_MAX_NAMES = 10
_ABOUT_THE_DATA = ("readme", "read_me", "license", "licence", "copyright", "copying", "metadata", "changelog", "about")
Warn = Callable[[str], None]


def choose_file(files: list[Path], conform: Mapping[str, object], warn: Warn = lambda _text: None) -> Path:
    """Return the file, or the .gdb folder, that contains the data; warn of a choice among several tables.

    `conform.file` is a path, the name of a folder, or the name of a file with or without its suffix; the deepest part
    of it that matches decides. Raises TaskFailure source.empty, source.schema.
    """
    kind = conform["format"]
    if not isinstance(kind, str) or kind not in _SUFFIXES:
        text = f"unknown format {kind!r}: use one of {', '.join(_SUFFIXES)}"
        raise TaskFailure("source.schema", text, places=[FaultyPlace("/conform/format")])
    data = collapse_geodatabases(files)
    name = str(conform.get("file") or "")
    matches, candidates = _candidates(data, kind, name, str(conform.get("encoding") or "") or None)
    if not matches or (len(matches) > 1 and kind != "csv"):
        of_format = [path for path in matches if path in candidates]
        raise _failure(kind, name, of_format, candidates or data)
    _warn_of_choice(matches, data, name, warn)
    return openable_geodatabase(matches[0], files)


def _candidates(data: list[Path], kind: str, name: str, encoding: str | None) -> tuple[list[Path], list[Path]]:
    """Return the files among which the definition leaves the choice, and those of the format."""
    candidates = _of_format(data, kind)
    if not name:
        useful = [path for path in candidates if not is_about_the_data(path)]
        return useful or _by_content(data, kind, encoding) or candidates, candidates
    return best_matches(candidates, name) or best_matches(data, name, only_files=True), candidates


def _of_format(data: Sequence[Path], kind: str) -> list[Path]:
    folders = [path for path in data if path.is_dir()]
    if kind == "gdb" and folders:
        return folders
    files = [path for path in data if not path.is_dir()]
    return [path for suffix in _SUFFIXES[kind] for path in files if path.suffix.lower() == suffix]


def _by_content(data: list[Path], kind: str, encoding: str | None) -> list[Path]:
    """Return the files that a reader reads by their content, the only file whatever it is."""
    if len(data) <= 1:
        return data
    kinds = {path: identify(path, encoding).kind for path in data[:_MAX_IDENTIFIED]}
    readable = [path for path, content in kinds.items() if content in READABLE and not _is_companion(path, content)]
    if readable or kind != "csv":
        return readable
    return [path for path, content in kinds.items() if content in _TABLES and not is_about_the_data(path)]


def _is_companion(path: Path, kind: ContentKind) -> bool:
    """Return whether a file has the magic number of a shapefile, and is the index of one."""
    return kind is ContentKind.SHAPEFILE and path.suffix.lower() != ".shp"


def is_about_the_data(path: Path) -> bool:
    """Return whether a file describes the data, such as a readme, by its name."""
    return path.stem.lower().startswith(_ABOUT_THE_DATA)


def _warn_of_choice(matches: list[Path], data: list[Path], name: str, warn: Warn) -> None:
    chosen = matches[0]
    others = [path for path in matches[1:] if not is_about_the_data(path) and path.stat().st_size]
    if not others:
        return
    names = relative_names([chosen, *others], data)
    reason = (
        f"several files match `conform.file` {name!r}"
        if name
        else "missing `conform.file`: the data has several tables"
    )
    warn(f"{reason}; read {names[0]}; not read: {_list_names(names[1:])}")


def _failure(kind: str, name: str, matches: list[Path], present: list[Path]) -> TaskFailure:
    """Return the failure for no file or too many; `matches` are those of the format, `present` is what there is."""
    names = _list_names(relative_names(matches if len(matches) > 1 else present, present)) or "no files"
    condition = f"match `conform.file` {name!r}" if name else "are in the data: set `conform.file`"
    text = f"{len(matches)} files of format {kind} {condition}; expected 1; the data has {names}"
    return TaskFailure("source.empty", text)


def relative_names(paths: Sequence[Path], data: Sequence[Path]) -> list[str]:
    """Return the paths as `conform.file` can name them: below the folder that holds all of the data."""
    folders = {str(path.parent) for path in data}
    root = os.path.commonpath(folders) if folders else ""
    return [os.path.relpath(path, root).replace(os.sep, "/") for path in paths]


def _list_names(names: Sequence[str]) -> str:
    rest = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
