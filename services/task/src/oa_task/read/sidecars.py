"""The files beside a shapefile, which GDAL finds only by the exact case of their names."""

from pathlib import Path

_SUFFIXES = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})


def with_sidecars(path: Path) -> Path:
    """Return the shapefile under a name that its sidecars share, renaming what differs only in case."""
    for sibling in list(path.parent.iterdir()):
        suffix = sibling.suffix.lower()
        is_sidecar = suffix in _SUFFIXES and sibling.stem.lower() == path.stem.lower()
        if is_sidecar and sibling.name != path.stem + suffix:
            sibling.rename(sibling.with_name(path.stem + suffix))
    return path.with_suffix(".shp")
