"""The companion files of a shapefile, which GDAL finds only if the case of their names matches."""

from pathlib import Path

_SUFFIXES = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})


def with_sidecars(path: Path) -> Path:
    """Rename the companion files whose names differ only in case; return the path of the shapefile.

    A companion in the letters of the shapefile stays unchanged, and so does one of another shapefile.
    """
    siblings = list(path.parent.iterdir())
    others = {item.stem for item in siblings if item.suffix.lower() == ".shp" and item.name != path.name}
    for sibling in siblings:
        suffix = sibling.suffix.lower()
        target = sibling.with_name(path.stem + suffix)
        is_sidecar = suffix in _SUFFIXES and sibling.stem.lower() == path.stem.lower()
        if is_sidecar and not target.exists() and (sibling.stem == path.stem or sibling.stem not in others):
            sibling.rename(target)
    return path.with_suffix(".shp")
