"""The download of a combination: its rows, written, damaged and packed, and the entry of a definition for it."""

from dataclasses import replace
from functools import lru_cache

import shapely

from oa_task.definition.task_entry import TaskEntry
from oa_task.read.wkb_geometry import WkbKind
from readers.combinations import NO_DAMAGE, Combination
from readers.damages import BYTE_DAMAGES, Place, damage_body, damage_files, lose_file
from readers.formats import READER_FORMATS
from readers.packings import OF_FILES, OF_ONE_FILE
from readers.shapes import KINDS, Gaps, body_of, empty_body, place_of
from readers.tables import Files, Table
from readers.texts import ENCODINGS, Naming

ROWS = 80
GAPS = frozenset({7, 23})  # few enough to be no fault
_MIDDLE = ROWS // 2
_RULES = {"id": "NO", "name": "ST"}


@lru_cache(maxsize=4)
def table_of(combination: Combination) -> Table:
    """Return the rows of a combination."""
    kind, encoding = KINDS[combination.kind], ENCODINGS[combination.encoding]
    gaps = GAPS if combination.gaps is not Gaps.NONE else frozenset()
    gap = empty_body(kind, combination.dimensions) if combination.gaps is Gaps.EMPTY else None
    bodies = [gap if row in gaps else body_of(kind, combination.dimensions, row) for row in range(ROWS)]
    is_plain = kind.wkb <= WkbKind.COLLECTION
    no_shape = shapely.from_wkb(gap) if gap is not None and is_plain else None
    plain = [no_shape if row in gaps else kind.shape(*place_of(row)) for row in range(ROWS)]
    return Table(
        ids=[f"k{row:03}" for row in range(ROWS)],
        texts=[encoding.text(row) for row in range(ROWS)],
        bodies=bodies,
        plain=plain,
        kind=combination.kind,
        dimensions=combination.dimensions,
        encoding=combination.encoding,
        naming=combination.naming,
    )


def sound_files(combination: Combination) -> Files:
    """Return the files of a combination without its damage."""
    return _write(replace(combination, packing="", damage=NO_DAMAGE, place=Place.DATA, member=0))


@lru_cache(maxsize=4096)
def _write(sound: Combination) -> Files:
    return READER_FORMATS[sound.format].write(table_of(sound))


def download_of(combination: Combination) -> tuple[str, bytes]:
    """Return the name and the bytes of the download."""
    item, files, mark = combination, sound_files(combination), mark_of(combination)
    damage = BYTE_DAMAGES.get(item.damage)
    if item.lost_suffix:
        files = lose_file(files, item.lost_suffix)
    elif damage and item.place is Place.DATA:
        files = damage_files(files, damage, READER_FORMATS[item.format].members[item.member], mark)
    body = (OF_ONE_FILE | OF_FILES)[item.packing](files)
    if damage and item.place is Place.DOWNLOAD:
        body = damage_body(body, damage, mark)
    return next(iter(files)) if item.packing == "plain" else "download", body


def mark_of(combination: Combination) -> bytes:
    """Return the text of a row in the middle, as the data has it."""
    codec = "utf-16-le" if combination.encoding == "utf-16" else combination.encoding
    return ENCODINGS[combination.encoding].text(_MIDDLE).encode(codec)


def entry_of(combination: Combination) -> TaskEntry:
    """Return the entry of a definition that fits the data."""
    conform = dict(READER_FORMATS[combination.format].conform)
    if combination.naming in {Naming.DEFINITION, Naming.CONTRADICTION}:
        conform["encoding"] = combination.encoding
    return TaskEntry("centerlines", "x", ("http://x/",), "http", None, {**conform, **_RULES}, _RULES)
