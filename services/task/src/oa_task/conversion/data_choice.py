"""The file and the layer that a description of data chooses among several, and the options that name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oa_task.conversion.candidate_columns import Candidate, peek_file, peek_layer
from oa_task.read.content_kind import Content, identify
from oa_task.read.content_match import refuse_content
from oa_task.read.content_signatures import ContentKind
from oa_task.read.file_selection import is_about_the_data, relative_names
from oa_task.read.gdal import UNREADABLE, pyogrio
from oa_task.read.geodatabase import collapse_geodatabases, openable_geodatabase
from oa_task.read.kml_parts import count_placemarks
from oa_task.read.page_links import read_links
from oa_task.runtime.failure import TaskFailure

# The format by which a definition declares each kind: the formats of definitions are unchanged.
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
_MAX_PEEKED = 20


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
    """A layer of a file that has several, with the number of its features."""

    candidate: Candidate
    has_shapes: bool
    features: int


@dataclass(frozen=True, slots=True)
class ChosenLayer:
    """The layer to describe; `option` is its name for `conform.layer`, None if the data has one only."""

    option: str | None = None
    others: tuple[str, ...] = ()


def choose_data_file(files: list[Path], layer: str | None = None) -> ChosenFile:
    """Return the file to describe, with the columns of a layer, by default of addresses; else one with such a name.

    Of equals one with shapes, the largest. Raises TaskFailure for no data.
    """
    data = collapse_geodatabases(files)
    if not data:
        raise TaskFailure("source.empty", "the archive contains no files: check what the URL returns")
    kinds = {path: identify(path) for path in data[:_MAX_IDENTIFIED]}
    usable = [path for path, content in kinds.items() if _is_usable(path, content, is_only=len(data) == 1)]
    if not usable:
        failure = refuse_content(data[0], kinds[data[0]], expected="data that the engine reads")
        links = read_links(data[0]) if kinds[data[0]].kind is ContentKind.WEB_PAGE else []
        raise TaskFailure(failure.code, f"{failure.message}; it links to {', '.join(links)}") if links else failure
    peeked = _peek(usable, kinds)
    chosen = max(usable, key=lambda path: _rank(path, kinds[path].kind, peeked[path], layer))
    kind = kinds[chosen].kind
    rivals = [path for path in usable if path != chosen and FORMATS[kinds[path].kind] == FORMATS[kind]]
    name = relative_names([chosen], data)[0] if rivals else None
    return ChosenFile(chosen, kind, name, tuple(relative_names([path for path in usable if path != chosen], data)))


def _peek(paths: list[Path], kinds: Mapping[Path, Content]) -> dict[Path, Candidate]:
    """Return the candidate of each file; only a choice among several requires their columns."""
    few = 1 < len(paths) <= _MAX_PEEKED
    return {path: peek_file(path, kinds[path].kind) if few else Candidate(path.name) for path in paths}


def choose_data_layer(chosen: ChosenFile, files: list[Path], target: str | None = None) -> ChosenLayer:
    """Return the layer of a file that GDAL reads, chosen as a file is, the one with most features at last."""
    layers = _list_layers(chosen, files)
    if len(layers) <= 1:
        return ChosenLayer()
    best = max(layers, key=lambda layer: (layer.has_shapes, layer.candidate.rank(target), layer.features))
    return ChosenLayer(best.candidate.name, tuple(layer.candidate.name for layer in layers if layer is not best))


def _list_layers(chosen: ChosenFile, files: list[Path]) -> list[_Layer]:
    """Return the layers of a file, none for a file with only one, whose features need not be counted."""
    if chosen.kind is ContentKind.KML and (counts := count_placemarks(chosen.path)) is not None:
        # GDAL reads the whole document for the columns of a layer.
        return [_Layer(Candidate(name), has_shapes=True, features=count) for name, count in counts.items()]
    try:
        return _peek_layers(openable_geodatabase(chosen.path, files))
    except UNREADABLE:
        return []  # the reader of the chosen file reports its fault


def _peek_layers(path: Path) -> list[_Layer]:
    """Return the layers of a file, none for a file with only one. Raises one of UNREADABLE."""
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    if len(layers) <= 1:
        return []
    peeked = {name: peek_layer(path, name, name=name) for name, _ in layers[:_MAX_PEEKED]}
    return [
        _Layer(
            peeked.get(name, Candidate(name)),
            has_shapes=kind is not None,
            features=int(pyogrio.read_info(path, layer=name)["features"]),
        )
        for name, kind in layers
    ]


def choose_sheet(sheets: Mapping[str, tuple[int, Candidate]], target: str | None = None) -> ChosenLayer:
    """Return the sheet of a workbook, chosen as a file is; `sheets` has the number of rows and the columns of each."""
    if len(sheets) <= 1:
        return ChosenLayer()
    best = max(sheets, key=lambda name: (sheets[name][1].rank(target), sheets[name][0]))
    return ChosenLayer(best, tuple(name for name in sheets if name != best))


def _is_usable(path: Path, content: Content, *, is_only: bool) -> bool:
    if content.kind is ContentKind.SHAPEFILE:
        return path.suffix.lower() == ".shp"
    if content.kind is ContentKind.TEXT:
        return is_only or (path.suffix.lower() in _TEXT_SUFFIXES and not is_about_the_data(path))
    return content.kind in FORMATS and (is_only or not is_about_the_data(path))


def _rank(path: Path, kind: ContentKind, peeked: Candidate, layer: str | None) -> tuple[tuple[bool, bool], bool, int]:
    return peeked.rank(layer), kind is not ContentKind.TEXT, _size(path)


def _size(path: Path) -> int:
    parts: Sequence[Path] = [item for item in path.rglob("*") if item.is_file()] if path.is_dir() else [path]
    return sum(part.stat().st_size for part in parts)
