"""The columns of a file or layer that may be the data, and whether they are those of a layer of features."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from oa_task.conversion.column_roles import ColumnRole, roles_of
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Points
from oa_task.read.content_signatures import ContentKind
from oa_task.read.encoding import TextFile
from oa_task.read.encoding_guess import guess_encoding
from oa_task.read.gdal import UNREADABLE, pyogrio
from oa_task.read.source import open_batches
from oa_task.read.table_form import recognize_table
from oa_task.runtime.failure import TaskFailure

_CERTAIN, _LIKELY = 0.8, 0.4
_SHAPES = {"point": "point", "linestring": "line", "polygon": "area"}
_NAME_WORDS = {
    "addresses": r"addr|adres|adrs|adr_|situs|indirizz|direcc|domicil|endere|osoite|housenum|hausnum|住所",
    "parcels": r"parcel|parzel|cadast|kadast|kataster|flurst|taxlot",
    "buildings": r"build|bldg|footprint|gebaude|gebaeude|edific|batiment|bygn|rakenn|budyn",
    "centerlines": r"centerline|road|street|strasse|straße|rues|calles|vias|veje|gator",
}
_GDAL_KINDS = frozenset(
    {ContentKind.SHAPEFILE, ContentKind.GEOPACKAGE, ContentKind.GEODATABASE, ContentKind.MAPINFO, ContentKind.KML}
)
_ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file, layer or sheet: its name, its columns, and "point", "line", "area" or "" for shapes that are unknown."""

    name: str
    columns: tuple[str, ...] = ()
    shape: str = ""

    def fits(self, layer: str | None) -> bool:
        """Return whether the columns and shapes are those of a layer, by default those of addresses."""
        return _FITS[layer or _ADDRESSES](self)

    def is_named_after(self, layer: str | None) -> bool:
        """Return whether the name has a word about a layer, by default about addresses."""
        return re.search(_NAME_WORDS[layer or _ADDRESSES], self.name, re.IGNORECASE) is not None

    def rank(self, layer: str | None) -> tuple[bool, bool]:
        """Return the order among candidates for a layer: its columns count more than its name."""
        return self.fits(layer), self.is_named_after(layer)

    def has_role(self, *roles: ColumnRole, least: float = _LIKELY) -> bool:
        """Return whether the name of any column allows one of the roles."""
        return any(roles_of(name).get(role, 0.0) >= least for name in self.columns for role in roles)


def _has_addresses(candidate: Candidate) -> bool:
    is_divided = candidate.has_role(ColumnRole.NUMBER) and candidate.has_role(ColumnRole.STREET, ColumnRole.STREET_FULL)
    return candidate.shape != "line" and (is_divided or candidate.has_role(ColumnRole.ADDRESS, least=_CERTAIN))


_FITS: Mapping[str, Callable[[Candidate], bool]] = {
    _ADDRESSES: _has_addresses,
    "parcels": lambda each: each.shape == "area" and each.has_role(ColumnRole.PARCEL_ID, least=_CERTAIN),
    "buildings": lambda each: (
        each.shape == "area"
        and (each.is_named_after("buildings") or each.has_role(ColumnRole.HEIGHT, ColumnRole.LEVELS))
    ),
    "centerlines": lambda each: each.shape == "line",
}


def peek_file(path: Path, kind: ContentKind) -> Candidate:
    """Return a file with the columns that its start has; without any if they cannot be read."""
    try:
        if kind in _GDAL_KINDS:
            return peek_layer(path, None, name=path.name)
        if kind is ContentKind.TEXT:
            return Candidate(path.name, _text_columns(path))
        if kind is ContentKind.PARQUET:
            with pq.ParquetFile(path) as file:
                return Candidate(path.name, tuple(file.schema_arrow.names))
        if kind is ContentKind.GEOJSON:
            return _peek_features(path)
    except (TaskFailure, pa.ArrowException, OSError, ValueError):
        # The reader of the chosen file reports its fault.
        return Candidate(path.name)
    return Candidate(path.name)


def peek_layer(path: Path, layer: str | None, *, name: str) -> Candidate:
    """Return a layer of a file that GDAL reads; without columns if they cannot be read."""
    try:
        info = pyogrio.read_info(path, layer=layer)
    except (*UNREADABLE, ValueError):
        return Candidate(name)
    kind = str(info["geometry_type"] or "").lower()
    shape = next((shape for word, shape in _SHAPES.items() if word in kind), "")
    return Candidate(name, tuple(map(str, info["fields"])), shape)


def _text_columns(path: Path) -> tuple[str, ...]:
    start = next(iter(TextFile(path, guess_encoding(path)).pieces()), b"").decode("utf-8", "replace")
    form = recognize_table(start.splitlines())
    return form.names if form else ()


def _peek_features(path: Path) -> Candidate:
    entry = TaskEntry(_ADDRESSES, "data", (), "http", None, {"format": "geojson"}, {})
    batch = next(iter(open_batches([path], entry, bad_rows=BadRows(), all_columns=True, limit=1)), None)
    if batch is None:
        return Candidate(path.name)
    return Candidate(path.name, tuple(batch.columns.columns), _dimension(batch.geometry))


def _dimension(geometry: object) -> str:
    if isinstance(geometry, Points):
        return "point"
    dimensions: Iterable[int] = shapely.get_dimensions(getattr(geometry, "array", []))
    return next((("point", "line", "area")[each] for each in dimensions if each >= 0), "")
