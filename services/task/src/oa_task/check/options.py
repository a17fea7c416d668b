"""Remarks on the options of an entry: those that are missing, and those that nothing reads."""

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from oa_task.check.findings import LintFinding, child_pointer, error, hint, warning

_TABLE_ONLY = ("csvsplit", "headers", "skiplines")
_OGR = frozenset({"shapefile", "shapefile-polygon", "gdb", "gpkg", "xml"})
_WITH_LAYERS = _OGR
_WITH_ENCODING = frozenset({"csv", "shapefile", "shapefile-polygon"})
_ESRI_LAYER = re.compile(r"/(?:Map|Feature)Server/\d+/?(?:\?.*)?\Z", re.IGNORECASE)
_OLD_AFTER_YEARS = 5


def check_options(entry: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    """Yield what there is to say of an entry apart from its rules."""
    if entry.get("skip"):
        yield hint(child_pointer(pointer, "skip"), "source.skip", "the entry is skipped: no job of it makes data")
    yield from _address(entry, pointer)
    yield from _metadata(entry, pointer)
    conform = entry.get("conform")
    if not conform or "format" not in conform:
        yield error(pointer, "source.schema", "there is no `conform` with a `format`, so nothing can be read")
        return
    yield from _unread(entry, conform, child_pointer(pointer, "conform"))
    yield from _values(entry, conform, child_pointer(pointer, "conform"))


def _address(entry: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    protocol = entry["protocol"].lower()
    urls = [entry["data"]] if isinstance(entry["data"], str) else entry["data"]
    for url in urls:
        if protocol == "esri" and not _ESRI_LAYER.search(url):
            text = f"{url} names no layer of a server: it ends in /MapServer/<number> or /FeatureServer/<number>"
            yield warning(child_pointer(pointer, "data"), "no_layer_number", text)
        if url.startswith("http:"):
            yield hint(
                child_pointer(pointer, "data"), "not_encrypted", "the data comes unencrypted: see whether https works"
            )


def _metadata(entry: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    if not entry.get("license"):
        yield hint(pointer, "no_licence", "there is no `license`: users cannot know what they may do with the data")
    year = str(entry.get("year", ""))
    if year.isdigit() and int(year) < datetime.now(UTC).year - _OLD_AFTER_YEARS:
        yield warning(
            child_pointer(pointer, "year"), "old", f"the data is said to be of {year}: see whether there is newer data"
        )


def _is_table(entry: dict[str, Any], conform: dict[str, Any]) -> bool:
    return bool(conform["format"] == "csv" and entry["protocol"].lower() != "esri")


def _unread(entry: dict[str, Any], conform: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    """Yield the options that have no effect on data of this kind."""
    kind, is_esri = conform["format"], entry["protocol"].lower() == "esri"
    unread: dict[str, bool] = dict.fromkeys(_TABLE_ONLY, not _is_table(entry, conform))
    unread |= {
        "layer": kind not in _WITH_LAYERS,
        "encoding": kind not in _WITH_ENCODING or is_esri,
        "file": is_esri,
        "srs": is_esri,
        "lat": kind != "csv" and not is_esri,
        "lon": kind != "csv" and not is_esri,
    }
    what = "an ESRI server" if is_esri else f"format {kind}"
    for option in (name for name, is_unread in unread.items() if is_unread and name in conform):
        yield warning(child_pointer(pointer, option), "no_effect", f"`{option}` has no effect with {what}")
    if is_esri and entry.get("compression"):
        yield warning(
            pointer.removesuffix("/conform") + "/compression", "no_effect", "`compression` has no effect here"
        )


def _values(entry: dict[str, Any], conform: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    if _is_table(entry, conform):
        yield from _table_values(conform, pointer)
    encoding = conform.get("encoding")
    if encoding and not _is_encoding(encoding):
        yield error(child_pointer(pointer, "encoding"), "source.schema", f"unknown encoding {encoding!r}")
    srs = conform.get("srs")
    if srs and not _is_known(srs):
        yield error(
            child_pointer(pointer, "srs"), "source.crs", f"the EPSG register has no coordinate reference system {srs}"
        )


def _table_values(conform: dict[str, Any], pointer: str) -> Iterator[LintFinding]:
    absent = [option for option in ("lat", "lon") if not conform.get(option)]
    if absent:
        text = f"a table needs `lat` and `lon`, the columns of the coordinates; {' and '.join(absent)} is not set"
        yield error(pointer, "source.schema", text)
    separator = conform.get("csvsplit", ",")
    if len(separator) != 1:
        yield error(child_pointer(pointer, "csvsplit"), "source.schema", f"csvsplit {separator!r} is not one character")
    if conform.get("skiplines") and "headers" not in conform:
        yield warning(
            child_pointer(pointer, "skiplines"), "no_headers", "`skiplines` wants `headers`: the line of the names"
        )


def _is_known(srs: str) -> bool:
    try:
        CRS.from_user_input(srs)
    except CRSError:
        return False
    return True


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
