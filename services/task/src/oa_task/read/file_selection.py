"""Which of the unpacked files is the data (ENGINE part A, section 5)."""

from pathlib import Path
from typing import Any

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


def choose_file(files: list[Path], conform: dict[str, Any]) -> Path:
    """Return the file, or the .gdb folder, that holds the data. Raises TaskFailure source.empty."""
    kind = conform["format"]
    if kind not in _SUFFIXES:
        raise TaskFailure("source.schema", f"unknown format {kind!r}: use one of {', '.join(_SUFFIXES)}")
    candidates = _geodatabases(files) if kind == "gdb" else _with_suffix(files, _SUFFIXES[kind])
    if not candidates and kind in _FALL_BACK_TO_ONLY_FILE:
        candidates = files
    wanted = conform.get("file")
    named = [path for path in candidates if _is_named(path, wanted)] if wanted else candidates
    if kind == "csv" and named:
        return named[0]
    if len(named) == 1 or (len(candidates) == 1 and not wanted):
        return (named or candidates)[0]
    there = ", ".join(path.name for path in candidates[:10]) or ", ".join(path.name for path in files[:10]) or "nothing"
    asked = f"no {kind} named {wanted!r}" if wanted else f"not exactly one {kind}; set `file`"
    raise TaskFailure("source.empty", f"{asked}; the data has {there}")


def _with_suffix(files: list[Path], suffixes: tuple[str, ...]) -> list[Path]:
    return [path for suffix in suffixes for path in files if path.suffix.lower() == suffix]


def _geodatabases(files: list[Path]) -> list[Path]:
    folders = {parent for path in files for parent in path.parents if parent.suffix.lower() == ".gdb"}
    return sorted(folders) or _with_suffix(files, (".gdb",))


def _is_named(path: Path, wanted: str) -> bool:
    base = wanted.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
    return base in {path.name.lower(), path.stem.lower()}
