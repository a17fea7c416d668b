"""The companion files of a shapefile, which GDAL finds only if the case of their names matches."""

from pathlib import Path

_SUFFIXES = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})


def with_sidecars(path: Path) -> Path:
    """Rename the companion files whose names differ only in case; return the path of the shapefile."""
    for sibling in list(path.parent.iterdir()):
        suffix = sibling.suffix.lower()
        is_sidecar = suffix in _SUFFIXES and sibling.stem.lower() == path.stem.lower()
        if is_sidecar and sibling.name != path.stem + suffix:
            sibling.rename(sibling.with_name(path.stem + suffix))
    return path.with_suffix(".shp")
