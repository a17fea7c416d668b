"""Findings about the options of an entry: missing ones, and ones that nothing reads."""

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

from oa_shared.definition_check.findings import LintFinding, child_pointer, error, hint, warning
from oa_shared.definition_check.urls import check_urls, is_esri
from oa_shared.json_types import JsonMapping

_TABLE_ONLY = ("csvsplit", "headers", "skiplines")
# A table may be a workbook, whose sheets are its layers.
_WITH_LAYERS = frozenset({"csv", "shapefile", "shapefile-polygon", "gdb", "gpkg", "xml"})
OPTIONS = frozenset({*_TABLE_ONLY, "format", "srs", "file", "layer", "encoding", "lat", "lon", "notes", "size"})
"""The members of a `conform` that are not rules."""
_YEAR = re.compile(r"[0-9]{4}")
_OLD_AFTER_YEARS = 5


def check_options(entry: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    """Yield the findings of a valid entry, apart from its rules."""
    if entry.get("skip"):
        yield hint(child_pointer(pointer, "skip"), "source.skip", "`skip` is set: the entry gets no jobs")
    yield from check_urls(entry, pointer)
    yield from _check_metadata(entry, pointer)
    conform = cast("JsonMapping", entry.get("conform") or {})
    if "format" not in conform:
        text = "missing `conform` with a `format`: the data cannot be read"
        yield error(pointer, "source.schema", text)
        return
    yield from _unread_options(entry, conform, pointer)
    yield from _check_values(entry, conform, child_pointer(pointer, "conform"))


def _check_metadata(entry: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    if not entry.get("license"):
        yield hint(pointer, "no_license", "missing `license`: users need the terms of the data")
    year = str(entry.get("year", ""))
    if _YEAR.fullmatch(year) and int(year) < datetime.now(UTC).year - _OLD_AFTER_YEARS:
        text = f"the data is of {year}: check whether there is newer data"
        yield warning(child_pointer(pointer, "year"), "old", text)


def _is_table(entry: JsonMapping, conform: JsonMapping) -> bool:
    return conform["format"] == "csv" and not is_esri(entry)


def _unread_options(entry: JsonMapping, conform: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    """Yield a warning for each option without effect on data of this format."""
    kind, from_server = conform["format"], is_esri(entry)
    unread: dict[str, bool] = dict.fromkeys(_TABLE_ONLY, not _is_table(entry, conform))
    unread |= {
        "layer": kind not in _WITH_LAYERS or from_server,
        "encoding": from_server,
        "file": from_server,
        "srs": from_server,
        "lat": kind != "csv" and not from_server,
        "lon": kind != "csv" and not from_server,
    }
    data = "an ArcGIS server" if from_server else f"format {kind}"
    for option in (name for name, is_unread in unread.items() if is_unread and name in conform):
        text = f"`{option}` has no effect with {data}"
        yield warning(child_pointer(pointer, "conform", option), "no_effect", text)
    if from_server and entry.get("compression"):
        text = f"`compression` has no effect with {data}"
        yield warning(child_pointer(pointer, "compression"), "no_effect", text)


def _check_values(entry: JsonMapping, conform: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    if _is_table(entry, conform):
        yield from _check_table_options(conform, pointer)
    encoding = conform.get("encoding")
    if encoding and not _is_encoding(str(encoding)):
        yield error(child_pointer(pointer, "encoding"), "source.schema", f"unknown encoding {encoding!r}")


def _check_table_options(conform: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    absent = [option for option in ("lat", "lon") if not conform.get(option)]
    if absent:
        text = f"missing {' and '.join(absent)}: a table requires `lat` and `lon`, the columns of the coordinates"
        yield error(pointer, "source.schema", text)
    separator = str(conform.get("csvsplit", ","))
    if len(separator) != 1:
        text = f"csvsplit {separator!r} is not one character"
        yield error(child_pointer(pointer, "csvsplit"), "source.schema", text)
    headers, skip_lines = conform.get("headers"), conform.get("skiplines")
    if skip_lines and not headers:
        text = "`skiplines` requires `headers`, the line of the column names"
        yield warning(child_pointer(pointer, "skiplines"), "no_headers", text)
    elif skip_lines and skip_lines != headers:
        line = "none of the lines has the column names" if headers == -1 else f"line {headers} has the column names"
        text = f"`skiplines` has no effect: by `headers`, {line}"
        yield warning(child_pointer(pointer, "skiplines"), "no_effect", text)


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
