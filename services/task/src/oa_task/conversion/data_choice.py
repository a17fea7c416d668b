"""The file and the layer that a description of data chooses among several, and the options that name them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from oa_task.read.content_kind import Content, identify
from oa_task.read.content_match import refuse_content
from oa_task.read.content_signatures import ContentKind
from oa_task.read.file_selection import is_about_the_data, relative_names
from oa_task.read.gdal import pyogrio
from oa_task.read.geodatabase import collapse_geodatabases, openable_geodatabase
from oa_task.read.kml_parts import count_placemarks

# The format by which a definition declares each kind: the formats of definitions stay as they are.
FORMATS: Mapping[ContentKind, str] = {
    ContentKind.GEOPACKAGE: "gpkg",
    ContentKind.GEODATABASE: "gdb",
    ContentKind.SHAPEFILE: "shapefile",
    ContentKind.GEOJSON: "geojson",
    ContentKind.JSON: "geojson",
    ContentKind.GML: "xml",
    ContentKind.KML: "xml",
    ContentKind.MAPINFO: "shapefile",
    ContentKind.PARQUET: "csv",
    ContentKind.XLSX: "csv",
    ContentKind.XLS: "csv",
    ContentKind.ODS: "csv",
    ContentKind.TEXT: "csv",
}
WORKBOOKS = frozenset({ContentKind.XLSX, ContentKind.XLS, ContentKind.ODS})
_TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".asc", ".dat", ""})
_MAX_IDENTIFIED = 200
_ADDRESS_WORDS = re.compile(
    r"addr|adres|adrs|adr_|situs|indirizz|direcc|domicil|endere|osoite|housenum|hausnum|住所", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """The file to describe; `option` is its name for `conform.file`, None if the definition needs none."""

    path: Path
    kind: ContentKind
    option: str | None
    others: tuple[str, ...]

    @property
    def format(self) -> str:
        """Return the format that the definition declares."""
        return FORMATS[self.kind]


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer of a file; `features` counts its features, which may take a while."""

    name: str
    has_shapes: bool
    features: Callable[[], int]


@dataclass(frozen=True, slots=True)
class ChosenLayer:
    """The layer to describe; `option` is its name for `conform.layer`, None if the data has one only."""

    option: str | None = None
    others: tuple[str, ...] = ()


def choose_data_file(files: list[Path]) -> ChosenFile:
    """Return the file to describe: one about addresses, with shapes, the largest. Raises TaskFailure for no data."""
    data = collapse_geodatabases(files)
    kinds = {path: identify(path) for path in data[:_MAX_IDENTIFIED]}
    usable = [path for path, content in kinds.items() if _is_usable(path, content, is_only=len(data) == 1)]
    if not usable:
        raise refuse_content(data[0], kinds[data[0]], expected="data that the engine reads")
    chosen = max(usable, key=lambda path: _rank(path, kinds[path].kind))
    kind = kinds[chosen].kind
    rivals = [path for path in usable if path != chosen and FORMATS[kinds[path].kind] == FORMATS[kind]]
    name = relative_names([chosen], data)[0] if rivals else None
    return ChosenFile(chosen, kind, name, tuple(relative_names([path for path in usable if path != chosen], data)))


def choose_data_layer(chosen: ChosenFile, files: list[Path]) -> ChosenLayer:
    """Return the layer of a file that GDAL reads: one about addresses, with shapes, with most features."""
    layers = _list_layers(chosen, files)
    if len(layers) <= 1:
        return ChosenLayer()
    best = max(layers, key=lambda layer: (layer.has_shapes, bool(_ADDRESS_WORDS.search(layer.name)), layer.features()))
    return ChosenLayer(best.name, tuple(layer.name for layer in layers if layer is not best))


def _list_layers(chosen: ChosenFile, files: list[Path]) -> list[_Layer]:
    if chosen.kind is ContentKind.KML and (counts := count_placemarks(chosen.path)) is not None:
        return [_Layer(name, has_shapes=True, features=partial(int, count)) for name, count in counts.items()]
    path = openable_geodatabase(chosen.path, files)
    count: Callable[[str], int] = lambda name: int(pyogrio.read_info(path, layer=name)["features"])  # noqa: E731 - counts later
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    return [_Layer(name, has_shapes=kind is not None, features=partial(count, name)) for name, kind in layers]


def _is_usable(path: Path, content: Content, *, is_only: bool) -> bool:
    if content.kind is ContentKind.SHAPEFILE:
        return path.suffix.lower() == ".shp"
    if content.kind is ContentKind.TEXT:
        return is_only or (path.suffix.lower() in _TEXT_SUFFIXES and not is_about_the_data(path))
    return content.kind in FORMATS and (is_only or not is_about_the_data(path))


def _rank(path: Path, kind: ContentKind) -> tuple[bool, bool, int]:
    return bool(_ADDRESS_WORDS.search(path.name)), kind is not ContentKind.TEXT, _size(path)


def _size(path: Path) -> int:
    parts: Sequence[Path] = [item for item in path.rglob("*") if item.is_file()] if path.is_dir() else [path]
    return sum(part.stat().st_size for part in parts)
