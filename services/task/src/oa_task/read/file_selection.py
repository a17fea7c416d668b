"""Selection of the data file among the unpacked files (docs/engine.md, "Reading")."""

from collections.abc import Mapping
from pathlib import Path

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
_FALL_BACK_TO_ONLY_FILE = frozenset({"csv", "geojson", "gpkg", "xml"})


def choose_file(files: list[Path], conform: Mapping[str, object]) -> Path:
    """Return the file, or the .gdb folder, that contains the data. Raises TaskFailure source.empty, source.schema."""
    kind = conform["format"]
    if not isinstance(kind, str) or kind not in _SUFFIXES:
        raise TaskFailure("source.schema", f"unknown format {kind!r}: use one of {', '.join(_SUFFIXES)}")
    candidates = _geodatabases(files) if kind == "gdb" else _with_suffix(files, _SUFFIXES[kind])
    if not candidates and kind in _FALL_BACK_TO_ONLY_FILE:
        candidates = files
    name = str(conform.get("file") or "")
    matches = [path for path in candidates if _has_name(path, name)] if name else candidates
    if matches and (kind == "csv" or len(matches) == 1):
        return matches[0]
    present = ", ".join(path.name for path in (candidates or files)[:10]) or "no files"
    condition = f"match `conform.file` {name!r}" if name else "are in the data: set `conform.file`"
    text = f"{len(matches)} files of format {kind} {condition}; expected 1; the data has {present}"
    raise TaskFailure("source.empty", text)


def _with_suffix(files: list[Path], suffixes: tuple[str, ...]) -> list[Path]:
    return [path for suffix in suffixes for path in files if path.suffix.lower() == suffix]


def _geodatabases(files: list[Path]) -> list[Path]:
    folders = {parent for path in files for parent in path.parents if parent.suffix.lower() == ".gdb"}
    return sorted(folders) or _with_suffix(files, (".gdb",))


def _has_name(path: Path, name: str) -> bool:
    base = name.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
    return base in {path.name.lower(), path.stem.lower()}
