"""The faults of real deliveries, each for the kinds of data in which it occurs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import shapely
from aiohttp import web

from support.arcgis_server import ArcgisServer
from support.layer_files import Cell
from volunteer.delivery import Delivery, Files
from volunteer.real_sources import KINDS

_FILES = frozenset({"csv", "shapefile", "gdb", "geojson"})
_GDAL = frozenset({"shapefile", "gdb"})
_ACCENTED = "Élan"
_PAGE = b"<html><head><title>Service under maintenance</title></head><body>Try later</body></html>"


@dataclass(frozen=True)
class Fault:
    """A fault: what an office does to a delivery, None where it does not apply. `number` is that of its class.

    `takes_rows` is set if the delivery says of itself that rows are missing: no success is right. With `changes_shapes`
    the shapes differ from those of the sound delivery, and must be there.
    """

    number: int
    name: str
    kinds: frozenset[str]
    commit: Callable[[Delivery], Delivery | None]
    takes_rows: bool = False
    changes_shapes: bool = False


def _with_cells(delivery: Delivery, change: Callable[[int, str, Cell], Cell]) -> Delivery:
    rows = [
        {name: change(number, name, value) for name, value in row.items()} for number, row in enumerate(delivery.rows)
    ]
    return replace(delivery, rows=rows)


def _rename(delivery: Delivery, old: str, new: str) -> Delivery:
    rows = [{new if name == old else name: value for name, value in row.items()} for row in delivery.rows]
    return replace(delivery, rows=rows)


def rename_first_column(delivery: Delivery) -> Delivery:
    """Rename the first column that a rule reads."""
    column = next(iter(delivery.rows[0]))
    return _rename(delivery, column, f"{column[:8]}_N")


def rename_all_columns(delivery: Delivery) -> Delivery:
    """Change the case of every column, and add a letter."""
    for column in list(delivery.rows[0]):
        delivery = _rename(delivery, column, f"{column[:8].swapcase()}2")
    return delivery


def remove_column(delivery: Delivery) -> Delivery | None:
    """Leave out the last column that a rule reads."""
    column = list(delivery.rows[0])[-1]
    if len(delivery.rows[0]) == 1:
        return None
    return replace(delivery, rows=[{n: v for n, v in row.items() if n != column} for row in delivery.rows])


def cut_largest_file(delivery: Delivery) -> Delivery:
    """Cut the largest of the unpacked files at 60 %."""

    def cut(files: Files) -> Files:
        largest = max(files, key=lambda name: len(files[name]))
        return {**files, largest: files[largest][: len(files[largest]) * 6 // 10]}

    return replace(delivery, files=cut)


def cut_attributes(delivery: Delivery) -> Delivery:
    """Cut the .dbf in the middle."""

    def cut(files: Files) -> Files:
        return {name: text[: len(text) * 6 // 10] if name[-4:] == ".dbf" else text for name, text in files.items()}

    return replace(delivery, files=cut)


def remove_attributes(delivery: Delivery) -> Delivery:
    """Forget the .dbf."""
    return replace(delivery, files=lambda files: {n: c for n, c in files.items() if n[-4:] != ".dbf"})


def zero_middle(delivery: Delivery) -> Delivery:
    """Overwrite 5,000 bytes in the middle of the largest file by zeros."""

    def zero(files: Files) -> Files:
        largest = max(files, key=lambda name: len(files[name]))
        content = files[largest]
        start = len(content) // 2
        return {**files, largest: content[:start] + bytes(min(5000, len(content) - start)) + content[start + 5000 :]}

    return replace(delivery, files=zero)


def cut_response(delivery: Delivery) -> Delivery:
    """Send two thirds of the response."""
    return replace(delivery, body=lambda body: body[: len(body) * 2 // 3])


def add_junk_of_a_system(delivery: Delivery) -> Delivery | None:
    """Add the files that a Mac puts into archives."""
    if delivery.source.entry.compression != "zip":
        return None
    junk = {"__MACOSX/._data": b"\0\5\x16\7" * 40, ".DS_Store": b"\0\0\0\1Bud1"}

    def add(files: Files) -> Files:
        return {**{f"__MACOSX/._{name.rpartition('/')[2]}": b"\0\5\x16\7" for name in files}, **junk, **files}

    return replace(delivery, files=add)


def add_file_of_the_same_name(delivery: Delivery) -> Delivery | None:
    """Add, in another folder before it, a file of the same name with other rows."""
    if delivery.source.entry.compression != "zip":
        return None
    other = replace(delivery, rows=delivery.rows[:7], shapes=delivery.shapes[:7])
    return replace(delivery, files=lambda files: {**{f"a-old/{n}": c for n, c in other.write_files().items()}, **files})


def say_that_more_follows(delivery: Delivery) -> Delivery:
    """Mark the collection as one page of several."""

    def add(files: Files) -> Files:
        return {name: b'{"exceededTransferLimit": true, ' + content[1:] for name, content in files.items()}

    return replace(delivery, files=add)


def append_collection(delivery: Delivery) -> Delivery:
    """Append a second collection to the file."""
    return replace(
        delivery,
        files=lambda files: {name: content + b"\n" + content for name, content in files.items()},
        healthy=replace(delivery, rows=[*delivery.rows] * 2, shapes=[*delivery.shapes] * 2),
    )


def cut_a_letter(delivery: Delivery) -> Delivery | None:
    """Cut a text of one row inside a letter of two bytes."""
    marked = _with_cells(delivery, lambda number, _name, value: f"{value} xyzzy" if number == 50 else value)
    if delivery.source.option("encoding"):
        return None
    return replace(
        marked,
        files=lambda files: {name: content.replace(b"xyzzy", b"xyz\xc3 ", 1) for name, content in files.items()},
        healthy=marked,
    )


def change_encoding(delivery: Delivery) -> Delivery | None:
    """Write every text with a letter that UTF-8 and Windows-1252 encode differently, in Windows-1252."""
    if delivery.source.option("encoding"):
        return None
    accented = _with_accents(delivery)
    return replace(accented, encoding="cp1252", healthy=accented)


def _with_accents(delivery: Delivery) -> Delivery:
    column = list(delivery.rows[0])[-1]
    return _with_cells(delivery, lambda _number, name, value: f"{value} {_ACCENTED}" if name == column else value)


def name_wrong_code_page(delivery: Delivery) -> Delivery:
    """Name Windows-1252 in the .cpg of UTF-8 texts."""
    accented = _with_accents(delivery)
    return replace(
        accented,
        files=lambda files: {name: b"1252" if name[-4:] == ".cpg" else files[name] for name in files},
        healthy=accented,
    )


def add_stray_quotes(delivery: Delivery) -> Delivery:
    """Put a quote at the start of one cell in each of two rows."""

    def quote(files: Files) -> Files:
        (name, content), *_ = files.items()
        lines = content.split(b"\r\n")
        lines[20], lines[70] = b'"' + lines[20], b'"' + lines[70]
        return {name: b"\r\n".join(lines)}

    return replace(delivery, files=quote)


def add_holes_that_turn_like_shells(delivery: Delivery) -> Delivery | None:
    """Put a hole into each polygon, wound like its shell."""
    if delivery.shapes[0].geom_type != "Polygon":
        return None
    shells = [list(shapely.geometry.polygon.orient(shape, -1).exterior.coords) for shape in delivery.shapes]
    holes = [_smaller(shell) for shell in shells]
    alike = [shapely.Polygon(shell, [hole]) for shell, hole in zip(shells, holes, strict=True)]
    opposite = [shapely.Polygon(shell, [hole[::-1]]) for shell, hole in zip(shells, holes, strict=True)]
    return replace(delivery, shapes=alike, healthy=replace(delivery, shapes=opposite))


def _smaller(ring: list[tuple[float, ...]]) -> list[tuple[float, float]]:
    """Return a ring at half its size around its center, in the same direction."""
    x, y = (sum(axis) / (len(ring) - 1) for axis in zip(*ring[:-1], strict=True))
    return [((px + x) / 2, (py + y) / 2) for px, py, *_ in ring]


def put_a_row_at_zero(delivery: Delivery) -> Delivery | None:
    """Put one point at 0.0001, 0.0002."""
    if delivery.shapes[0].geom_type != "Point" or delivery.source.srs != "EPSG:4326":
        return None
    return replace(delivery, shapes=[shapely.Point(0.0001, 0.0002), *delivery.shapes[1:]])


def store_numbers_as_reals(delivery: Delivery) -> Delivery | None:
    """Store every column of whole numbers as real numbers."""
    numeric = [name for name in delivery.rows[0] if all(str(row[name]).isdecimal() for row in delivery.rows)]
    if not numeric:
        return None
    return _with_cells(delivery, lambda _number, name, value: float(str(value)) if name in numeric else value)


def send_page(delivery: Delivery) -> Delivery:
    """Send a web page in place of the data."""
    return replace(delivery, body=lambda _body: _PAGE)


def send_json_error(delivery: Delivery) -> Delivery:
    """Send an error of an ArcGIS server, with status 200."""
    error = {"error": {"code": 500, "message": "The export job failed", "details": []}}
    return replace(delivery, body=lambda _body: json.dumps(error).encode())


def send_other_format(delivery: Delivery) -> Delivery:
    """Send a 7z archive in place of the data."""
    noise = bytes(number * number % 251 for number in range(3000))
    return replace(delivery, body=lambda _body: b"7z\xbc\xaf\x27\x1c\0\4" + noise)


def _server_fault(change: Callable[[ArcgisServer], None]) -> Callable[[Delivery], Delivery | None]:
    return lambda delivery: None if "OBJECTID" in delivery.rows[0] else replace(delivery, server=change)


def repeat_ids(server: ArcgisServer) -> None:
    """Give the second half of the features the object IDs of the first, as a joined layer does."""
    half = len(server.features) // 2
    for first, second in zip(server.features, server.features[half:], strict=False):
        second["attributes"]["OBJECTID"] = first["attributes"]["OBJECTID"]


def ignore_offsets(server: ArcgisServer) -> None:
    """Send the first page for every offset."""
    server.ignores_offset = True


def ignore_everything(server: ArcgisServer) -> None:
    """Send the first page for every query."""
    server.ignores_offset = server.ignores_where = True


def announce_more(server: ArcgisServer) -> None:
    """Count 40 features more than there are."""
    server.claims_count = len(server.features) + 40


def refuse(server: ArcgisServer) -> None:
    """Answer every query with status 403."""
    server.fails = lambda _server, _query: web.Response(status=403, text="Forbidden")


def repeat_a_column_name(delivery: Delivery) -> Delivery:
    """Give a column that no rule reads the name of the first one."""
    first = next(iter(delivery.rows[0]))
    spare = "Q" * len(first.encode())
    with_spare = replace(delivery, rows=[{**row, spare: "spare"} for row in delivery.rows])
    return replace(
        with_spare,
        files=lambda files: {name: text.replace(spare.encode(), first.encode(), 1) for name, text in files.items()},
    )


def add_a_curve(server: ArcgisServer) -> None:
    """Describe the outline of the first feature by an arc."""
    geometry = server.features[0]["geometry"]
    for name, curves in (("rings", "curveRings"), ("paths", "curvePaths")):
        if name in geometry:
            start, middle, end, *rest = geometry.pop(name)[0]
            geometry[curves] = [[start, {"c": [end, middle]}, *rest]]


def bend_a_feature(delivery: Delivery) -> Delivery | None:
    """Replace a part of one outline by an arc."""
    return None if delivery.shapes[0].geom_type == "Point" else replace(delivery, server=add_a_curve)


def faults() -> Iterator[Fault]:
    """Yield every fault."""
    esri = frozenset({"ESRI"})
    yield Fault(1, "an arc in one feature", esri, bend_a_feature, changes_shapes=True)
    yield Fault(1, "a column name twice", frozenset({"csv", "shapefile"}), repeat_a_column_name)
    yield Fault(2, "largest file cut", _GDAL | {"geojson"}, cut_largest_file)
    yield Fault(2, "attributes cut", frozenset({"shapefile"}), cut_attributes)
    yield Fault(2, "attributes forgotten", frozenset({"shapefile"}), remove_attributes)
    yield Fault(2, "5,000 bytes zeroed", _GDAL, zero_middle)
    yield Fault(2, "response cut", _FILES, cut_response)
    yield Fault(3, "object IDs come twice", esri, _server_fault(repeat_ids))
    yield Fault(3, "offsets ignored", esri, _server_fault(ignore_offsets))
    yield Fault(3, "all conditions ignored", esri, _server_fault(ignore_everything))
    yield Fault(3, "more announced", esri, _server_fault(announce_more), takes_rows=True)
    yield Fault(4, "junk in the archive", _FILES, add_junk_of_a_system)
    yield Fault(4, "same name in another folder", _FILES, add_file_of_the_same_name)
    yield Fault(5, "first page of several", frozenset({"geojson"}), say_that_more_follows, takes_rows=True)
    yield Fault(6, "text cut inside a letter", frozenset({"csv", "geojson", "shapefile"}), cut_a_letter)
    yield Fault(7, "another encoding", frozenset({"csv", "geojson"}), change_encoding)
    yield Fault(7, "wrong .cpg", frozenset({"shapefile"}), name_wrong_code_page)
    yield Fault(8, "stray quotes", frozenset({"csv"}), add_stray_quotes)
    yield Fault(9, "holes like shells", frozenset(KINDS) - {"csv"}, add_holes_that_turn_like_shells)
    yield Fault(10, "first column renamed", frozenset(KINDS), rename_first_column)
    yield Fault(10, "all columns renamed", frozenset(KINDS), rename_all_columns)
    yield Fault(10, "last column gone", frozenset(KINDS), remove_column)
    yield Fault(11, "web page", _FILES, send_page)
    yield Fault(11, "JSON error", _FILES, send_json_error)
    yield Fault(11, "7z archive", _FILES, send_other_format)
    yield Fault(11, "403 for every query", esri, _server_fault(refuse))
    yield Fault(12, "a row at 0, 0", frozenset(KINDS), put_a_row_at_zero)
    yield Fault(12, "whole numbers as reals", frozenset(KINDS) - {"csv"}, store_numbers_as_reals)
    yield Fault(12, "two collections", frozenset({"geojson"}), append_collection)
