"""The lines before the rows of a CSV file: the line `sep=;` of Excel, lines to skip, the names of the columns."""

import re
from collections.abc import Sequence

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_shared.json_types import JsonMapping
from oa_task.definition.nearest_column import nearest_column, sure_column
from oa_task.definition.task_entry import ATTRIBUTES, rule_columns
from oa_task.read.columns import make_names_unique
from oa_task.read.csv_records import CsvRecords
from oa_task.read.encoding import TextFile, encodings_of
from oa_task.read.request import ReadRequest
from oa_task.read.text_buffer import TextBuffer
from oa_task.read.undecodable import raw_bytes, without_marks
from oa_task.runtime.failure import TaskFailure

BLOCK_BYTES = 4 * 1024 * 1024
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
_HEAD_BYTES = 64
_MAX_SHOWN = 100
_INVISIBLE = "\ufeff\u200b"


def read_separator(buffer: TextBuffer, request: ReadRequest) -> str:
    """Return the separator that the definition sets, else that of a line `sep=;`; consume that line.

    Lines that the definition skips count with it, so it stays if there are any.
    """
    said = request.conform.get("csvsplit")
    separator = "," if said is None else said
    if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n\0':
        text = f"`conform.csvsplit` {str(separator)[:50]!r} is not valid: use one character, but no quote or line end"
        raise TaskFailure("source.schema", text)
    if _header_line(request.conform) > 1:
        return separator
    first = _SEPARATOR_LINE.fullmatch(buffer.peek(_HEAD_BYTES).split(b"\n", 1)[0].decode("utf-8", "replace"))
    if not first:
        return separator
    buffer.line()
    return first[1] if said is None else separator


def read_names(buffer: TextBuffer, records: CsvRecords, request: ReadRequest, file: TextFile) -> tuple[str, ...]:
    """Consume the lines up to and including the header; return the names of the columns.

    Raises TaskFailure source.empty, source.encoding, source.columns_missing.
    """
    if request.conform.get("headers") == -1:
        names = [f"COLUMN{number}" for number in range(1, len(records.first_cells(BLOCK_BYTES)) + 1)]
    else:
        for _ in range(_header_line(request.conform) - 1):
            buffer.line()
        names = records.header(coordinate_columns(request))
    if not names:
        raise TaskFailure("source.empty", f"{request.path.name} has no header line: check what the URL returns")
    named = _named_columns(request.conform)
    readable = _without_blanks([_readable_name(name, named, file) for name in names], named)
    unique = tuple(make_names_unique(readable, request.bad_rows))
    check_coordinate_columns(unique, coordinate_columns(request))
    return unique


def coordinate_columns(request: ReadRequest) -> tuple[str, str]:
    """Return the names of the columns of x and y. Raises TaskFailure source.schema."""
    lon, lat = request.conform.get("lon"), request.conform.get("lat")
    if not isinstance(lon, str) or not isinstance(lat, str):
        text = "missing `conform.lon` or `conform.lat`: a CSV source must name the columns of its coordinates"
        raise TaskFailure(
            "source.schema",
            text,
            places=[place for option in ("lon", "lat") for place in _places_of_option(option, request)],
        )
    return lon, lat


def _places_of_option(option: str, request: ReadRequest) -> list[FaultyPlace]:
    value = request.conform.get(option)
    if isinstance(value, str):
        return []
    return [FaultyPlace("/conform" if value is None else f"/conform/{option}")]


def _header_line(conform: JsonMapping) -> int:
    """Return the number of the line of the header, 0 if the definition does not say."""
    line = conform.get("headers") or conform.get("skiplines")
    return line if isinstance(line, int) else 0


def _named_columns(conform: JsonMapping) -> set[str]:
    """Return the columns that rules and coordinates name, those of any layer."""
    attributes = {attribute for layer in ATTRIBUTES.values() for attribute in layer}
    columns = {column for key in attributes & conform.keys() for column in rule_columns(conform[key])}
    return columns | {name for key in ("lon", "lat") if isinstance(name := conform.get(key), str)}


def _without_blanks(names: list[str], named: set[str]) -> list[str]:
    """Return the names without blanks around them, except where a rule or another column has the same name."""
    trimmed = [name.strip().strip(_INVISIBLE).strip() for name in names]
    return [
        short if short and name not in named and short not in names else name
        for name, short in zip(names, trimmed, strict=True)
    ]


def _readable_name(name: str, named: set[str], file: TextFile) -> str:
    """Return a name with U+FFFD in place of bytes that are not text in the encoding of the file.

    Raises TaskFailure source.encoding if the name in another encoding is that of a column that a rule reads.
    """
    readable = without_marks(name)
    if readable == name:
        return name
    raw = raw_bytes(name, file.codec)
    guesses = encodings_of(raw, without=file.codec)
    if any(raw.decode(guess) in named for guess in guesses.split(" or ") if guess):
        text = f"{file.problem}; the header is valid {guesses}; set `conform.encoding`"
        fix = Fix(FixAction.ADD, guesses) if " or " not in guesses and file.codec == "utf-8" else None
        raise TaskFailure("source.encoding", text, places=[FaultyPlace("/conform/encoding", fix)])
    return readable


def check_coordinate_columns(names: Sequence[str], coordinates: tuple[str, str]) -> None:
    """Raise TaskFailure source.columns_missing if the columns of x and y are not among the names."""
    missing = [name for name in coordinates if name not in names]
    if missing:
        text = f"missing coordinate column {', '.join(missing)} (`conform.lon`, `conform.lat`)"
        shown = ", ".join(name[:_MAX_SHOWN] for name in names[:50])
        near = {name: nearest_column(name, names) for name in missing}
        hint = "".join(f"; nearest to {name}: {found[:_MAX_SHOWN]!r}" for name, found in near.items() if found)
        places = [
            _place_of_coordinate(option, column, names)
            for option, column in zip(("lon", "lat"), coordinates, strict=True)
            if column in missing
        ]
        raise TaskFailure("source.columns_missing", f"{text}; the data has {shown}{hint}", places=places)


def _place_of_coordinate(option: str, column: str, names: Sequence[str]) -> FaultyPlace:
    nearest = sure_column(column, names)
    return FaultyPlace(f"/conform/{option}", Fix(FixAction.REPLACE, nearest, column) if nearest is not None else None)
