"""File geodatabases: folders known by their content, whatever their name, and their compressed tables."""

import os
from collections.abc import Sequence
from pathlib import Path

_CATALOG = "a00000001.gdbtable"
_COMPRESSED = ".cdf"
ADVICE = "only Esri's software can read them: find an uncompressed geodatabase"


def collapse_geodatabases(files: Sequence[Path]) -> list[Path]:
    """Return the files with each geodatabase as its folder, in the order of paths.

    A folder with the catalog of a geodatabase is one; without any catalog, a folder whose name ends in .gdb.
    """
    folders = {path.parent for path in files if path.name.lower() == _CATALOG}
    if not folders:
        folders = {parent for path in files for parent in path.parents if parent.suffix.lower() == ".gdb"}
        folders = {folder for folder in folders if not folders & set(folder.parents)}
    rest = [path for path in files if not folders & {path, *path.parents}]
    return sorted([*rest, *folders]) if folders else list(files)


def openable_geodatabase(path: Path, files: Sequence[Path]) -> Path:
    """Return the path under which GDAL opens a geodatabase: its files move to a folder with the suffix .gdb if need be.

    The files are unpacked ones, of this process alone. A link would do, but the sandbox refuses to make links.
    """
    if not path.is_dir() or path.suffix.lower() == ".gdb":
        return path
    is_root = os.path.commonpath([str(file.parent) for file in files]) == str(path)
    folder = path / ("data.gdb" if is_root else f"{path.name.partition('.')[0] or 'data'}.gdb")
    if not folder.is_dir():
        tables = [item for item in path.iterdir() if item.is_file()]
        folder.mkdir()
        for table in tables:
            table.rename(folder / table.name)
    return folder


def compressed_tables(path: Path) -> list[str]:
    """Return the names of the compressed tables in a geodatabase."""
    return sorted(item.name for item in path.iterdir() if item.suffix.lower() == _COMPRESSED) if path.is_dir() else []


def describe_compressed_tables(tables: Sequence[str]) -> str:
    """Return what compressed tables mean for a reader of the report."""
    return f"{len(tables):,} tables of the geodatabase are compressed ({', '.join(tables[:5])}, CDF); {ADVICE}"
