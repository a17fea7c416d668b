"""The member `crs` of GeoJSON: its place in the file, and the system that it names."""

import re
from collections.abc import Iterable
from pathlib import Path

import orjson

from oa_shared.json_types import JsonMapping
from oa_task.features.bad_rows import BadRows
from oa_task.read.encoding import TextFile
from oa_task.read.geojson_stream import CollectionMembers, GeoJsonStream
from oa_task.runtime.failure import TaskFailure

_MEMBER = b'"crs"'
_END_BYTES = 64 * 1024
_PIECE_BYTES = 1 << 20
_AFTER = re.compile(rb'"crs"\s*:')
_CODE_IN_ADDRESS = re.compile(r"\b(epsg|esri)(?:/0)?[/:.](\d+)", re.IGNORECASE)


def find_crs(file: TextFile) -> str | None:
    """Return the system that the collections name, None if they name none. Raises TaskFailure source.format."""
    name = file.path.name
    head = GeoJsonStream(file.pieces(), BadRows(), name).head()
    if "crs" in head:
        return crs_name(head)
    if not _mentions_crs(file):
        return None
    members = _members_at_end(file.path)
    if members is not None:
        return crs_name(members)
    stream = GeoJsonStream(file.pieces(), BadRows(), name)
    for _ in stream.blocks():
        pass  # the members after a collection are known once it is read
    return next((crs for collection in stream.collections if (crs := crs_name(collection.members))), None)


def check_same_crs(name: str, collections: Iterable[CollectionMembers], crs: str | None) -> None:
    """Raise TaskFailure source.crs unless every collection of a file names the system in which it was read."""
    for collection in collections:
        other = crs_name(collection.members)
        if other != crs:
            text = f"the collections of {name} name different coordinate reference systems, {crs} and {other}"
            raise TaskFailure("source.crs", f"{text}: put them into their own files, or set `conform.srs`")


def crs_name(members: JsonMapping) -> str | None:
    """Return the system that the member crs names: as a name, a code of EPSG or ESRI, or the address of one."""
    crs = members.get("crs")
    if not isinstance(crs, dict):
        return crs if isinstance(crs, str) and crs else None
    properties = crs.get("properties")
    if not isinstance(properties, dict):
        return None
    name, code, address = (properties.get(key) for key in ("name", "code", "href"))
    if isinstance(name, str) and name:
        return name
    if str(code).isdecimal():
        authority = str(crs.get("type")).upper()
        return f"{'ESRI' if authority == 'ESRI' else 'EPSG'}:{code}"
    match = _CODE_IN_ADDRESS.search(address) if isinstance(address, str) else None
    return f"{match[1].upper()}:{match[2]}" if match else None


def _mentions_crs(file: TextFile) -> bool:
    """Return whether the member may be in the file: true for an encoding in which ASCII letters are not bytes."""
    if _MEMBER.decode().encode(file.codec) != _MEMBER:
        return file.path.stat().st_size > 0
    tail = b""
    with file.path.open("rb") as raw:
        while piece := raw.read(_PIECE_BYTES):
            if _MEMBER in (text := tail + piece):
                return True
            tail = text[-len(_MEMBER) :]
    return False


def _members_at_end(path: Path) -> JsonMapping | None:
    """Return the members from a crs near the end of a file on, None if there is none.

    Text that is complete with the end of the file belongs to the outermost object.
    """
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _END_BYTES, 0))
        tail = file.read()
    for match in reversed(list(_AFTER.finditer(tail))):
        try:
            members: JsonMapping = orjson.loads(b"{" + tail[match.start() :])
        except orjson.JSONDecodeError:
            continue
        return members
    return None
